/*
 * xtask boot-stages: walks the trail and says what it came to.
 *
 * Without --smp and --icount on two machines side by side, one CPU under the deterministic clock and
 * four CPUs, and merged: a stage passed when it passed on one at least and failed on none.  Host stages
 * have a boot of their own afterwards.
 */
#include "command.h"
#include "host_stages.h"
#include "report.h"
#include "term.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WALKS_MAX = 2, WAIT_MS = 50 };

struct trail {
	struct image        img;
	struct machine_opts opts;
	struct walk_plan    plan;
	bool                quiet;   /* under --repeat: no line per stage */
	const char         *only;
	const char         *json;
	const char         *junit;
	const char         *console; /* where to keep what the machines say */
	uint64_t            repeat;
	struct walk         walks[WALKS_MAX];
	int                 walk_count;
	struct verdict     *verdicts;
	int                 shown;   /* stages up to here have their line */
};

static char *machine_name(const struct machine_opts *o)
{
	struct buf name = { 0 };

	buf_printf(&name, "%llu CPU%s%s", (unsigned long long)o->smp, o->smp > 1 ? "s" : "",
		   o->icount ? ", deterministic" : "");
	if (strcmp(o->cpu, "neoverse-n1"))
		buf_printf(&name, ", %s", o->cpu);
	if (strcmp(o->gic, "3"))
		buf_printf(&name, ", GICv2");
	if (o->el2)
		buf_printf(&name, ", EL2");
	if (o->mem != 512ull << 20)
		buf_printf(&name, ", %llu MiB", (unsigned long long)o->mem >> 20);
	return name.data;
}

static void add_walk(struct trail *t, uint64_t smp, bool icount)
{
	struct walk *w = &t->walks[t->walk_count++];

	*w = (struct walk){ .opts = t->opts };
	w->opts.smp = smp;
	w->opts.icount = icount;
	w->name = machine_name(&w->opts);
	walk_start(w, &t->img, &t->plan);
}

static void print_line(const struct trail *t, int number, const struct verdict *v)
{
	const char *colour = term_colour(v->status == STAGE_PASSED ? COLOUR_GOOD :
					 v->status == STAGE_FAILED ? COLOUR_BAD :
								     COLOUR_DIM);

	term_clear();
	printf("[%3d/%d] %s %s%s%s", number, t->img.stage_count, t->img.stages[number - 1].id, colour,
	       v->status == STAGE_FAILED ? "FAIL" : status_word(v->status), term_colour(COLOUR_NONE));
	if (v->status == STAGE_PASSED)
		printf(" %llu us", (unsigned long long)v->us);
	else if (v->why && *v->why)
		printf(" %s", v->why);
	printf("\n");
}

static bool settled(const struct trail *t, int number)
{
	for (int i = 0; i < t->walk_count; i++)
		if (t->walks[i].end == WALK_GOING && walk_verdict(&t->walks[i], number) == STAGE_PENDING)
			return false;
	return true;
}

/* Prints the lines that are final, in order, and then what is being done. */
static void show_progress(struct trail *t)
{
	char live[256];
	int n = 0;

	while (t->shown < t->img.stage_count && !t->quiet) {
		int next = t->shown + 1;
		bool covered = walk_covers(&t->walks[0], next);
		struct verdict v;

		if (covered && !settled(t, next))
			break;
		t->shown = next;
		v = verdict_merge(t->walks, t->walk_count, next);
		if (covered && v.status != STAGE_PENDING)
			print_line(t, next, &v);
	}
	live[0] = '\0';
	for (int i = 0; i < t->walk_count; i++) {
		const struct walk *w = &t->walks[i];

		if (w->end == WALK_GOING && n < (int)sizeof(live))
			n += snprintf(live + n, sizeof(live) - n, "%s%s: [%3d/%d] %s", n ? "   " : "",
				      w->name, w->at, t->img.stage_count,
				      w->at ? t->img.stages[w->at - 1].id : "starting");
	}
	if (*live)
		term_live("%s", live);
}

