/*
 * xtask mutate: does each stage notice when what it verifies is broken?
 *
 * kernel/boot/mutants/ID.patch is a small change that breaks the feature.  It is applied to a copy of
 * the tree with what is built there (build/mutate/N), so that only what it touches is built again, and
 * the stage is run on the machines that judge it; when the stage alone stays green, the whole trail.
 * A mutant is red when the trail is; one that nobody notices has survived.
 */
#include "command.h"
#include "options.h"
#include "image.h"
#include "spawn.h"
#include "term.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUTANTS "kernel/boot/mutants"

enum mutant_result {
	MUTANT_RED,       /* its own stage failed */
	MUTANT_ELSEWHERE, /* the trail went red before or at another stage */
	MUTANT_SURVIVED,
	MUTANT_MISSING,
	MUTANT_NOT_APPLYING,
	MUTANT_NOT_BUILDING,
};

static const char *const result_word[] = {
	"red", "red elsewhere", "SURVIVED", "MISSING", "DOES NOT APPLY", "DOES NOT BUILD",
};

enum { JOBS_MAX = 16 };

struct mutate {
	struct image        img;
	struct machine_opts opts;
	uint64_t            jobs;
	uint64_t            sample;
	uint64_t            seed;
	int                *numbers; /* the stages to try */
	int                 count;
	enum mutant_result *results;
};

/* One worker's copy of the tree. */
struct scratch {
	char *dir;
	char *log; /* absolute */
	int   slot;
};

static int sh(const struct scratch *s, const char *script, const char *arg)
{
	return spawn_wait(NULL, s->log, (const char *const[]){ "sh", "-c", script, "sh", s->dir,
							       arg ? arg : "", NULL });
}

static void scratch_make(struct scratch *s, int slot)
{
	char cwd[4096];

	if (!getcwd(cwd, sizeof(cwd)))
		die(EXIT_RED, "cannot read the working directory: %s", strerror(errno));
	s->slot = slot;
	s->dir = xasprintf("build/mutate/%d", slot);
	s->log = xasprintf("%s/build/mutate/%d.log", cwd, slot);
	make_parents(s->log);
	unlink(s->log);
	if (sh(s, "rm -rf \"$1\" && mkdir -p \"$1/build\" &&"
		  " cp -a Makefile arch kernel userspace scripts xtask \"$1/\" &&"
		  " for f in build/* build/.bootstrap; do case $f in"
		  " build/mutate|build/reports) ;; *) cp -a \"$f\" \"$1/build/\" ;; esac; done", NULL))
		die(EXIT_RED, "cannot copy the tree to %s (see %s)", s->dir, s->log);
}

static bool scratch_apply(const struct scratch *s, const char *patch)
{
	return !sh(s, "patch -d \"$1\" -p1 -s -f --no-backup-if-mismatch < \"$2\"", patch);
}

/* Brings back what the patch touched, newer than the objects that were built from it. */
static void scratch_restore(const struct scratch *s, const char *patch)
{
	if (sh(s, "sed -n 's,^+++ b/\\([^\t ]*\\).*,\\1,p' \"$2\" | while read -r f; do"
		  " cp \"$f\" \"$1/$f\" && touch \"$1/$f\" || exit 1; done", patch))
		die(EXIT_RED, "cannot restore %s (see %s)", s->dir, s->log);
}

static bool scratch_build(const struct scratch *s, const char *profile)
{
	char *assign = xasprintf("PROFILE=%s", profile);
	int code = spawn_wait(s->dir, s->log,
			      (const char *const[]){ "make", "--no-print-directory", assign,
						     "kernel", "user", NULL });

	free(assign);
	return !code;
}

