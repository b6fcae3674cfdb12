/* Stage of the kernel's own faults: what a program sees of them. */
#include "expect.h"

#include <signal.h>
#include <stdio.h>
#include <sys/klog.h>
#include <sys/wait.h>

enum { LOG_READ_ALL = 3, LOG_SIZE_BUFFER = 10, LOG_MAX = 65536 };

static char log_text[LOG_MAX];

static const char *log_read_all(void)
{
	int n = klogctl(LOG_READ_ALL, log_text, sizeof(log_text) - 1);

	EXPECT_OK(n);
	log_text[n] = 0;
	return log_text;
}

/* The number of the last report in the log, 0 without one; *report is where it begins. */
static int last_oops(const char *log, const char **report)
{
	const char *found;
	int number = 0;

	for (*report = log; (found = strstr(log, "Oops #")); log = found + 1) {
		*report = found;
		sscanf(found, "Oops #%d", &number);
	}
	return number;
}

void stage_debug_oops(void)
{
	static const char word[] = "provoke oops\n";
	const char *report;
	int before = last_oops(log_read_all(), &report), status;
	pid_t child;

	for (int round = 1; round <= 3; round++) {
		IN_CHILD(child)
			EXPECT_EQ(write(EXPECT_REPORT_FD, word, sizeof(word) - 1), -1L);
		EXPECT_EQ(waitpid(child, &status, 0), child);
		EXPECT(WIFSIGNALED(status));
		EXPECT_EQ(WTERMSIG(status), SIGSEGV);

		/* Number, reason, registers, and a backtrace from the culprit to the program. */
		EXPECT_EQ(last_oops(log_read_all(), &report), before + round);
		EXPECT(strstr(report, "level ") != NULL);
		EXPECT(strstr(report, "pc  provoke_oops+0x") != NULL);
		EXPECT(strstr(report, "#0 provoke_oops+0x") != NULL);
		EXPECT(strstr(report, "sys_write+0x") != NULL);
		EXPECT(strstr(report, "syscall_dispatch+0x") != NULL);
		EXPECT(strstr(report, " user 0x") != NULL);
	}
	/* Everybody else goes on. */
	IN_CHILD(child)
		EXPECT_OK(getppid());
	EXPECT_CHILD_OK(child);
}
