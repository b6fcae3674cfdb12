/* test: arch/aarch64/pte.c */
#include "../../kernel/lib/test.h"

#include <arch/pagetable.h>

TEST_PANIC

static u64 attrs(enum pt_flags flags)
{
	return pte_attrs(flags, 3);
}

/* Bits by the Arm ARM, typed again: AP[1] is 6, AP[2] 7, nG 11, PXN 53, UXN 54. */
static void test_user(void **state)
{
	u64 rw = attrs(PT_USER | PT_READ | PT_WRITE), rx = attrs(PT_USER | PT_READ | PT_EXEC);

	assert_int_equal(rw & 3, 3);
	assert_int_equal(rw >> 6 & 3, 1);
	assert_int_equal(rw >> 10 & 3, 3);
	assert_int_equal(rw >> 53 & 3, 3);
	assert_int_equal(rx >> 6 & 3, 3);
	assert_int_equal(rx >> 53 & 3, 1);
	assert_int_equal(rw >> 8 & 3, 3);
	assert_int_equal(rw >> 2 & 7, 3);
}

static void test_prot_none(void **state)
{
	u64 none = attrs(PT_USER);

	assert_int_equal(none & 3, 3);
	assert_int_equal(none >> 6 & 1, 0);
	assert_int_equal(none >> 53 & 3, 3);
	assert_int_equal(pte_flags((pte_t){ none }), PT_USER);
}

static void test_kernel(void **state)
{
	u64 rw = attrs(PT_READ | PT_WRITE), rx = attrs(PT_READ | PT_EXEC);
	u64 device = attrs(PT_READ | PT_WRITE | PT_DEVICE);

	assert_int_equal(rw >> 6 & 3, 0);
	assert_int_equal(rw >> 11 & 1, 0);
	assert_int_equal(rw >> 53 & 3, 3);
	assert_int_equal(rx >> 6 & 3, 2);
	assert_int_equal(rx >> 53 & 3, 2);
	assert_int_equal(device >> 2 & 7, 1);
}

static void test_block(void **state)
{
	assert_int_equal(pte_attrs(PT_READ, 2) & 3, 1);
	assert_int_equal(pte_attrs(PT_READ, 3) & 3, 3);
}

/* What is read back is what was asked for; reading is part of everything else. */
static void test_round_trip(void **state)
{
	for (u32 flags = 0; flags < 32; flags++) {
		enum pt_flags want = flags;

		if (!(flags & PT_USER) || flags & (PT_WRITE | PT_EXEC | PT_READ))
			want |= PT_READ;
		/* A page that nobody may touch has no further properties. */
		if ((flags & PT_USER) && !(flags & (PT_WRITE | PT_EXEC | PT_READ)))
			want = PT_USER;
		assert_int_equal(pte_flags((pte_t){ 0x40000000 | attrs(flags) }), want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_prot_none),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_block),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