/* Walks the trail in the copy; the exit code of boot-stages. */
static int scratch_walk(const struct mutate *m, const struct scratch *s, const char *only,
			const char *smp, bool icount)
{
	const char *argv[24] = { "build/xtask", "boot-stages", "--profile", m->opts.profile,
				 "--cpu", m->opts.cpu, "--gic", m->opts.gic, "--stage-timeout", "20",
				 "--timeout", "100", "--json", "build/reports/mutant.json" };
	int n = 14;

	if (only) {
		argv[n++] = "--only";
		argv[n++] = only;
	}
	if (icount) {
		argv[n++] = "--icount";
	} else {
		argv[n++] = "--smp";
		argv[n++] = smp;
	}
	argv[n] = NULL;
	return spawn_wait(s->dir, s->log, argv);
}

/* Whether the last walk's report has the stage among the failed. */
static bool failed_itself(const struct scratch *s, const struct stage *stage)
{
	char *path = xasprintf("%s/build/reports/mutant.json", s->dir);
	char *want = xasprintf("\"id\": \"%s\",\n   \"status\": \"fail\"", stage->id);
	struct buf text = { 0 };
	bool found = read_file(path, &text) && strstr(text.data, want);

	buf_free(&text);
	free(want);
	free(path);
	return found;
}

enum { NEED_SMP = 1 << 0, NEED_ONE_CPU = 1 << 1, NEED_DETERMINISTIC = 1 << 2 };

/* The stage alone on each machine that judges it, then the whole trail: the first walk that goes red. */
static enum mutant_result judge_mutant(const struct mutate *m, const struct scratch *s,
				       const struct stage *stage)
{
	bool one = !(stage->needs & NEED_SMP);
	bool many = !(stage->needs & (NEED_ONE_CPU | NEED_DETERMINISTIC));
	const char *const walks[] = { stage->id, NULL };

	for (size_t i = 0; i < 2; i++) {
		if ((one && scratch_walk(m, s, walks[i], NULL, true)) ||
		    (many && scratch_walk(m, s, walks[i], "4", false)))
			return failed_itself(s, stage) ? MUTANT_RED : MUTANT_ELSEWHERE;
	}
	return MUTANT_SURVIVED;
}

static enum mutant_result try_mutant(const struct mutate *m, const struct scratch *s,
				     const struct stage *stage)
{
	char *patch = xasprintf(MUTANTS "/%s.patch", stage->id);
	enum mutant_result result;

	if (access(patch, R_OK)) {
		result = MUTANT_MISSING;
	} else {
		if (!scratch_apply(s, patch))
			result = MUTANT_NOT_APPLYING;
		else if (!scratch_build(s, m->opts.profile))
			result = MUTANT_NOT_BUILDING;
		else
			result = judge_mutant(m, s, stage);
		scratch_restore(s, patch);
	}
	free(patch);
	return result;
}

/* Tries every jobs-th stage, and writes index and result of each to the pipe. */
static void worker(const struct mutate *m, int slot, int out)
{
	struct scratch s;

	scratch_make(&s, slot);
	for (int i = slot; i < m->count; i += m->jobs) {
		int record[2] = { i, try_mutant(m, &s, &m->img.stages[m->numbers[i] - 1]) };

		if (!write_all(out, record, sizeof(record)))
			break;
	}
	sh(&s, "rm -rf \"$1\"", NULL);
}

static void print_result(const struct mutate *m, int i)
{
	const struct stage *stage = &m->img.stages[m->numbers[i] - 1];
	bool good = m->results[i] <= MUTANT_ELSEWHERE;

	term_clear();
	printf("%3d %-20s %s%s%s\n", stage->number, stage->id,
	       term_colour(good ? COLOUR_GOOD : COLOUR_BAD), result_word[m->results[i]],
	       term_colour(COLOUR_NONE));
	fflush(stdout);
}

static int run_workers(struct mutate *m)
{
	int out[2], record[2], done = 0;

	if (pipe(out))
		die(EXIT_RED, "cannot make a pipe: %s", strerror(errno));
	fflush(NULL);
	for (int slot = 0; slot < (int)m->jobs; slot++) {
		pid_t pid = fork();

		if (pid < 0)
			die(EXIT_RED, "cannot fork: %s", strerror(errno));
		if (pid == 0) {
			close(out[0]);
			worker(m, slot, out[1]);
			_exit(EXIT_OK);
		}
	}
	close(out[1]);
	term_live("mutants: 0 of %d", m->count);
	while (read(out[0], record, sizeof(record)) == sizeof(record)) {
		m->results[record[0]] = record[1];
		print_result(m, record[0]);
		term_live("mutants: %d of %d", ++done, m->count);
	}
	term_clear();
	while (wait(NULL) > 0 || errno == EINTR)
		;
	return done;
}

