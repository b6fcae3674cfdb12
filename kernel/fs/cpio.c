/*
 * The newc archive reader (cpio(5), "New ASCII format").  initramfs.c calls it for each entry; the whole
 * archive is memory given by the boot loader, so nothing in it is believed.
 *
 *	| header: magic and 13 numbers of 8 hex digits | name NUL, padded to 4 | data, padded to 4 |
 */
#include <kernel/compiler.h>
#include <kernel/cpio.h>
#include <kernel/errno.h>
#include <kernel/string.h>

enum cpio_field { /* in the order of the header, behind the magic */
	CPIO_INO,
	CPIO_MODE,
	CPIO_UID,
	CPIO_GID,
	CPIO_NLINK,
	CPIO_MTIME,
	CPIO_FILESIZE,
	CPIO_DEV_MAJOR,
	CPIO_DEV_MINOR,
	CPIO_RDEV_MAJOR,
	CPIO_RDEV_MINOR,
	CPIO_NAMESIZE,
	CPIO_CHECK,
	CPIO_FIELDS,
};

enum {
	CPIO_MAGIC_LENGTH = 6,
	CPIO_FIELD_LENGTH = 8,
	CPIO_HEADER_LENGTH = CPIO_MAGIC_LENGTH + CPIO_FIELDS * CPIO_FIELD_LENGTH,
	CPIO_ALIGN = 4,
	CPIO_NAME_MAX = 4096,
};

static const char cpio_magic[] = "070701";
static const char cpio_magic_sum[] = "070702";
static const char cpio_trailer[] = "TRAILER!!!";

void cpio_open(struct cpio_reader *r, const void *base, size_t size)
{
	*r = (struct cpio_reader){ .base = base, .size = size };
}

static int cpio_refuse(struct cpio_reader *r, int err, const char *problem)
{
	r->problem = problem;
	return err;
}

/* Eight hexadecimal digits, nothing else.  0 or -EINVAL. */
static int cpio_number(const u8 *text, u32 *value)
{
	u32 n = 0;
	int i;
	u8 c;

	for (i = 0; i < CPIO_FIELD_LENGTH; i++) {
		c = text[i];
		if (c >= '0' && c <= '9')
			c -= '0';
		else if (c >= 'a' && c <= 'f')
			c -= 'a' - 10;
		else if (c >= 'A' && c <= 'F')
			c -= 'A' - 10;
		else
			return -EINVAL;
		n = n << 4 | c;
	}
	*value = n;
	return 0;
}

static u32 cpio_sum(const u8 *data, u32 n)
{
	u32 sum = 0;

	while (n--)
		sum += *data++;
	return sum;
}

static int cpio_header(struct cpio_reader *r, u32 field[CPIO_FIELDS], bool *summed)
{
	const u8 *header = r->base + r->offset;
	int i;

	if (r->size - r->offset < CPIO_HEADER_LENGTH)
		return cpio_refuse(r, -ENODATA, "header cut off");
	*summed = memcmp(header, cpio_magic_sum, CPIO_MAGIC_LENGTH) == 0;
	if (!*summed && memcmp(header, cpio_magic, CPIO_MAGIC_LENGTH) != 0)
		return cpio_refuse(r, -ENOEXEC, "no newc magic");
	header += CPIO_MAGIC_LENGTH;
	for (i = 0; i < CPIO_FIELDS; i++) {
		if (cpio_number(header + i * CPIO_FIELD_LENGTH, &field[i]))
			return cpio_refuse(r, -EINVAL, "a header field is not hexadecimal");
	}
	return 0;
}

static int cpio_name(struct cpio_reader *r, u32 length, struct cpio_entry *e)
{
	size_t at = r->offset + CPIO_HEADER_LENGTH;

	if (length < 2 || length > CPIO_NAME_MAX)
		return cpio_refuse(r, -ENAMETOOLONG, "senseless length of a name");
	if (r->size - at < length)
		return cpio_refuse(r, -ENODATA, "name cut off");
	e->name = (const char *)r->base + at;
	if (strnlen(e->name, length) != length - 1)
		return cpio_refuse(r, -EILSEQ, "name without its end, or with one inside");
	return 0;
}

/* The data behind the name; *end is the place of what follows it. */
static int cpio_data(struct cpio_reader *r, const u32 field[CPIO_FIELDS], bool summed,
		     struct cpio_entry *e, size_t *end)
{
	size_t at = ALIGN_UP(r->offset + CPIO_HEADER_LENGTH + field[CPIO_NAMESIZE],
			     (size_t)CPIO_ALIGN);

	e->size = field[CPIO_FILESIZE];
	if (at > r->size || r->size - at < e->size)
		return cpio_refuse(r, -ENODATA, "data cut off");
	e->data = r->base + at;
	if (summed && cpio_sum(e->data, e->size) != field[CPIO_CHECK])
		return cpio_refuse(r, -EBADMSG, "wrong checksum");
	/* The padding of the very last entry may be missing. */
	*end = MIN(ALIGN_UP(at + e->size, (size_t)CPIO_ALIGN), r->size);
	return 0;
}

static void cpio_fill(struct cpio_entry *e, const u32 field[CPIO_FIELDS])
{
	e->ino = field[CPIO_INO];
	e->mode = field[CPIO_MODE];
	e->uid = field[CPIO_UID];
	e->gid = field[CPIO_GID];
	e->nlink = field[CPIO_NLINK];
	e->mtime = field[CPIO_MTIME];
	e->dev_major = field[CPIO_DEV_MAJOR];
	e->dev_minor = field[CPIO_DEV_MINOR];
	e->rdev_major = field[CPIO_RDEV_MAJOR];
	e->rdev_minor = field[CPIO_RDEV_MINOR];
}

/* One header with what belongs to it.  0 or a negative errno. */
static int cpio_entry_read(struct cpio_reader *r, struct cpio_entry *e)
{
	u32 field[CPIO_FIELDS];
	size_t end = 0;
	bool summed;
	int err;

	err = cpio_header(r, field, &summed);
	if (!err)
		err = cpio_name(r, field[CPIO_NAMESIZE], e);
	if (!err)
		err = cpio_data(r, field, summed, e, &end);
	if (err)
		return err;
	cpio_fill(e, field);
	r->offset = end;
	r->in_archive = true;
	return 0;
}

/* Zeros fill up between archives, in whole words. */
static void cpio_skip_padding(struct cpio_reader *r)
{
	while (r->offset < r->size && r->base[r->offset] == 0)
		r->offset++;
}

int cpio_next(struct cpio_reader *r, struct cpio_entry *e)
{
	int err;

	for (;;) {
		if (!r->in_archive)
			cpio_skip_padding(r);
		if (r->offset == r->size) {
			if (r->in_archive || r->archive == 0)
				return cpio_refuse(r, -ENODATA, "no trailer");
			return 0;
		}
		err = cpio_entry_read(r, e);
		if (err)
			return err;
		if (strcmp(e->name, cpio_trailer) != 0)
			return 1;
		r->archive++;
		r->in_archive = false;
	}
}
