/* Stages 205 to 207: an unmodified BusyBox shell. */
#include "expect.h"
#include "terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <signal.h>
#include <sys/wait.h>

enum { SH_OUTPUT_MAX = 4096 };

/* Runs a script in BusyBox's ash; its output goes to `out`, terminated.  Returns the wait status. */
static int sh_run(const char *script, char out[SH_OUTPUT_MAX])
{
	size_t n = 0;
	int ends[2], status;
	ssize_t got;
	pid_t pid;

	EXPECT_OK(pipe2(ends, O_CLOEXEC));
	pid = fork();
	EXPECT_OK(pid);
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		execl("/bin/busybox", "sh", "-c", script, "script", "first", "second", NULL);
		_exit(99);
	}
	close(ends[1]);
	while ((got = read(ends[0], out + n, SH_OUTPUT_MAX - 1 - n)) > 0)
		n += (size_t)got;
	EXPECT_EQ(got, 0);
	out[n] = 0;
	close(ends[0]);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static const char sh_script[] =
	"i=0; sum=0\n"
	"while [ $i -lt 10 ]; do i=$((i + 1)); sum=$((sum + i)); done\n"
	"echo sum $sum\n"
	"for word in alpha 'be ta' \"$2\"; do echo \"<$word>\"; done\n"
	"fact() { if [ $1 -le 1 ]; then echo 1; else echo $(($1 * $(fact $(($1 - 1))))); fi; }\n"
	"echo fact $(fact 6)\n"
	"cat << END\n"
	"here $sum and $((6 * 7))\n"
	"END\n"
	"cat << 'END'\n"
	"literal $sum\n"
	"END\n"
	"case $1 in f*) echo case f;; *) echo case other;; esac\n"
	"trap 'echo trapped USR1' USR1\n"
	"trap 'echo at exit' EXIT\n"
	"kill -USR1 $$\n"
	"(exit 3); echo status $?\n"
	"false || echo or; true && echo and\n"
	"cd /tmp; mkdir -p sh.d; cd sh.d; pwd\n"
	"echo one > a; echo two >> a; echo three > b; wc -l < a; echo *\n"
	"while read -r line; do echo \"[$line]\"; done < a\n"
	"set -- x y z; echo $# $*\n"
	"v=path/to/file.txt; echo ${v##*/} ${v%.*} ${unset:-default}\n"
	"cd ..; rm -r sh.d; [ -e sh.d ] || echo removed\n"
	"sleep 0 & wait $!; echo waited $?\n"
	"exit 7\n";

static const char sh_expected[] =
	"sum 55\n"
	"<alpha>\n<be ta>\n<second>\n"
	"fact 720\n"
	"here 55 and 42\n"
	"literal $sum\n"
	"case f\n"
	"trapped USR1\n"
	"status 3\n"
	"or\nand\n"
	"/tmp/sh.d\n"
	"2\n"
	"a b\n"
	"[one]\n[two]\n"
	"3 x y z\n"
	"file.txt path/to/file default\n"
	"removed\n"
	"waited 0\n"
	"at exit\n";

/* Cuts the next line out of a text; "" at its end. */
static const char *sh_line(char **text)
{
	char *line = *text;
	char *end = strchr(line, '\n');

	if (end) {
		*end = 0;
		*text = end + 1;
	} else {
		*text += strlen(line);
	}
	return line;
}

/* Compares line by line, so that a difference is reported as one line. */
static void sh_expect_lines(char *out, const char *wanted_text)
{
	char copy[SH_OUTPUT_MAX];
	char *wanted = strcpy(copy, wanted_text);
	const char *got_line, *wanted_line;

	while (*out || *wanted) {
		got_line = sh_line(&out);
		wanted_line = sh_line(&wanted);
		EXPECT_STR(got_line, wanted_line);
	}
}

void stage_sh_script(void)
{
	char out[SH_OUTPUT_MAX];
	int status = sh_run(sh_script, out);

	sh_expect_lines(out, sh_expected);
	EXPECT(WIFEXITED(status));
	EXPECT_EQ(WEXITSTATUS(status), 7);
	status = sh_run("no-such-program; echo $?; exec /bin/busybox echo replaced", out);
	EXPECT(strstr(out, "not found\n127\nreplaced\n") != NULL);
	EXPECT_EQ(status, 0);
	status = sh_run("kill -TERM $$", out);
	EXPECT(WIFSIGNALED(status));
	EXPECT_EQ(WTERMSIG(status), SIGTERM);
}

