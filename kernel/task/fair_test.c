/* test: kernel/task/fair.c kernel/lib/rbtree.c */
#include "../lib/test.h"

#include <kernel/fair.h>

enum { FAIR_TASKS = 8, FAIR_TICK = 10000000 };

static struct fair_queue queue;
static struct fair tasks[FAIR_TASKS];

static int fair_setup(void **state)
{
	queue = (struct fair_queue){ .first = NULL };
	for (int i = 0; i < FAIR_TASKS; i++)
		fair_init(&tasks[i], 0);
	return 0;
}

static void test_weights_follow_nice(void **state)
{
	assert_int_equal(fair_weight(0), FAIR_WEIGHT_NICE_0);
	for (int nice = NICE_MIN; nice < NICE_MAX; nice++) {
		u32 more = fair_weight(nice), less = fair_weight(nice + 1);

		assert_true(more > less);
		/* A quarter, up to the rounding of small numbers. */
		assert_in_range(less * 5 / 4, more - more / 8 - 2, more + more / 8 + 2);
	}
	assert_int_equal(fair_weight(-100), fair_weight(NICE_MIN));
	assert_int_equal(fair_weight(100), fair_weight(NICE_MAX));
}

static void test_least_runs_first(void **state)
{
	u64 last = 0;

	for (int i = 0; i < FAIR_TASKS; i++) {
		tasks[i].vruntime = test_random() % 1000;
		fair_insert(&queue, &tasks[i]);
	}
	assert_int_equal(queue.waiting, FAIR_TASKS);
	for (int i = 0; i < FAIR_TASKS; i++) {
		struct fair *f = fair_first(&queue);

		assert_true(f->vruntime >= last);
		last = f->vruntime;
		fair_remove(&queue, f);
	}
	assert_null(fair_first(&queue));
	assert_int_equal(queue.waiting, 0);
}

static void test_equals_queue_in_order(void **state)
{
	for (int i = 0; i < FAIR_TASKS; i++)
		fair_insert(&queue, &tasks[i]);
	for (int i = 0; i < FAIR_TASKS; i++) {
		assert_ptr_equal(fair_first(&queue), &tasks[i]);
		fair_remove(&queue, &tasks[i]);
	}
}

static void test_order_survives_wrapping(void **state)
{
	tasks[0].vruntime = 5;
	tasks[1].vruntime = ~0ull - 5;
	fair_insert(&queue, &tasks[0]);
	fair_insert(&queue, &tasks[1]);
	assert_ptr_equal(fair_first(&queue), &tasks[1]);
	assert_true(fair_slice_over(&queue, &tasks[0]));
	assert_false(fair_slice_over(&queue, &tasks[1]));
}

/* Runs the queue for so many ticks; ran[i] counts those of task i. */
static void run_ticks(int ticks, int ran[])
{
	struct fair *running = fair_first(&queue);

	fair_remove(&queue, running);
	while (ticks--) {
		ran[running - tasks]++;
		fair_charge(&queue, running, FAIR_TICK);
		if (fair_slice_over(&queue, running)) {
			fair_insert(&queue, running);
			running = fair_first(&queue);
			fair_remove(&queue, running);
		}
	}
	fair_insert(&queue, running);
}

static void test_shares_follow_weights(void **state)
{
	int ran[FAIR_TASKS] = { 0 };

	fair_init(&tasks[1], 5);
	fair_init(&tasks[2], -5);
	for (int i = 0; i < 3; i++)
		fair_insert(&queue, &tasks[i]);
	run_ticks(10000, ran);
	/* 335 : 1024 : 3125 */
	assert_in_range(ran[0], 2200, 2400);
	assert_in_range(ran[1], 700, 800);
	assert_in_range(ran[2], 6850, 7050);
}

static void test_sleeper_gets_a_credit_and_no_more(void **state)
{
	int ran[FAIR_TASKS] = { 0 };

	fair_insert(&queue, &tasks[0]);
	run_ticks(1000, ran);
	/* tasks[1] slept all the while. */
	fair_place_woken(&queue, &tasks[1]);
	assert_int_equal(tasks[1].vruntime, queue.min_vruntime - FAIR_SLEEPER_CREDIT);
	assert_true(fair_preempts(&tasks[1], &tasks[0]));
	/* One that is owed less than that keeps its own. */
	tasks[2].vruntime = queue.min_vruntime + 7;
	fair_place_woken(&queue, &tasks[2]);
	assert_int_equal(tasks[2].vruntime, queue.min_vruntime + 7);
	assert_false(fair_preempts(&tasks[2], &tasks[0]));
}

static void test_minimum_never_goes_back(void **state)
{
	int ran[FAIR_TASKS] = { 0 };
	u64 before;

	fair_insert(&queue, &tasks[0]);
	run_ticks(10, ran);
	before = queue.min_vruntime;
	assert_int_equal(before, 10ull * FAIR_TICK);
	tasks[1].vruntime = 0;
	fair_insert(&queue, &tasks[1]);
	run_ticks(1, ran);
	assert_int_equal(queue.min_vruntime, before);
	fair_place_new(&queue, &tasks[2]);
	assert_int_equal(tasks[2].vruntime, before);
}

static void test_distance_is_kept_over_a_move(void **state)
{
	struct fair_queue other = { .min_vruntime = 5000 };

	queue.min_vruntime = 100;
	tasks[0].vruntime = 130;
	tasks[1].vruntime = 60;
	fair_move(&queue, &other, &tasks[0]);
	fair_move(&queue, &other, &tasks[1]);
	assert_int_equal(tasks[0].vruntime, 5030);
	assert_int_equal(tasks[1].vruntime, 4960);
}

static void test_yield_goes_behind(void **state)
{
	tasks[1].vruntime = 50;
	fair_insert(&queue, &tasks[1]);
	fair_step_behind(&tasks[0], &tasks[1]);
	fair_insert(&queue, &tasks[0]);
	assert_ptr_equal(fair_first(&queue), &tasks[1]);
	tasks[2].vruntime = 70;
	fair_step_behind(&tasks[2], &tasks[1]);
	assert_int_equal(tasks[2].vruntime, 70);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_weights_follow_nice, fair_setup),
		cmocka_unit_test_setup(test_least_runs_first, fair_setup),
		cmocka_unit_test_setup(test_equals_queue_in_order, fair_setup),
		cmocka_unit_test_setup(test_order_survives_wrapping, fair_setup),
		cmocka_unit_test_setup(test_shares_follow_weights, fair_setup),
		cmocka_unit_test_setup(test_sleeper_gets_a_credit_and_no_more, fair_setup),
		cmocka_unit_test_setup(test_minimum_never_goes_back, fair_setup),
		cmocka_unit_test_setup(test_distance_is_kept_over_a_move, fair_setup),
		cmocka_unit_test_setup(test_yield_goes_behind, fair_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
