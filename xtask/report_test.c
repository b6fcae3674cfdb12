/* test: xtask/report.c xtask/report_json.c xtask/report_junit.c xtask/walk.c xtask/machine.c xtask/image.c xtask/options.c xtask/util.c xtask/term.c -ljansson */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STAGES = 4 };

/* A trail of four: 1 and 2 exist, 3 is planned, 4 is the host's. */
static struct stage stages[STAGES] = {
	{ .number = 1, .id = "a.one", .exists = true },
	{ .number = 2, .id = "a.two", .exists = true, .meaning = "means <&\">", .look = "f.c:f" },
	{ .number = 3, .id = "a.three" },
	{ .number = 4, .id = "a.four", .exists = true, .by = STAGE_BY_HOST },
};
static struct image img = { .stages = stages, .stage_count = STAGES };

struct fixture {
	struct image_stage_state table[2][STAGES];
	struct walk              walks[2];
	struct verdict           verdicts[STAGES];
	struct report            r;
};

static void set(struct fixture *f, int walk, int number, enum stage_status s)
{
	f->table[walk][number - 1].status = s;
	f->table[walk][number - 1].start_ns = 1000;
	f->table[walk][number - 1].end_ns = 8000 + walk * 1000;
	if (s == STAGE_FAILED)
		strcpy(f->table[walk][number - 1].why, "x.c:1 expected a == b (0x1, 0x2)");
}

static struct fixture *fixture(void)
{
	struct fixture *f = xmalloc(sizeof(*f));

	memset(f, 0, sizeof(*f));
	for (int i = 0; i < 2; i++) {
		f->walks[i] = (struct walk){
			.name = i ? "four" : "one", .img = &img, .table = f->table[i], .first = 1,
			.last = STAGES, .end = WALK_DONE, .words = "stages",
		};
		machine_opts_default(&f->walks[i].opts);
		f->walks[i].setup = (struct machine_setup){
			.opts = &f->walks[i].opts, .kernel = "Image", .initrd_fd = -1, .words = "stages",
		};
	}
	f->r = (struct report){ .img = &img, .walks = f->walks, .walk_count = 2, .first = 1,
				.last = STAGES, .verdicts = f->verdicts };
	return f;
}

static void merged_is(enum stage_status a, enum stage_status b, enum stage_status want)
{
	struct fixture *f = fixture();

	set(f, 0, 1, a);
	set(f, 1, 1, b);
	assert_int_equal(verdict_merge(f->walks, 2, 1).status, want);
	set(f, 0, 1, b);
	set(f, 1, 1, a);
	assert_int_equal(verdict_merge(f->walks, 2, 1).status, want);
	free(f);
}

static void test_merge(void **state)
{
	merged_is(STAGE_PASSED, STAGE_PASSED, STAGE_PASSED);
	merged_is(STAGE_PASSED, STAGE_SKIPPED, STAGE_PASSED);
	merged_is(STAGE_SKIPPED, STAGE_SKIPPED, STAGE_SKIPPED);
	merged_is(STAGE_PASSED, STAGE_FAILED, STAGE_FAILED);
	merged_is(STAGE_SKIPPED, STAGE_FAILED, STAGE_FAILED);
	merged_is(STAGE_PENDING, STAGE_FAILED, STAGE_FAILED);
	merged_is(STAGE_PENDING, STAGE_PASSED, STAGE_PENDING);
	merged_is(STAGE_PENDING, STAGE_SKIPPED, STAGE_PENDING);
	merged_is(STAGE_RUNNING, STAGE_PASSED, STAGE_PENDING);
}

static void test_charged(void **state)
{
	struct fixture *f = fixture();

	/* A stage that ran when the kernel died has failed, whatever its row says. */
	set(f, 0, 1, STAGE_RUNNING);
	set(f, 1, 1, STAGE_PASSED);
	f->walks[0].stopped_at = 1;
	f->walks[0].problem = "the kernel died";
	assert_int_equal(verdict_merge(f->walks, 2, 1).status, STAGE_FAILED);
	assert_string_equal(verdict_merge(f->walks, 2, 1).why, "the kernel died");
	assert_string_equal(verdict_merge(f->walks, 2, 1).on->name, "one");
	free(f);
}

static void test_counts(void **state)
{
	struct fixture *f = fixture();
	char *totals;

	f->verdicts[0].status = STAGE_PASSED;
	f->verdicts[1].status = STAGE_FAILED;
	f->verdicts[3].status = STAGE_PENDING;
	report_count(&f->r);
	assert_int_equal(f->r.existing, 3);
	totals = report_totals(&f->r);
	assert_string_equal(totals, "1 passed, 1 failed, 0 skipped, 1 not reached, 1 planned");
	free(totals);
	free(f);
}

static void test_covers(void **state)
{
	struct fixture *f = fixture();

	assert_true(walk_covers(&f->walks[0], 2));
	assert_false(walk_covers(&f->walks[0], 3));
	assert_false(walk_covers(&f->walks[0], 4));
	f->walks[0].first = f->walks[0].last = 1;
	assert_false(walk_covers(&f->walks[0], 2));
	free(f);
}

static void write_and_read(void (*write)(const struct report *, const char *), const struct report *r,
			   struct buf *out)
{
	char path[] = "/tmp/report.XXXXXX";

	close(mkstemp(path));
	write(r, path);
	assert_true(read_file(path, out));
	unlink(path);
}

static void test_files(void **state)
{
	struct fixture *f = fixture();
	struct buf json = { 0 }, xml = { 0 };
	json_t *root, *j;

	set(f, 0, 1, STAGE_PASSED);
	set(f, 1, 2, STAGE_FAILED);
	for (int i = 1; i <= 2; i++)
		f->verdicts[i - 1] = verdict_merge(f->walks, 2, i);
	report_count(&f->r);
	write_and_read(report_json, &f->r, &json);
	root = json_loads(json.data, 0, NULL);
	assert_non_null(root);
	assert_int_equal(json_integer_value(json_object_get(root, "failed")), 1);
	assert_int_equal(json_integer_value(json_object_get(root, "planned")), 1);
	assert_int_equal(json_array_size(json_object_get(root, "stages")), STAGES);
	j = json_array_get(json_object_get(root, "stages"), 1);
	assert_string_equal(json_string_value(json_object_get(j, "id")), "a.two");
	assert_string_equal(json_string_value(json_object_get(j, "status")), "fail");
	assert_int_equal(json_integer_value(json_object_get(j, "us")), 8);
	json_decref(root);
	write_and_read(report_junit, &f->r, &xml);
	assert_non_null(strstr(xml.data, "means &lt;&amp;&quot;&gt;"));
	assert_non_null(strstr(xml.data, "failures=\"1\""));
	buf_free(&json);
	buf_free(&xml);
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),  cmocka_unit_test(test_charged),
		cmocka_unit_test(test_counts), cmocka_unit_test(test_covers),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