static void choose(struct mutate *m, char **words, int n)
{
	m->numbers = xmalloc(m->img.stage_count * sizeof(*m->numbers));
	for (int i = 0; i < m->img.stage_count && !n; i++)
		if (m->img.stages[i].exists)
			m->numbers[m->count++] = i + 1;
	for (int i = 0; i < n && m->count < m->img.stage_count; i++) {
		int first, last;

		stage_range(&m->img, words[i], &first, &last);
		for (; first <= last && m->count < m->img.stage_count; first++)
			if (m->img.stages[first - 1].exists)
				m->numbers[m->count++] = first;
	}
	srandom(m->seed);
	/* The first `sample` of a shuffled list, in any order. */
	for (int i = 0; i < (int)m->sample && i < m->count; i++) {
		int j = i + random() % (m->count - i), number = m->numbers[i];

		m->numbers[i] = m->numbers[j];
		m->numbers[j] = number;
	}
	if (m->sample && (int)m->sample < m->count)
		m->count = m->sample;
}

static int summary(const struct mutate *m, int done)
{
	int counts[ARRAY_LEN(result_word)] = { 0 }, red;

	for (int i = 0; i < m->count; i++)
		counts[m->results[i]]++;
	red = counts[MUTANT_RED] + counts[MUTANT_ELSEWHERE];
	printf("%d mutants: %d red (%d of them at another stage)", m->count, red,
	       counts[MUTANT_ELSEWHERE]);
	for (enum mutant_result r = MUTANT_SURVIVED; r < ARRAY_LEN(result_word); r++)
		if (counts[r])
			printf(", %d %s", counts[r], result_word[r]);
	printf("\n");
	if (done < m->count)
		warn("a worker ended early: see build/mutate/*.log");
	else if (red < m->count)
		warn("what was done is in build/mutate/*.log");
	return done == m->count && red == m->count ? EXIT_OK : EXIT_RED;
}

int cmd_mutate(int argc, char **argv)
{
	static const char usage[] =
		"mutate [OPTION...] [ID|N[..M]...]\n\n"
		"Breaks, in a copy of the tree, what a stage verifies (" MUTANTS "/ID.patch)\n"
		"and sees whether the trail goes red.  Without ids: every stage that exists.\n\n"
		"exit status: 0 when every mutant was noticed; 1 when one survived, is missing, or\n"
		"does not apply or build.";
	struct mutate m = { .jobs = 1, .seed = getpid() };
	const struct opt own[] = {
		{ "sample", "N", OPT_NUMBER, &m.sample, 1, 1000, NULL, "only N of them, by chance" },
		{ "seed", "N", OPT_NUMBER, &m.seed, 0, UINT32_MAX, NULL, "what the chance begins with" },
		{ "jobs", "N", OPT_NUMBER, &m.jobs, 1, JOBS_MAX, NULL, "at once (default 1)" },
		{ 0 },
	};
	int i, done;

	machine_opts_default(&m.opts);
	i = opts_parse(argc, argv, usage, own, &m.opts, false);
	image_open(&m.img, m.opts.profile);
	choose(&m, argv + i, argc - i);
	if (!m.count)
		die(EXIT_USAGE, "mutate: no stage to try");
	if ((int)m.jobs > m.count)
		m.jobs = m.count;
	if (chdir(tree_path(".")))
		die(EXIT_RED, "cannot enter the tree: %s", strerror(errno));
	m.results = xmalloc(m.count * sizeof(*m.results));
	for (int k = 0; k < m.count; k++)
		m.results[k] = MUTANT_MISSING;
	done = run_workers(&m);
	return summary(&m, done);
}
