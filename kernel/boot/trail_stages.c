/* The stage that looks at the trail itself. */
#include <kernel/stage.h>

#include <kernel/string.h>
#include <kernel/time.h>

/* Whether `stages=...` left the whole beginning of the trail in this boot. */
static bool trail_walked_from_start(void)
{
	return stage_table[STAGE_boot_entry - 1].status == STAGE_PASSED;
}

void stage_boot_stagetable(void)
{
	nsec_t before = 0;
	u32 n;

	EXPECT_EQ(strcmp(stage_info[STAGE_sig_altstack - 1].id, "sig.altstack"), 0);
	EXPECT_EQ(STAGE_sig_altstack, 72);
	EXPECT_EQ(stage_table[STAGE_boot_stagetable - 1].status, STAGE_RUNNING);
	if (!trail_walked_from_start())
		return;
	for (n = STAGE_boot_entry; n < STAGE_boot_stagetable; n++) {
		const struct stage_state *s = &stage_table[n - 1];

		if (!stage_info[n - 1].exists)
			continue;
		EXPECT_EQ(s->status, STAGE_PASSED);
		EXPECT_GT(s->expectations, 0u);
		EXPECT_LE(s->start_ns, s->end_ns);
		EXPECT_LE(before, s->end_ns);
		before = s->start_ns;
	}
	/* The first stages were over before there was a clock in C: their times are the entry code's. */
	EXPECT_LT(stage_table[STAGE_boot_mmu - 1].end_ns,
		  stage_table[STAGE_boot_vectors - 1].start_ns);
}
