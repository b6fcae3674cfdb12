/* test: arch/aarch64/esr.c */
#include "../../kernel/lib/test.h"

#include <arch/esr.h>

static u64 esr_of(u64 class, u64 iss)
{
	return class << 26 | ESR_IL | iss;
}

/* Classes by the Arm ARM's numbers, typed again. */
static void test_classes(void **state)
{
	assert_int_equal(esr_class(esr_of(0x15, 0)), ESR_SVC64);
	assert_int_equal(esr_class(0x92000046), ESR_DABT_LOWER);
	assert_int_equal(esr_class(0xf2000ca1), ESR_BRK64);
	assert_int_equal(0xf2000ca1 & ESR_BRK_IMM, BRK_STAGE);
	assert_string_equal(esr_class_name(0xf2000000), "BRK");
	assert_string_equal(esr_class_name(esr_of(0x25, 0)), "data abort (EL1)");
	assert_string_equal(esr_class_name(esr_of(0x3f, 0)), "unrecognised exception class");
}

static void test_every_class_has_words(void **state)
{
	for (u64 class = 0; class < 64; class++)
		assert_non_null(esr_class_name(esr_of(class, 0)));
	for (u64 fsc = 0; fsc < 64; fsc++)
		assert_non_null(esr_fault_name(esr_of(0x24, fsc)));
}

static void test_faults(void **state)
{
	assert_string_equal(esr_fault_name(esr_of(0x24, 0x04)), "level 0 translation fault");
	assert_string_equal(esr_fault_name(esr_of(0x24, 0x07)), "level 3 translation fault");
	assert_string_equal(esr_fault_name(esr_of(0x24, 0x0f | ESR_ISS_WNR)), "level 3 permission fault");
	assert_string_equal(esr_fault_name(esr_of(0x24, 0x0a)), "level 2 access flag fault");
	assert_string_equal(esr_fault_name(esr_of(0x24, 0x01)), "level 1 address size fault");
	assert_string_equal(esr_fault_name(esr_of(0x24, 0x21)), "alignment fault");
	assert_string_equal(esr_fault_name(esr_of(0x24, 0x10)), "external abort");
	assert_string_equal(esr_fault_name(esr_of(0x24, 0x30)), "unusual fault");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_every_class_has_words),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
