/*
 * xtask shell: an interactive BusyBox on the machine's console.  The terminal is set to pass every key
 * on, so that the machine's own line discipline echoes, edits and makes signals of Ctrl-C and Ctrl-Z.
 */
#include "command.h"
#include "guest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

enum { SHELL_ESCAPE = 0x1d }; /* Ctrl-] ends the machine at once */

static struct termios host_tty;
static bool host_tty_raw;

static void tty_restore(void)
{
	if (host_tty_raw)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &host_tty);
	host_tty_raw = false;
}

static void tty_raw(void)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &host_tty))
		return;
	raw = host_tty;
	cfmakeraw(&raw);
	host_tty_raw = !tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	atexit(tty_restore);
}

/* Sends the keys to the console.  False at the escape key. */
static bool send_keys(struct machine *m, bool *open)
{
	char keys[256];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

	if (n <= 0) {
		static const char end_of_file = 4; /* Ctrl-D, what a terminal has for it */

		*open = n < 0 && errno == EINTR;
		keys[0] = end_of_file;
		n = *open ? 0 : 1;
	}
	if (host_tty_raw && memchr(keys, SHELL_ESCAPE, n))
		return false;
	for (ssize_t sent = 0, k; sent < n; sent += k) {
		k = send(m->fd[CH_CONSOLE], keys + sent, n - sent, MSG_NOSIGNAL);
		if (k < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (k < 0)
			k = 0;
	}
	return true;
}

static int shell_loop(struct guest *g, int64_t deadline)
{
	struct machine *m = &g->m;
	bool open = true, going = true;

	while (going && !m->end && !stop_requested()) {
		struct pollfd keys = { .fd = open ? STDIN_FILENO : -1, .events = POLLIN };

		if (deadline && now_ns() > deadline) {
			warn("timeout: the shell still runs");
			return EXIT_TIMEOUT;
		}
		machine_poll(m, 0, &keys, 1, deadline ? 200 : -1);
		if (keys.revents)
			going = send_keys(m, &open);
		write_all(STDOUT_FILENO, m->in[CH_CONSOLE].data, m->in[CH_CONSOLE].len);
		buf_drop(&m->in[CH_CONSOLE], m->in[CH_CONSOLE].len);
		guest_control(g);
	}
	if (!going)
		return EXIT_OK;
	if (m->end == END_RESET && !g->ended) {
		warn("the kernel died");
		return EXIT_KERNEL;
	}
	if (m->end == END_QEMU) {
		warn("QEMU: %s", machine_errors(m));
		return EXIT_KERNEL;
	}
	return g->status;
}

int cmd_shell(int argc, char **argv)
{
	static const char usage[] =
		"shell [OPTION...]\n\n"
		"Boots a machine with a BusyBox shell on this terminal.  `exit` powers it off;\n"
		"Ctrl-] ends it at once.  The exit status is the shell's.";
	struct guest_command c = { .cwd = "/" };
	struct machine_setup setup = { .words = "" };
	struct guest g = { 0 };
	struct machine_opts m;
	int64_t deadline;
	int code;
	const struct opt own[] = {
		{ "root", "DIR", OPT_STRING, &c.root, 0, 0, NULL, "lay what is in DIR over the root" },
		{ "initrd", "FILE", OPT_STRING, &c.initrd, 0, 0, NULL,
		  "the base archive (default build/initramfs.cpio)" },
		{ 0 },
	};

	machine_opts_default(&m);
	if (opts_parse(argc, argv, usage, own, &m, false) < argc)
		die(EXIT_USAGE, "shell takes no words, only options (see xtask shell --help)");
	if (!c.initrd)
		c.initrd = machine_initrd(&m);
	setup.opts = &m;
	setup.kernel = tree_path("build/%s/Image", m.profile);
	if (access(setup.kernel, R_OK))
		die(EXIT_USAGE, "cannot read '%s'; run make PROFILE=%s", setup.kernel, m.profile);
	setup.initrd_fd = guest_archive(&c);
	deadline = m.timeout ? now_ns() + (int64_t)m.timeout * NS_PER_S : 0;
	machine_start(&g.m, &setup);
	tty_raw();
	code = shell_loop(&g, deadline);
	machine_stop(&g.m);
	tty_restore();
	if (stop_requested())
		stop_finish();
	return code;
}
