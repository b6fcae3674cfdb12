/*
 * /stages/run ID: runs one user stage of the trail.  Started by the kernel for each stage in turn.
 *
 * The verdict goes to descriptor 3, a special file of the kernel's: `FAIL file:line expected ...` at
 * the first failed expectation, or at the end `ok COUNT` with the number that were executed.  By
 * hand, without descriptor 3, it goes to standard error.  An unknown ID exits with 127.
 * `/stages/run @args ...` writes its arguments and environment, `@euid` exits with who it is: the programs
 * that the stages of exec and of ids run.
 */
#include "expect.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>

enum { EXIT_FAILED = 1, EXIT_UNKNOWN = 127, REPORT_MAX = 256 };

struct user_stage {
	const char *id;
	void (*body)(void);
};

#define STAGE_KERNEL(sym, id)
#define STAGE_HOST(sym, id)
#define STAGE_USER(sym, id) { id, stage_##sym },
#define STAGE(sym, id, by, ...) STAGE_##by(sym, id)
#define PLANNED(...)
static const struct user_stage user_stages[] = {
#include "stages.def"
	{ NULL, NULL },
};

static unsigned long expectations;

void expect_count(void)
{
	__atomic_fetch_add(&expectations, 1, __ATOMIC_RELAXED);
}

/* One write per report: lines of several processes do not mix. */
static void report_write(const char *line, size_t n)
{
	if (write(EXPECT_REPORT_FD, line, n) < 0 && errno == EBADF)
		(void)!write(STDERR_FILENO, line, n);
}

void expect_fail(const char *file, int line, const char *fmt, ...)
{
	char text[REPORT_MAX];
	va_list args;
	int n;

	n = snprintf(text, sizeof(text) - 1, "FAIL %s:%d ", file, line);
	va_start(args, fmt);
	n += vsnprintf(text + n, sizeof(text) - 1 - n, fmt, args);
	va_end(args);
	if (n > (int)sizeof(text) - 2)
		n = sizeof(text) - 2;
	text[n++] = '\n';
	report_write(text, n);
	_exit(EXIT_FAILED);
}

void expect_child_ok(const char *file, int line, pid_t pid)
{
	int status;
	pid_t got;

	expect_count();
	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	if (got != pid)
		expect_fail(file, line, "expected child %d to be waited for (%s)", pid, strerror(errno));
	if (status)
		expect_fail(file, line, "expected child %d to exit with 0 (status 0x%x)", pid, status);
}

static const struct user_stage *stage_find(const char *id)
{
	const struct user_stage *s;

	for (s = user_stages; s->id; s++) {
		if (!strcmp(s->id, id))
			return s;
	}
	return NULL;
}

static int stages_list(void)
{
	const struct user_stage *s;

	for (s = user_stages; s->id; s++)
		dprintf(STDOUT_FILENO, "%s\n", s->id);
	return EXIT_UNKNOWN;
}

int main(int argc, char **argv)
{
	const struct user_stage *s;
	char text[REPORT_MAX];
	int n;

	if (argc < 2)
		return stages_list();
	if (!strcmp(argv[1], "@args"))
		return stage_echo_args(argc, argv);
	if (!strcmp(argv[1], "@euid"))
		return stage_tell_euid();
	s = stage_find(argv[1]);
	if (!s) {
		dprintf(STDERR_FILENO, "run: no stage %s\n", argv[1]);
		return EXIT_UNKNOWN;
	}

	s->body();

	n = snprintf(text, sizeof(text), "ok %lu\n", expectations);
	report_write(text, n);
	return 0;
}