static void stop_walks(struct trail *t)
{
	for (int i = 0; i < t->walk_count; i++) {
		walk_free(&t->walks[i]);
		free((char *)t->walks[i].name);
	}
	t->walk_count = 0;
}

/* Walks all machines to their end. */
static void walk_all(struct trail *t)
{
	bool going = true, two = !t->opts.smp_given && !t->opts.icount;

	t->shown = 0;
	if (two) {
		add_walk(t, 1, true);
		add_walk(t, 4, false);
	} else {
		add_walk(t, t->opts.smp, t->opts.icount);
	}
	while (going && !stop_requested()) {
		going = false;
		walks_wait(t->walks, t->walk_count, WAIT_MS);
		for (int i = 0; i < t->walk_count; i++) {
			walk_update(&t->walks[i]);
			going |= t->walks[i].end == WALK_GOING;
		}
		show_progress(t);
	}
	term_clear();
	if (stop_requested()) {
		stop_walks(t);
		stop_finish();
	}
}

/* Merges what the machines show; host stages stay unreached. */
static void judge(struct trail *t, struct report *r)
{
	*r = (struct report){
		.img = &t->img, .walks = t->walks, .walk_count = t->walk_count,
		.first = t->plan.first, .last = t->plan.last, .verdicts = t->verdicts,
	};
	for (int i = 1; i <= t->img.stage_count; i++)
		t->verdicts[i - 1] = walk_covers(&t->walks[0], i) ?
			verdict_merge(t->walks, t->walk_count, i) :
			(struct verdict){ .status = STAGE_PENDING };
}

static bool refused(const struct trail *t)
{
	for (int i = 0; i < t->walk_count; i++) {
		if (t->walks[i].end != WALK_REFUSED)
			continue;
		warn("%s: %s", t->walks[i].name, t->walks[i].problem);
		return true;
	}
	return false;
}

static bool walks_good(const struct trail *t)
{
	for (int i = t->plan.first; i <= t->plan.last; i++)
		if (walk_covers(&t->walks[0], i) && t->verdicts[i - 1].status != STAGE_PASSED &&
		    t->verdicts[i - 1].status != STAGE_SKIPPED)
			return false;
	return true;
}

/* The stages that xtask judges itself: only when what the kernel shows of itself is good. */
static void host_stages(struct trail *t)
{
	bool good = walks_good(t);

	for (int i = t->plan.first; i <= t->plan.last && good; i++) {
		const struct stage *s = &t->img.stages[i - 1];

		if (!s->exists || s->by != STAGE_BY_HOST)
			continue;
		term_live("[%3d/%d] %s", i, t->img.stage_count, s->id);
		host_stage_run(&t->img, s, &t->opts, t->plan.initrd, &t->verdicts[i - 1]);
		if (stop_requested())
			stop_finish();
		if (!t->quiet)
			print_line(t, i, &t->verdicts[i - 1]);
	}
}

static void keep_consoles(const struct trail *t)
{
	for (int i = 0; i < t->walk_count; i++) {
		const struct buf *text = &t->walks[i].m.in[CH_CONSOLE];
		char *path = i ? xasprintf("%s.%d", t->console, i + 1) : xstrdup(t->console);

		write_file(path, text->data, text->len);
		free(path);
	}
}

/* One walk with its report.  EXIT_OK, EXIT_RED or EXIT_KERNEL. */
static int walk_once(struct trail *t, bool last)
{
	struct report r;
	char *totals;
	int code;

	walk_all(t);
	if (refused(t)) {
		stop_walks(t);
		return EXIT_KERNEL;
	}
	judge(t, &r);
	host_stages(t);
	report_count(&r);
	code = r.failed || r.unreached || (t->walk_count > 1 && r.skipped) ? EXIT_RED : EXIT_OK;
	for (int i = t->plan.first; i <= t->plan.last; i++)
		if (t->verdicts[i - 1].status == STAGE_FAILED)
			report_failure(&r, i);
	if (t->console)
		keep_consoles(t);
	if (t->json)
		report_json(&r, t->json);
	if (t->junit)
		report_junit(&r, t->junit);
	totals = report_totals(&r);
	if (last || code)
		printf("%s%s%s\n", term_colour(code ? COLOUR_BAD : COLOUR_GOOD), totals,
		       term_colour(COLOUR_NONE));
	free(totals);
	stop_walks(t);
	return code;
}

