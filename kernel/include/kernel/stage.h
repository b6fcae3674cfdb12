/*
 * The trail.  kernel/boot/stage.c, one row per stage in kernel/boot/stages.def.
 *
 * The verdict of each stage is in stage_table, readable by a debugger and by xtask; the console line
 * and the control record are renderings of it.  xtask reads struct stage_state from guest memory, so
 * its layout is fixed: it names only fixed-width types.
 */
#pragma once

#include <kernel/compiler.h>

enum stage_by { STAGE_BY_KERNEL, STAGE_BY_USER, STAGE_BY_HOST };
enum stage_milestone { STAGE_M1 = 1, STAGE_M2, STAGE_M3, STAGE_M4, STAGE_M5, STAGE_M6 };

/* Machine properties without which a stage is skipped, decided before its body runs. */
enum stage_need {
	NEED_SMP           = 1 << 0, /* more than one CPU */
	NEED_ONE_CPU       = 1 << 1,
	NEED_DETERMINISTIC = 1 << 2, /* one CPU on the instruction-counting clock: word `icount` */
	NEED_PAN           = 1 << 3, /* PSTATE.PAN in the CPU */
	NEED_SERIAL_PORTS  = 1 << 4, /* a virtio-serial device */
};

enum stage_status {
	STAGE_PLANNED, /* no function */
	STAGE_PENDING, /* exists, not reached yet */
	STAGE_RUNNING,
	STAGE_PASSED,
	STAGE_FAILED,
	STAGE_SKIPPED, /* the machine lacks a property, or the command line did not select it */
};

/* What is fixed about a stage.  The table is in read-only data: stage_info[number - 1]. */
struct stage_info {
	const char *id;
	const char *verified;
	const char *meaning;
	const char *look;
	void (*body)(void); /* kernel stages only */
	u8 by;              /* enum stage_by */
	u8 milestone;
	u8 exists;
	u8 pad;
	u32 needs;          /* enum stage_need */
};

enum { STAGE_WHY_MAX = 184 };

/* What happened to it.  stage_table[number - 1]. */
struct stage_state {
	u32 status;      /* enum stage_status */
	u32 expectations;
	u64 start_ns;    /* kernel clock */
	u64 end_ns;
	char why[STAGE_WHY_MAX]; /* FAILED: "file:line expected ..." ; SKIPPED: what is missing */
};

/* STAGE_boot_entry is number 1. */
enum stage_number {
	STAGE_NONE,
#define STAGE(sym, ...)   STAGE_##sym,
#define PLANNED(sym, ...) STAGE_##sym,
#include "../../boot/stages.def"
#undef STAGE
#undef PLANNED
	STAGE_END,
	STAGE_COUNT = STAGE_END - 1,
};

#define STAGE(sym, ...) void stage_##sym(void);
#define PLANNED(...)
#include "../../boot/stages.def"
#undef STAGE
#undef PLANNED

extern const struct stage_info stage_info[STAGE_COUNT];
extern struct stage_state stage_table[STAGE_COUNT];

/* Readies the table and reads the selection out of boot_options.  Once, before the first stage. */
void stages_init(void);
/* True when stage bodies run in this boot. */
bool stages_enabled(void);
/* Passes the checkpoint of a kernel stage: runs its body if it is wanted.  Process context. */
void stage_run(enum stage_number n);
/* The same for each stage from first to last, kernel's and user's. */
void stage_run_range(enum stage_number first, enum stage_number last);
/* Sends the verdicts so far to the control port; each later one follows at once.  May sleep. */
void stages_control_up(void);
/* Reports the totals on the console and the control port.  May sleep. */
void stages_finish(void);

/* For <kernel/stage_user.h>: whether the stage is to run (says so if skipped), and its two ends. */
bool stage_wanted(enum stage_number n);
void stage_begin(enum stage_number n);
void stage_end(enum stage_number n, enum stage_status status);
/* Logs what a failed stage means and where to look. */
void stage_explain(enum stage_number n);

/*
 * For the body of a stage whose subject was over before it could be reported: when that was, by
 * time_mono().  The verdict carries these times.
 */
void stage_happened(nsec_t start, nsec_t end);

/*
 * Every stage passes here, whatever its verdict, after the table was written: a breakpoint here stops
 * anywhere on the trail.
 */
void stage_checkpoint(u32 number, enum stage_status status);

/* A failed expectation: records it, reports, ends the run.  Any context. */
void stage_fail(const char *file, int line, const char *fmt, ...) __printf(3, 4) __noreturn;
/* Counts an executed expectation of the running stage.  Any context. */
void stage_expectation(void);

#define EXPECT(cond)                                                                               \
	do {                                                                                       \
		stage_expectation();                                                               \
		if (unlikely(!(cond)))                                                             \
			stage_fail(__FILE__, __LINE__, "expected %s", #cond);                      \
	} while (0)

#define EXPECT_OP(a, op, b)                                                                        \
	do {                                                                                       \
		__typeof__(a) ea_ = (a);                                                           \
		__typeof__(b) eb_ = (b);                                                           \
		stage_expectation();                                                               \
		if (unlikely(!(ea_ op eb_)))                                                       \
			stage_fail(__FILE__, __LINE__, "expected %s " #op " %s (0x%lx, 0x%lx)",    \
				   #a, #b, (unsigned long)ea_, (unsigned long)eb_);                \
	} while (0)

#define EXPECT_EQ(a, b) EXPECT_OP(a, ==, b)
#define EXPECT_NE(a, b) EXPECT_OP(a, !=, b)
#define EXPECT_LT(a, b) EXPECT_OP(a, <, b)
#define EXPECT_LE(a, b) EXPECT_OP(a, <=, b)
#define EXPECT_GT(a, b) EXPECT_OP(a, >, b)
#define EXPECT_GE(a, b) EXPECT_OP(a, >=, b)
#define EXPECT_OK(e)    EXPECT_EQ((long)(e), 0L)
