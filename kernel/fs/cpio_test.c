/* test: kernel/fs/cpio.c */
#include "../lib/test.h"

#include <string.h>

#include <kernel/cpio.h>

static u8 archive[4096];
static size_t length;

static void add(const char *magic, const char *name, const char *data, u32 mode, u32 sum)
{
	size_t n = strlen(name) + 1, size = strlen(data);

	length += (size_t)sprintf((char *)archive + length,
				  "%s%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", magic, 7, mode,
				  1000, 100, 1, 0x5f000000, (u32)size, 3, 4, 5, 6, (u32)n, sum);
	memcpy(archive + length, name, n);
	length = ALIGN_UP(length + n, 4);
	memcpy(archive + length, data, size);
	length = ALIGN_UP(length + size, 4);
}

static void reset(void)
{
	memset(archive, 0, sizeof(archive));
	length = 0;
}

static void entries_come_in_order(void **state)
{
	struct cpio_reader r;
	struct cpio_entry e;

	reset();
	add("070701", "dir", "", 0040755, 0);
	add("070701", "dir/file", "hello", 0100644, 0);
	add("070702", "summed", "ab", 0100644, 'a' + 'b');
	add("070701", "TRAILER!!!", "", 0, 0);
	length += 100; /* padding, not a multiple of 512 on purpose */
	add("070701", "second", "x", 0100600, 0);
	add("070701", "TRAILER!!!", "", 0, 0);
	length += 300;
	cpio_open(&r, archive, length);
	assert_int_equal(cpio_next(&r, &e), 1);
	assert_string_equal(e.name, "dir");
	assert_int_equal(e.mode, 0040755);
	assert_int_equal(e.size, 0);
	assert_int_equal(cpio_next(&r, &e), 1);
	assert_string_equal(e.name, "dir/file");
	assert_int_equal(e.size, 5);
	assert_memory_equal(e.data, "hello", 5);
	assert_int_equal(e.ino, 7);
	assert_int_equal(e.uid, 1000);
	assert_int_equal(e.gid, 100);
	assert_int_equal(e.nlink, 1);
	assert_int_equal(e.mtime, 0x5f000000);
	assert_int_equal(e.dev_major, 3);
	assert_int_equal(e.dev_minor, 4);
	assert_int_equal(e.rdev_major, 5);
	assert_int_equal(e.rdev_minor, 6);
	assert_int_equal(cpio_next(&r, &e), 1);
	assert_string_equal(e.name, "summed");
	assert_int_equal(r.archive, 0);
	assert_int_equal(cpio_next(&r, &e), 1);
	assert_string_equal(e.name, "second");
	assert_int_equal(r.archive, 1);
	assert_int_equal(cpio_next(&r, &e), 0);
	assert_int_equal(cpio_next(&r, &e), 0);
	assert_int_equal(r.archive, 2);
}

/* Reads to the end; what it ended with. */
static int drain(const u8 *data, size_t n, struct cpio_reader *r)
{
	struct cpio_entry e;
	int result;

	cpio_open(r, data, n);
	do {
		result = cpio_next(r, &e);
	} while (result > 0);
	return result;
}

static void broken_with(size_t at, u8 byte, int err)
{
	struct cpio_reader r;

	reset();
	add("070701", "a", "data", 0100644, 0);
	add("070701", "TRAILER!!!", "", 0, 0);
	archive[at] = byte;
	assert_int_equal(drain(archive, length, &r), err);
	assert_non_null(r.problem);
	assert_int_equal(r.offset, 0);
}

static void each_fault_has_its_error(void **state)
{
	struct cpio_reader r;

	broken_with(0, 'x', -ENOEXEC);
	broken_with(5, '7', -ENOEXEC);
	for (size_t at = 6; at < 110; at += 8)
		broken_with(at, 'g', -EINVAL);
	broken_with(6 + 6 * 8, 'F', -ENODATA);      /* file size */
	broken_with(6 + 11 * 8, 'F', -ENAMETOOLONG); /* name size */
	broken_with(6 + 11 * 8 + 7, '0', -ENAMETOOLONG);
	broken_with(110, 0, -EILSEQ);
	broken_with(111, 'b', -EILSEQ);
	broken_with(5, '2', -EBADMSG); /* checksum 0 is wrong */
	reset();
	assert_int_equal(drain(archive, 0, &r), -ENODATA);
	assert_int_equal(drain(archive, 512, &r), -ENODATA);
}

static void every_truncation_is_refused(void **state)
{
	struct cpio_reader r;
	u8 *copy;

	reset();
	add("070701", "file", "0123456789", 0100644, 0);
	add("070701", "TRAILER!!!", "", 0, 0);
	for (size_t n = 0; n < length; n++) {
		copy = malloc(n + !n);
		memcpy(copy, archive, n);
		assert_int_equal(drain(copy, n, &r), -ENODATA);
		free(copy);
	}
	assert_int_equal(drain(archive, length, &r), 0);
}

static void random_damage_is_harmless(void **state)
{
	struct cpio_reader r;
	u8 *copy;

	reset();
	add("070701", "file", "0123456789", 0100644, 0);
	add("070702", "summed", "ab", 0100644, 'a' + 'b');
	add("070701", "TRAILER!!!", "", 0, 0);
	copy = malloc(length);
	for (int round = 0; round < 50000; round++) {
		memcpy(copy, archive, length);
		for (u32 n = 1 + test_random() % 4; n > 0; n--)
			copy[test_random() % length] = "0123456789ABCDEFx\0"[test_random() % 18];
		drain(copy, length, &r);
	}
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_come_in_order),
		cmocka_unit_test(each_fault_has_its_error),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(random_damage_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