static int walk_repeatedly(struct trail *t)
{
	uint64_t bad = 0;
	int code = EXIT_OK;

	t->quiet = t->repeat > 1;
	for (uint64_t i = 1; i <= t->repeat; i++) {
		int result = walk_once(t, i == t->repeat);

		if (!result)
			continue;
		bad++;
		code = result;
		if (t->repeat > 1)
			printf("run %llu of %llu failed\n", (unsigned long long)i,
			       (unsigned long long)t->repeat);
		if (!t->plan.keep_going)
			break;
	}
	if (t->repeat > 1 && !bad)
		printf("%llu runs, all good\n", (unsigned long long)t->repeat);
	else if (t->repeat > 1 && t->plan.keep_going)
		printf("%llu of %llu runs failed\n", (unsigned long long)bad,
		       (unsigned long long)t->repeat);
	return code;
}

int cmd_boot_stages(int argc, char **argv)
{
	static const char usage[] =
		"boot-stages [OPTION...]\n\n"
		"Walks the trail of stages.  Without --smp and --icount it does so on two machines at\n"
		"once, one CPU under the deterministic clock and four CPUs, and merges what they show.\n\n"
		"exit status: 0 when every stage that exists passed; 1 when one failed or was not\n"
		"reached (on two machines: or was skipped on both); 125 when QEMU did not start.";
	struct trail t = { .plan.initrd = tree_path("build/initramfs.cpio"), .repeat = 1 };
	const struct opt own[] = {
		{ "only", "ID|N[..M]", OPT_STRING, &t.only, 0, 0, NULL,
		  "only the bodies of these stages" },
		{ "keep-going", NULL, OPT_FLAG, &t.plan.keep_going, 0, 0, NULL,
		  "go on after a user stage, or a run of --repeat, fails" },
		{ "repeat", "N", OPT_NUMBER, &t.repeat, 1, 1000000, NULL, "walk N times" },
		{ "json", "FILE", OPT_STRING, &t.json, 0, 0, NULL, "write the report as JSON" },
		{ "junit", "FILE", OPT_STRING, &t.junit, 0, 0, NULL, "write the report as JUnit XML" },
		{ "console", "FILE", OPT_STRING, &t.console, 0, 0, NULL,
		  "keep the console's text (the second machine's in FILE.2)" },
		{ "initrd", "FILE", OPT_STRING, &t.plan.initrd, 0, 0, NULL,
		  "another archive (default build/initramfs.cpio)" },
		{ "stage-timeout", "S", OPT_NUMBER, &t.plan.stage_limit, 1, 100000, NULL,
		  "a stage that takes longer hangs (default 60)" },
		{ 0 },
	};

	machine_opts_default(&t.opts);
	if (opts_parse(argc, argv, usage, own, &t.opts, false) < argc)
		die(EXIT_USAGE, "boot-stages takes no words, only options (see xtask boot-stages "
		    "--help)");
	image_open(&t.img, t.opts.profile);
	if (access(t.plan.initrd, R_OK))
		die(EXIT_USAGE, "cannot read '%s'; run make", t.plan.initrd);
	t.plan.first = 1;
	t.plan.last = t.img.stage_count;
	if (t.only)
		stage_range(&t.img, t.only, &t.plan.first, &t.plan.last);
	t.verdicts = xmalloc(t.img.stage_count * sizeof(*t.verdicts));
	return walk_repeatedly(&t);
}
