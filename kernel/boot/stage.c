/*
 * The stage harness: walks the trail, keeps the verdicts, renders them.
 *
 * Called by kmain.  A verdict is in stage_table before anything is printed; the console line and the
 * control record are renderings.  A kernel stage that fails ends the run: what comes after would stand
 * on what is broken.
 */
#include <kernel/stage.h>

#include <arch/arch.h>
#include <kernel/boot.h>
#include <kernel/control.h>
#include <kernel/cpu.h>
#include <kernel/errno.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/parse.h>
#include <kernel/printf.h>
#include <kernel/stage_user.h>
#include <kernel/string.h>
#include <kernel/time.h>

#define KERNEL_BODY(sym) stage_##sym
#define USER_BODY(sym)   NULL
#define HOST_BODY(sym)   NULL

const struct stage_info stage_info[STAGE_COUNT] = {
#define STAGE(sym, name, who, when, need, what, means, where)                                      \
	{.id = (name), .verified = (what), .meaning = (means), .look = (where),                    \
	 .body = who##_BODY(sym), .by = STAGE_BY_##who, .milestone = STAGE_##when, .exists = 1,    \
	 .needs = (need)},
#define PLANNED(sym, name, who, when, what)                                                        \
	{.id = (name), .verified = (what), .by = STAGE_BY_##who, .milestone = STAGE_##when},
#include "stages.def"
#undef STAGE
#undef PLANNED
};

struct stage_state stage_table[STAGE_COUNT];

/* The stage whose body runs, or STAGE_NONE; its number is what an expectation counts for. */
static enum stage_number stage_running;
static u32 stage_selected_first, stage_selected_last;
static bool stage_control_up;

/* "N" or "N..M", within the trail.  0 or -EINVAL. */
static int stage_parse_range(const char *words, u64 *first, u64 *last)
{
	const char *end;

	if (parse_digits(words, 10, &end, first))
		return -EINVAL;
	*last = *first;
	if (!strncmp(end, "..", 2) && parse_digits(end + 2, 10, &end, last))
		return -EINVAL;
	if (*end || *first < 1 || *last < *first || *last > STAGE_COUNT)
		return -EINVAL;
	return 0;
}

static void stage_select(const char *words)
{
	u64 first, last;
	u32 i;

	stage_selected_first = 1;
	stage_selected_last = STAGE_COUNT;
	if (!*words)
		return;
	for (i = 0; i < STAGE_COUNT; i++)
		if (!strcmp(stage_info[i].id, words))
			stage_selected_first = stage_selected_last = i + 1;
	if (stage_selected_first == stage_selected_last)
		return;
	if (stage_parse_range(words, &first, &last)) {
		log_err("stages=%s: no such stage; give an id, a number or N..M within 1..%d", words,
			STAGE_COUNT);
		stage_selected_last = 0;
		return;
	}
	stage_selected_first = first;
	stage_selected_last = last;
}

void stages_init(void)
{
	u32 i;

	for (i = 0; i < STAGE_COUNT; i++)
		stage_table[i].status = stage_info[i].exists ? STAGE_PENDING : STAGE_PLANNED;
	if (stages_enabled())
		stage_select(boot_options.stages);
}

bool stages_enabled(void)
{
	return boot_options.stages != NULL;
}

/* Names the first property that the machine lacks, or NULL.  What is not brought up yet is absent. */
static const char *stage_missing(u32 needs)
{
	if ((needs & NEED_SMP) && cpu_count < 2)
		return "needs more than one CPU";
	if ((needs & NEED_ONE_CPU) && cpu_count > 1)
		return "needs a machine with one CPU";
	if ((needs & NEED_DETERMINISTIC) && !boot_options.icount)
		return "needs the deterministic clock";
	if ((needs & NEED_PAN) && !arch_has_pan())
		return "needs a CPU with PAN";
	if ((needs & NEED_SERIAL_PORTS) && !control_available())
		return "needs a virtio-serial device";
	return NULL;
}

/* __noinline and with a barrier: the breakpoint that stops anywhere on the trail. */
__noinline void stage_checkpoint(u32 number, enum stage_status status)
{
	__asm__ volatile("" : : "r"(number), "r"(status) : "memory");
}

static const char *const status_word[] = {
	[STAGE_PASSED] = "ok",
	[STAGE_FAILED] = "fail",
	[STAGE_SKIPPED] = "skip",
};

static u64 stage_us(const struct stage_state *s)
{
	return (s->end_ns - s->start_ns) / NSEC_PER_USEC;
}

static void stage_report_control(enum stage_number n)
{
	const struct stage_state *s = &stage_table[n - 1];
	char line[STAGE_WHY_MAX + 64];
	int len;

	len = ksnprintf(line, sizeof(line), "stage %d %s %s %lu\n", n, stage_info[n - 1].id,
			status_word[s->status], stage_us(s));
	control_write(line, len);
	if (s->status != STAGE_FAILED)
		return;
	len = ksnprintf(line, sizeof(line), "fail %d %s\n", n, s->why);
	control_write(line, len);
}

/* Sends the verdicts so far, once the port is there; each later one follows at once. */
void stages_control_up(void)
{
	u32 n;

	if (!stages_enabled())
		return;
	stage_control_up = true;
	for (n = 1; n <= STAGE_COUNT; n++)
		if (stage_table[n - 1].status >= STAGE_PASSED)
			stage_report_control(n);
}

static void stage_render(enum stage_number n)
{
	const struct stage_state *s = &stage_table[n - 1];
	const char *id = stage_info[n - 1].id;

	if (s->status == STAGE_PASSED)
		log_info("[%3d/%d] %s ok %lu us", n, STAGE_COUNT, id, stage_us(s));
	else if (s->status == STAGE_FAILED)
		log_err("[%3d/%d] %s FAIL %s", n, STAGE_COUNT, id, s->why);
	else
		log_info("[%3d/%d] %s skip %s", n, STAGE_COUNT, id, s->why);
}

void stage_begin(enum stage_number n)
{
	struct stage_state *s = &stage_table[n - 1];

	s->expectations = 0;
	s->end_ns = 0;
	s->start_ns = time_mono();
	s->status = STAGE_RUNNING;
	stage_running = n;
}

void stage_end(enum stage_number n, enum stage_status status)
{
	struct stage_state *s = &stage_table[n - 1];

	if (!s->end_ns)
		s->end_ns = time_mono();
	s->status = status;
	stage_running = STAGE_NONE;
	stage_render(n);
	if (stage_control_up)
		stage_report_control(n);
	stage_checkpoint(n, status);
}

void stage_happened(nsec_t start, nsec_t end)
{
	struct stage_state *s = &stage_table[stage_running - 1];

	s->start_ns = start;
	s->end_ns = end;
}

static void stage_skip(enum stage_number n, const char *why)
{
	struct stage_state *s = &stage_table[n - 1];

	s->start_ns = time_mono();
	strlcpy(s->why, why, sizeof(s->why));
	stage_end(n, STAGE_SKIPPED);
}

bool stage_wanted(enum stage_number n)
{
	const struct stage_info *info = &stage_info[n - 1];
	const char *why;

	if (!info->exists)
		return false;
	if (!stages_enabled() || n < stage_selected_first || n > stage_selected_last) {
		stage_checkpoint(n, STAGE_PENDING);
		return false;
	}
	why = stage_missing(info->needs);
	if (why)
		stage_skip(n, why);
	return !why;
}

void stage_run(enum stage_number n)
{
	if (!stage_wanted(n))
		return;
	stage_begin(n);
	stage_info[n - 1].body();
	if (!stage_table[n - 1].expectations)
		stage_fail(stage_info[n - 1].id, 0, "checked nothing");
	stage_end(n, STAGE_PASSED);
}

void stage_run_range(enum stage_number first, enum stage_number last)
{
	u32 n;

	for (n = first; n <= (u32)last; n++) {
		if (stage_info[n - 1].by == STAGE_BY_KERNEL)
			stage_run(n);
		else if (stage_info[n - 1].by == STAGE_BY_USER)
			stage_run_user(n);
	}
}

void stage_expectation(void)
{
	if (stage_running)
		__atomic_fetch_add(&stage_table[stage_running - 1].expectations, 1,
				   __ATOMIC_RELAXED);
}

void stage_explain(enum stage_number n)
{
	log_err("  verified: %s", stage_info[n - 1].verified);
	log_err("  meaning:  %s", stage_info[n - 1].meaning);
	log_err("  look at:  %s", stage_info[n - 1].look);
}

/*
 * The verdict is in memory before anything that could fail again.  Whoever reads the table, live or
 * dead, sees the same; the reset tells the host that the kernel ended itself.
 */
void stage_fail(const char *file, int line, const char *fmt, ...)
{
	enum stage_number n = stage_running;
	struct stage_state *s;
	va_list ap;
	int len;

	if (n == STAGE_NONE)
		panic("%s:%d: an expectation outside of a stage failed", file, line);
	s = &stage_table[n - 1];
	len = ksnprintf(s->why, sizeof(s->why), "%s:%d ", file, line);
	va_start(ap, fmt);
	kvsnprintf(s->why + len, sizeof(s->why) - len, fmt, ap);
	va_end(ap);
	s->status = STAGE_FAILED;
	s->end_ns = time_mono();
	stage_render(n);
	stage_explain(n);
	stage_checkpoint(n, STAGE_FAILED);
	panic("stage %d %s failed", n, stage_info[n - 1].id);
}

static u32 stages_count(enum stage_status status)
{
	u32 i, count = 0;

	for (i = 0; i < STAGE_COUNT; i++)
		count += stage_table[i].status == status;
	return count;
}

void stages_finish(void)
{
	char line[64];
	int len;

	len = ksnprintf(line, sizeof(line), "trail-end %u %u %u\n", stages_count(STAGE_PASSED),
			stages_count(STAGE_FAILED), stages_count(STAGE_SKIPPED));
	log_info("trail: %u passed, %u failed, %u skipped, %u planned", stages_count(STAGE_PASSED),
		 stages_count(STAGE_FAILED), stages_count(STAGE_SKIPPED),
		 stages_count(STAGE_PLANNED));
	control_write(line, len);
}