/* A megabyte through five programs; the digest behind it is that of the bytes in front. */
void stage_sh_pipeline(void)
{
	static const char text[] =
		"i=0; while [ $i -lt 64 ]; do echo 0123456789abcdef; i=$((i + 1)); done > /tmp/m; "
		"for i in 1 2 3 4 5; do cat /tmp/m /tmp/m /tmp/m /tmp/m > /tmp/n; mv /tmp/n /tmp/m; done; "
		"cat /tmp/m | tr a-f A-F | cat | tr A-F a-f | md5sum; md5sum < /tmp/m; wc -c < /tmp/m; "
		"rm /tmp/m";
	char out[SH_OUTPUT_MAX];
	char *second;

	EXPECT_EQ(sh_run(text, out), 0);
	second = strchr(out, '\n');
	EXPECT(second != NULL);
	*second++ = 0;
	EXPECT_EQ(strlen(out), (size_t)(32 + 3));
	EXPECT(strncmp(out, second, 32) == 0);
	EXPECT(strstr(second, "\n1114112\n") != NULL);
}

/* ---- interactive ----------------------------------------------------------------------------- */

/* What the screen has shown and nobody waited for yet. */
static char sh_screen[SH_OUTPUT_MAX];

/* Reads the screen until it shows the text; what came before it is gone, what comes after it is kept. */
static void sh_wait_for(const char *text)
{
	struct pollfd p = { tty_master, POLLIN, 0 };
	size_t n = strlen(sh_screen);
	char *found;
	ssize_t got;

	while (!(found = strstr(sh_screen, text)) && n < sizeof(sh_screen) - 1 &&
	       poll(&p, 1, 5000) == 1) {
		got = read(tty_master, sh_screen + n, sizeof(sh_screen) - 1 - n);
		EXPECT_GT(got, 0);
		n += (size_t)got;
		sh_screen[n] = 0;
	}
	/* Only its end: the screen may have many lines. */
	if (!found)
		EXPECT_STR(n > 20 ? sh_screen + n - 20 : sh_screen, text);
	found += strlen(text);
	memmove(sh_screen, found, strlen(found) + 1);
}

/* Types a line, and waits for its answer and the prompt behind it. */
static void sh_command(const char *line, const char *answer)
{
	tty_type(line);
	sh_wait_for(answer);
	sh_wait_for("READY> ");
}

/* Waits until a job is in the foreground: what is typed from then on is for it. */
static void sh_wait_for_job(pid_t shell)
{
	pid_t foreground = shell;
	int tries = 5000;

	while (foreground == shell && tries--) {
		EXPECT_OK(ioctl(tty_master, TIOCGPGRP, &foreground));
		poll(NULL, 0, 1);
	}
	EXPECT_NE(foreground, shell);
}

void stage_sh_job_control(void)
{
	int status;
	pid_t pid;

	tty_open_pair();
	pid = fork();
	EXPECT_OK(pid);
	if (pid == 0) {
		close(tty_master);
		setsid();
		ioctl(tty_slave, TIOCSCTTY, 0);
		for (int fd = 0; fd < 3; fd++)
			dup2(tty_slave, fd);
		setenv("PS1", "READY> ", 1);
		execl("/bin/busybox", "sh", "-i", NULL);
		_exit(99);
	}
	close(tty_slave);
	sh_wait_for("READY> ");
	sh_command("echo a$((1 + 1))b\n", "a2b");
	/* A foreground job is stopped, goes on in the background, comes back and is ended by ^C. */
	tty_type("sleep 1000\n");
	sh_wait_for_job(pid);
	tty_type("\x1a");
	sh_wait_for("Stopped");
	sh_wait_for("READY> ");
	sh_command("jobs\n", "Stopped");
	sh_command("bg\n", "sleep 1000");
	sh_command("jobs\n", "Running");
	tty_type("fg\n");
	/* Everything before the prompt is gone from the screen, so this is what fg says; the echo may come late. */
	sh_wait_for("sleep 1000");
	sh_wait_for_job(pid);
	tty_type("\x03");
	sh_wait_for("READY> ");
	sh_command("echo st$?\n", "st130");
	sh_command("jobs; echo no''ne\n", "none");
	tty_type("exit 5\n");
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT(WIFEXITED(status));
	EXPECT_EQ(WEXITSTATUS(status), 5);
	close(tty_master);
}
