/*
 * Stages that run at EL0.  The harness starts /stages/run ID as its own process; what the program says
 * comes through descriptor 3, a file that only that process and its children hold, as lines: "ok N" with
 * the number of expectations, or "FAIL file:line expected ...".  The console is not read.
 */
#include <kernel/stage_user.h>

#include <kernel/boot.h>
#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/parse.h>
#include <kernel/printf.h>
#include <kernel/proc.h>
#include <kernel/provoke.h>
#include <kernel/spinlock.h>
#include <kernel/string.h>
#include <kernel/time.h>

enum { STAGE_LIMIT_SEC = 30, RESULT_LINE_MAX = STAGE_WHY_MAX };

/* What descriptor 3 has been told.  Fields: (l) lock */
static struct stage_result {
	struct spinlock lock;
	char line[RESULT_LINE_MAX]; /* (l) the line that is being written */
	u32 length;                 /* (l) */
	char why[STAGE_WHY_MAX];    /* (l) first FAIL line, without the word */
	u32 expectations;           /* (l) from "ok N" */
} stage_result = {.lock = SPINLOCK_INIT("stage_result")};

static void stage_result_line(struct stage_result *r) REQUIRES(r->lock)
{
	u64 count;

	ASSERT(spin_held(&r->lock));
	r->line[r->length] = 0;
	if (!strncmp(r->line, "FAIL ", 5) && !r->why[0])
		strlcpy(r->why, r->line + 5, sizeof(r->why));
	else if (!strncmp(r->line, "ok ", 3) && !parse_u64(r->line + 3, &count))
		r->expectations = count;
	r->length = 0;
}

static ssize_t stage_result_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct stage_result *r = f->private;
	char buf[RESULT_LINE_MAX];
	size_t n = iov_copy_from(from, buf, MIN(from->left, sizeof(buf)));
	size_t i;

	if (n > 8 && !strncmp(buf, "provoke ", 8)) {
		buf[n - 1] = 0; /* its newline */
		return provoke(buf + 8, f);
	}
	spin_lock(&r->lock);
	for (i = 0; i < n; i++) {
		if (buf[i] == '\n' || r->length == sizeof(r->line) - 1)
			stage_result_line(r);
		if (buf[i] != '\n')
			r->line[r->length++] = buf[i];
	}
	spin_unlock(&r->lock);
	return n;
}

static const struct file_ops stage_result_ops = {
	.name = "stage result",
	.write = stage_result_write,
};

/* The stage's process and everything below it has gone when this returns.  0 or why it could not run. */
static int stage_process(const char *id, struct file *console, struct file *result, int *status)
{
	const char *argv[] = {"/stages/run", id, NULL};
	const char *envp[] = {"PATH=/bin:/sbin:/usr/bin:/usr/sbin", "HOME=/", NULL};
	struct spawn_args args = {
		.path = argv[0],
		.argv = argv,
		.envp = envp,
		.fds = {console, console, console, result},
	};
	struct proc *p;
	int err;

	err = proc_spawn(&args, &p);
	if (err)
		return err;
	err = proc_wait_kernel(p, time_mono() + STAGE_LIMIT_SEC * (nsec_t)NSEC_PER_SEC, status);
	proc_kill_all();
	proc_put(p);
	return err;
}

static int stage_user_body(const char *id, int *status)
{
	struct file *console, *result;
	int err;

	memset(stage_result.why, 0, sizeof(stage_result.why));
	stage_result.length = stage_result.expectations = 0;
	err = file_new(&stage_result_ops, O_WRONLY, &stage_result, &result);
	if (err)
		return err;
	err = file_open_kernel("/dev/console", O_RDWR | O_NOCTTY, 0, &console);
	if (err)
		goto out_result;
	err = stage_process(id, console, result, status);
	file_put(console);
out_result:
	file_put(result);
	return err;
}

/* Says in one line why the stage did not pass; empty when it did. */
static void stage_user_judge(struct stage_state *s, int err, int status)
{
	char *why = s->why;

	s->expectations = stage_result.expectations;
	why[0] = 0;
	if (stage_result.why[0])
		strlcpy(why, stage_result.why, STAGE_WHY_MAX);
	else if (err == -ETIMEDOUT)
		ksnprintf(why, STAGE_WHY_MAX, "not finished after %d s", STAGE_LIMIT_SEC);
	else if (err)
		ksnprintf(why, STAGE_WHY_MAX, "/stages/run could not be started: error %d", err);
	else if (status & 0x7f)
		ksnprintf(why, STAGE_WHY_MAX, "killed by signal %d", status & 0x7f);
	else if (status)
		ksnprintf(why, STAGE_WHY_MAX, "exited with %d", status >> 8);
	else if (!s->expectations)
		strlcpy(why, "checked nothing", STAGE_WHY_MAX);
}

void stage_run_user(enum stage_number n)
{
	struct stage_state *s = &stage_table[n - 1];
	int status = 0;
	int err;

	if (!stage_wanted(n))
		return;
	stage_begin(n);
	err = stage_user_body(stage_info[n - 1].id, &status);
	stage_user_judge(s, err, status);
	stage_end(n, s->why[0] ? STAGE_FAILED : STAGE_PASSED);
	if (!s->why[0])
		return;
	stage_explain(n);
	if (!boot_options.keep_going)
		panic("stage %d %s failed", n, stage_info[n - 1].id);
}
