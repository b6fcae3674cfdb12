/*
 * xtask run: one program on a machine of its own, as if it ran here: our standard input, output and
 * error are its own, byte for byte, and its exit status is ours.
 */
#include "command.h"
#include "guest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	RUN_START_S   = 60,    /* the machine hangs when init has not taken over by then */
	RUN_PIPE_STEP = 4096,  /* PIPE_BUF: a pipe that polls writable takes so much at once */
	RUN_AHEAD     = 1 << 20, /* output we hold for a slow reader before the guest has to wait */
};

struct run {
	struct guest g;
	bool         verbose;
	size_t       console_shown;
	bool         input_open; /* our standard input has more */
	struct buf   input;      /* on its way to the guest */
	bool         output_gone; /* nobody reads our standard output any more */
	int64_t      deadline;    /* ns, 0: none */
};

static void show_console(struct run *r)
{
	const struct buf *console = &r->g.m.in[CH_CONSOLE];

	if (r->verbose && console->len > r->console_shown)
		write_all(STDERR_FILENO, console->data + r->console_shown,
			  console->len - r->console_shown);
	r->console_shown = console->len;
}

static void read_input(struct run *r)
{
	char chunk[1 << 16];
	ssize_t n = read(STDIN_FILENO, chunk, sizeof(chunk));

	if (n > 0)
		buf_add(&r->input, chunk, n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		r->input_open = false;
}

/* Sends what the port takes; after the last byte says so, and the guest reads an end of file. */
static void send_input(struct run *r)
{
	int fd = r->g.m.fd[CH_STDIN];
	ssize_t n;

	if (r->input.len) {
		n = send(fd, r->input.data, r->input.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0)
			buf_drop(&r->input, n);
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			machine_close(&r->g.m, CH_STDIN);
	}
	/* Not close(): QEMU would drop what it has not read yet. */
	if (!r->input.len && !r->input_open && r->g.m.fd[CH_STDIN] >= 0)
		shutdown(fd, SHUT_WR);
}

/* Writes what our own reader takes at once.  False when there is no reader any more. */
static bool pass_on(struct machine *m, enum channel c, int fd)
{
	struct buf *in = &m->in[c];
	size_t step = in->len < RUN_PIPE_STEP ? in->len : RUN_PIPE_STEP;
	ssize_t n = write(fd, in->data, step);

	if (n > 0)
		buf_drop(in, n);
	return n > 0 || errno == EAGAIN || errno == EINTR;
}

static unsigned int full_channels(const struct machine *m)
{
	unsigned int skip = 0;

	for (enum channel c = CH_STDOUT; c <= CH_STDERR; c++)
		if (m->in[c].len >= RUN_AHEAD)
			skip |= 1u << c;
	return skip;
}

/* One round: waits for something to do, and does it. */
static void run_step(struct run *r, int ms)
{
	struct machine *m = &r->g.m;
	bool sending = m->fd[CH_STDIN] >= 0 && r->input.len;
	bool reading = m->fd[CH_STDIN] >= 0 && r->input_open && !r->input.len;
	struct pollfd extra[] = {
		{ .fd = reading ? STDIN_FILENO : -1, .events = POLLIN },
		{ .fd = sending ? m->fd[CH_STDIN] : -1, .events = POLLOUT },
		{ .fd = m->in[CH_STDOUT].len ? STDOUT_FILENO : -1, .events = POLLOUT },
		{ .fd = m->in[CH_STDERR].len ? STDERR_FILENO : -1, .events = POLLOUT },
	};

	machine_poll(m, full_channels(m), extra, ARRAY_LEN(extra), ms);
	if (extra[0].revents) {
		read_input(r);
		send_input(r);
	}
	if (extra[1].revents && m->fd[CH_STDIN] >= 0)
		send_input(r);
	if (extra[2].revents && !pass_on(m, CH_STDOUT, STDOUT_FILENO))
		r->output_gone = true;
	if (extra[3].revents && !pass_on(m, CH_STDERR, STDERR_FILENO))
		buf_drop(&m->in[CH_STDERR], m->in[CH_STDERR].len);
	guest_control(&r->g);
	show_console(r);
}

/* After the guest's end: what is still in the sockets. */
static void run_drain(struct run *r)
{
	struct machine *m = &r->g.m;
	size_t before;

	do {
		before = m->in[CH_STDOUT].len + m->in[CH_STDERR].len + m->in[CH_CONSOLE].len +
			 m->in[CH_CONTROL].len;
		machines_poll(&m, 1, 0, 0);
	} while (m->in[CH_STDOUT].len + m->in[CH_STDERR].len + m->in[CH_CONSOLE].len +
			 m->in[CH_CONTROL].len != before);
	guest_control(&r->g);
	show_console(r);
	while ((m->in[CH_STDOUT].len || m->in[CH_STDERR].len) && !r->output_gone &&
	       !stop_requested()) {
		if (m->in[CH_STDERR].len && !pass_on(m, CH_STDERR, STDERR_FILENO))
			buf_drop(&m->in[CH_STDERR], m->in[CH_STDERR].len);
		if (m->in[CH_STDOUT].len && !pass_on(m, CH_STDOUT, STDOUT_FILENO))
			r->output_gone = true;
	}
}

static int run_loop(struct run *r)
{
	int64_t start_limit = now_ns() + (int64_t)RUN_START_S * NS_PER_S;

	while (!r->g.m.end && !r->output_gone && !stop_requested()) {
		int64_t now = now_ns(), limit = r->g.started ? r->deadline : start_limit;

		if (r->deadline && r->deadline < limit)
			limit = r->deadline;
		if (limit && now >= limit) {
			run_drain(r);
			warn("%s", r->g.started ? "timeout: the program still runs" :
						  "timeout: the machine has not come up");
			return EXIT_TIMEOUT;
		}
		run_step(r, limit ? (int)((limit - now) / NS_PER_MS + 1) : -1);
	}
	return EXIT_OK;
}

static int run_verdict(struct run *r)
{
	if (r->output_gone)
		return EXIT_SIGNALED + 13; /* SIGPIPE, as it would have ended here */
	if (r->g.ended)
		return r->g.status;
	switch (r->g.m.end) {
	case END_POWEROFF:
		return EXIT_OK;
	case END_QEMU:
		warn("QEMU: %s", machine_errors(&r->g.m));
		return EXIT_KERNEL;
	default:
		if (!r->verbose)
			guest_panic(&r->g);
		warn("the kernel died");
		return EXIT_KERNEL;
	}
}

static int run_guest(struct guest_command *c, struct machine_opts *o, bool verbose)
{
	struct run r = { .verbose = verbose, .input_open = true };
	struct machine_setup setup = {
		.opts = o, .kernel = tree_path("build/%s/Image", o->profile),
		.initrd_fd = guest_archive(c), .words = "",
	};
	int code;

	if (access(setup.kernel, R_OK))
		die(EXIT_USAGE, "cannot read '%s': %s; run make PROFILE=%s", setup.kernel,
		    strerror(errno), o->profile);
	if (o->timeout)
		r.deadline = now_ns() + (int64_t)o->timeout * NS_PER_S;
	machine_start(&r.g.m, &setup);
	code = run_loop(&r);
	if (!code && !stop_requested()) {
		run_drain(&r);
		code = run_verdict(&r);
	}
	machine_stop(&r.g.m);
	if (stop_requested())
		stop_finish();
	return code;
}

static void default_env(struct strv *env, const struct strv *given)
{
	const char *term = getenv("TERM");

	strv_push(env, "PATH=/bin:/sbin:/usr/bin:/usr/sbin:/usr/local/bin");
	strv_push(env, "HOME=/root");
	strv_push(env, "USER=root");
	strv_push(env, "LOGNAME=root");
	strv_pushf(env, "TERM=%s", term && *term ? term : "dumb");
	for (size_t i = 0; i < given->n; i++)
		strv_push(env, given->v[i]);
}

int cmd_run(int argc, char **argv)
{
	static const char usage[] =
		"run [OPTION...] [--] PROGRAM [ARGUMENT...]\n\n"
		"Boots a machine, runs PROGRAM on it as a child of init with this standard input,\n"
		"output and error, and ends with its exit status.\n\n"
		"A PROGRAM with a slash in it is looked for in the machine's root and then here: a\n"
		"file of the host is laid at the same place, a relative one below /host, where it\n"
		"then starts; otherwise it starts in /.  A plain name is looked up in the machine's\n"
		"PATH, which has BusyBox.\n\n"
		"exit status: the program's; 128+N when signal N ended it; 126 and 127 when it cannot\n"
		"be executed or found; 125 when the kernel died; 124 after --timeout; 2 for a mistake\n"
		"in these words.";
	struct guest_command c = { .cwd = "/" };
	struct machine_opts m;
	struct strv env = { 0 };
	bool verbose = false;
	int i;
	const struct opt own[] = {
		{ "root", "DIR", OPT_STRING, &c.root, 0, 0, NULL, "lay what is in DIR over the root" },
		{ "initrd", "FILE", OPT_STRING, &c.initrd, 0, 0, NULL,
		  "the base archive (default build/initramfs.cpio)" },
		{ "env", "NAME=VALUE", OPT_LIST, &env, 0, 0, NULL, "set a variable; may be repeated" },
		{ "v", NULL, OPT_FLAG, &verbose, 0, 0, NULL,
		  "show the kernel's lines on standard error" },
		{ 0 },
	};

	machine_opts_default(&m);
	i = opts_parse(argc, argv, usage, own, &m, true);
	if (!c.initrd)
		c.initrd = machine_initrd(&m);
	if (i == argc)
		die(EXIT_USAGE, "run: name a program, such as: xtask run -- ./a.out");
	for (size_t k = 0; k < env.n; k++)
		if (!strchr(env.v[k], '=') || env.v[k][0] == '=')
			die(EXIT_USAGE, "--env: '%s' is not NAME=VALUE", env.v[k]);
	default_env(&c.env, &env);
	c.argv = argv + i;
	return run_guest(&c, &m, verbose);
}
