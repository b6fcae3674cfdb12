/*
 * A machine: one QEMU process with the console, the virtio-serial ports and QMP on sockets.
 *
 * QEMU gets one end of a socket pair for each, so that nothing of ours lies in the file system and no
 * other process can come between.  It dies with us whatever happens (PR_SET_PDEATHSIG), keeps its own
 * process group (a Ctrl-C is ours to handle), and stays, paused, when the guest ends, so that memory can
 * be read after a panic.
 */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_CHUNK = 1 << 16, QEMU_GRACE_MS = 2000 };

static const char *const channel_name[CH_COUNT] = {
	"console", "control", "stdin", "stdout", "stderr", "qmp", "errors",
};

char *machine_initrd(const struct machine_opts *o)
{
	bool oracle = !strcmp(o->profile, "oracle"); /* Debian's own kernel: make oracle */

	return tree_path(oracle ? "build/oracle/initramfs.cpio" : "build/initramfs.cpio");
}

/* ---- the command line ---- */

static void add_channel(struct strv *argv, enum channel c, bool by_hand, const int *fds)
{
	const char *id = channel_name[c];

	strv_push(argv, "-chardev");
	if (!by_hand)
		strv_pushf(argv, "socket,id=%s,fd=%d", id, fds[c]);
	else if (c == CH_CONSOLE)
		strv_pushf(argv, "stdio,id=%s", id);
	else
		strv_pushf(argv, "null,id=%s", id);
}

static void add_ports(struct strv *argv, bool by_hand, const int *fds)
{
	strv_push(argv, "-global");
	strv_push(argv, "virtio-mmio.force-legacy=false");
	strv_push(argv, "-device");
	strv_push(argv, "virtio-serial-device");
	for (enum channel c = CH_CONTROL; c <= CH_STDERR; c++) {
		add_channel(argv, c, by_hand, fds);
		strv_push(argv, "-device");
		strv_pushf(argv, "virtserialport,chardev=%s,name=cairn.%s", channel_name[c],
			   channel_name[c]);
	}
}

static void add_kernel(struct strv *argv, const struct machine_setup *s)
{
	const struct machine_opts *o = s->opts;

	strv_push(argv, "-kernel");
	strv_push(argv, s->kernel);
	if (s->initrd_fd >= 0) {
		strv_push(argv, "-initrd");
		strv_pushf(argv, "/proc/self/fd/%d", s->initrd_fd);
	} else if (s->initrd) {
		strv_push(argv, "-initrd");
		strv_push(argv, s->initrd);
	}
	strv_push(argv, "-append");
	strv_pushf(argv, "%s%s%s%s%s", o->icount ? "icount" : "", o->icount && *s->words ? " " : "",
		   s->words, *o->append && (o->icount || *s->words) ? " " : "", o->append);
}

static void build_command(const struct machine_setup *s, bool by_hand, const int *fds,
			  struct strv *argv)
{
	const struct machine_opts *o = s->opts;

	strv_push(argv, "qemu-system-aarch64");
	strv_push(argv, "-nodefaults");
	strv_push(argv, "-no-user-config");
	strv_push(argv, "-display");
	strv_push(argv, "none");
	strv_push(argv, "-M");
	strv_pushf(argv, "virt,gic-version=%s%s%s", o->gic, o->el2 ? ",virtualization=on" : "",
		   o->icount ? ",dtb-randomness=off" : "");
	strv_push(argv, "-cpu");
	strv_push(argv, o->cpu);
	strv_push(argv, "-smp");
	strv_pushf(argv, "%llu", (unsigned long long)o->smp);
	strv_push(argv, "-m");
	strv_pushf(argv, "%lluK", (unsigned long long)o->mem >> 10);
	strv_push(argv, "-accel");
	strv_pushf(argv, "tcg,thread=%s", o->icount ? "single" : "multi");
	if (o->icount) {
		strv_push(argv, "-icount");
		strv_push(argv, "shift=0,sleep=off");
		strv_push(argv, "-rtc");
		strv_push(argv, "base=2026-01-01,clock=vm");
	}
	add_channel(argv, CH_CONSOLE, by_hand, fds);
	strv_push(argv, "-serial");
	strv_push(argv, "chardev:console");
	add_ports(argv, by_hand, fds);
	strv_push(argv, "-action");
	strv_push(argv, by_hand ? "reboot=shutdown" : "reboot=shutdown,shutdown=pause");
	if (!by_hand) {
		add_channel(argv, CH_QMP, false, fds);
		strv_push(argv, "-mon");
		strv_push(argv, "chardev=qmp,mode=control");
		strv_push(argv, "-S");
	}
	add_kernel(argv, s);
}

void machine_command(const struct machine_setup *s, bool by_hand, struct strv *argv)
{
	static const int none[CH_COUNT];

	build_command(s, by_hand, none, argv);
}

static void quote_for_shell(struct buf *out, const char *word)
{
	if (*word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789-_=,./:+@%")]) {
		buf_printf(out, "%s", word);
		return;
	}
	buf_printf(out, "'");
	for (; *word; word++)
		buf_printf(out, *word == '\'' ? "'\\''" : "%c", *word);
	buf_printf(out, "'");
}

char *machine_command_text(const struct machine_setup *s)
{
	struct strv argv = { 0 };
	struct buf text = { 0 };

	machine_command(s, true, &argv);
	for (size_t i = 0; i < argv.n; i++) {
		if (i)
			buf_printf(&text, argv.v[i][0] == '-' ? " \\\n  " : " ");
		quote_for_shell(&text, argv.v[i]);
	}
	strv_free(&argv);
	return text.data;
}

/* ---- stopping ---- */

static volatile sig_atomic_t stop_signal;

static void on_stop_signal(int sig)
{
	stop_signal = sig;
}

bool stop_requested(void)
{
	return stop_signal != 0;
}

void stop_finish(void)
{
	int sig = stop_signal;

	fflush(NULL);
	signal(sig, SIG_DFL);
	raise(sig);
	_exit(EXIT_SIGNALED + sig);
}

static void catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = on_stop_signal }; /* poll() returns early */

	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaction(signals[i], &sa, NULL);
}

/* ---- starting ---- */

static void __attribute__((noreturn)) exec_qemu(const struct strv *argv, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_RED);
	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	execvp(argv->v[0], argv->v);
	dprintf(STDERR_FILENO, "cannot start %s: %s\n", argv->v[0], strerror(errno));
	_exit(EXIT_RED);
}

static void keep_on_exec(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, 0);
}

static void child_descriptors(const struct machine *m, const struct machine_setup *s,
			      const int far[CH_COUNT])
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(far[CH_ERRORS], STDERR_FILENO);
	for (enum channel c = CH_CONSOLE; c <= CH_QMP; c++)
		keep_on_exec(far[c]);
	keep_on_exec(s->initrd_fd);
	keep_on_exec(m->memory_fd);
}

static void make_channels(struct machine *m, int far[CH_COUNT])
{
	int pair[2];

	for (enum channel c = 0; c < CH_COUNT; c++) {
		bool failed = c == CH_ERRORS ? pipe2(pair, O_CLOEXEC) :
					       socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);

		if (failed)
			die(EXIT_KERNEL, "cannot make a socket: %s", strerror(errno));
		m->fd[c] = pair[0];
		far[c] = pair[1];
		fcntl(m->fd[c], F_SETFL, O_NONBLOCK);
	}
}

bool machine_start(struct machine *m, const struct machine_setup *s)
{
	struct strv argv = { 0 };
	int far[CH_COUNT];
	pid_t parent = getpid();
	json_t *answer;

	*m = (struct machine){ .started_ns = now_ns() };
	catch_signals();
	make_channels(m, far);
	m->memory_fd = memfd_create("cairn-memory", MFD_CLOEXEC);
	build_command(s, false, far, &argv);
	fflush(NULL);
	m->pid = fork();
	if (m->pid == 0) {
		child_descriptors(m, s, far);
		exec_qemu(&argv, parent);
	}
	if (m->pid < 0)
		die(EXIT_KERNEL, "cannot fork: %s", strerror(errno));
	for (enum channel c = 0; c < CH_COUNT; c++)
		close(far[c]);
	strv_free(&argv);

	json_decref(machine_qmp(m, "qmp_capabilities", NULL));
	answer = machine_qmp(m, "cont", NULL);
	json_decref(answer);
	return answer != NULL;
}

/* ---- reading ---- */

void machine_close(struct machine *m, enum channel c)
{
	if (m->fd[c] >= 0)
		close(m->fd[c]);
	m->fd[c] = -1;
}

static void qmp_event(struct machine *m, const json_t *msg)
{
	const char *event = json_string_value(json_object_get(msg, "event"));
	const char *reason = json_string_value(
		json_object_get(json_object_get(msg, "data"), "reason"));

	if (!event || strcmp(event, "SHUTDOWN") || m->end || !reason)
		return;
	m->end = !strcmp(reason, "guest-shutdown") ? END_POWEROFF :
		 !strcmp(reason, "guest-reset")    ? END_RESET :
						     END_QEMU;
}

static void qmp_message(struct machine *m, const char *line, size_t len)
{
	json_t *msg = json_loadb(line, len, 0, NULL);
	json_t *answer = json_object_get(msg, "return");

	if (json_object_get(msg, "event")) {
		qmp_event(m, msg);
	} else if (answer || json_object_get(msg, "error")) {
		json_decref(m->qmp_answer);
		m->qmp_answer = answer ? json_incref(answer) : NULL;
		m->qmp_pending = 0;
	}
	json_decref(msg);
}

static void qmp_messages(struct machine *m)
{
	struct buf *in = &m->in[CH_QMP];
	char *end;

	while (in->len && (end = memchr(in->data, '\n', in->len))) {
		qmp_message(m, in->data, end - in->data);
		buf_drop(in, end + 1 - in->data);
	}
}

static void channel_read(struct machine *m, enum channel c)
{
	static char chunk[READ_CHUNK];
	ssize_t n = read(m->fd[c], chunk, sizeof(chunk));

	if (n > 0) {
		buf_add(&m->in[c], chunk, n);
		if (c == CH_QMP)
			qmp_messages(m);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		machine_close(m, c);
		if (c == CH_QMP && !m->end)
			m->end = END_QEMU;
	}
}

static int poll_add(const struct machine *m, unsigned int skip, struct pollfd *p)
{
	for (enum channel c = 0; c < CH_COUNT; c++)
		p[c] = (struct pollfd){ .fd = skip & (1u << c) ? -1 : m->fd[c], .events = POLLIN };
	return CH_COUNT;
}

static void poll_take(struct machine *m, const struct pollfd *p)
{
	for (enum channel c = 0; c < CH_COUNT; c++)
		if (p[c].revents && m->fd[c] >= 0)
			channel_read(m, c);
}

enum { POLL_MACHINES = 4, POLL_EXTRA = 4 };

void machines_poll(struct machine *const *m, int n, unsigned int skip, int ms)
{
	struct pollfd p[POLL_MACHINES * CH_COUNT];
	int count = 0;

	for (int i = 0; i < n; i++)
		count += poll_add(m[i], skip, p + count);
	if (poll(p, count, ms) <= 0)
		return;
	for (int i = 0; i < n; i++)
		poll_take(m[i], p + i * CH_COUNT);
}

void machine_poll(struct machine *m, unsigned int skip, struct pollfd *extra, int extras, int ms)
{
	struct pollfd p[CH_COUNT + POLL_EXTRA];
	int count = poll_add(m, skip, p), ready;

	memcpy(p + count, extra, extras * sizeof(*extra));
	ready = poll(p, count + extras, ms);
	for (int i = 0; i < extras; i++)
		extra[i].revents = ready > 0 ? p[count + i].revents : 0;
	if (ready > 0)
		poll_take(m, p);
}

/* ---- QMP ---- */

json_t *machine_qmp(struct machine *m, const char *command, json_t *args)
{
	json_t *msg = json_pack("{s:s}", "execute", command), *answer;
	char *text;

	if (args)
		json_object_set_new(msg, "arguments", args);
	text = json_dumps(msg, JSON_COMPACT);
	json_decref(msg);
	m->qmp_pending = 1;
	m->qmp_answer = NULL;
	/* Small against the socket's buffer: this does not block. */
	if (m->fd[CH_QMP] < 0 || !write_all(m->fd[CH_QMP], text, strlen(text)))
		m->qmp_pending = 0;
	free(text);
	while (m->qmp_pending && m->fd[CH_QMP] >= 0)
		machines_poll(&m, 1, 0, 1000);
	answer = m->qmp_answer;
	m->qmp_answer = NULL;
	return answer;
}

bool machine_memory(struct machine *m, uint64_t addr, size_t len, void *out)
{
	char *path = xasprintf("/proc/self/fd/%d", m->memory_fd); /* QEMU's self */
	json_t *answer;
	bool ok;

	answer = machine_qmp(m, "pmemsave", json_pack("{s:I,s:I,s:s}", "val", (json_int_t)addr,
						      "size", (json_int_t)len, "filename", path));
	ok = answer && pread(m->memory_fd, out, len, 0) == (ssize_t)len;
	json_decref(answer);
	free(path);
	return ok;
}

void machine_pause(struct machine *m)
{
	json_decref(machine_qmp(m, "stop", NULL));
}

void machine_stop(struct machine *m)
{
	if (m->pid > 0) {
		kill(m->pid, SIGKILL);
		while (waitpid(m->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	for (enum channel c = 0; c < CH_COUNT; c++) {
		machine_close(m, c);
		buf_free(&m->in[c]);
	}
	if (m->memory_fd > 0)
		close(m->memory_fd);
	m->memory_fd = -1;
	m->pid = 0;
}

char *machine_errors(struct machine *m)
{
	const char *text;
	char *line;

	/* QEMU says why before it ends; its standard error closes with it. */
	while (m->fd[CH_ERRORS] >= 0 && m->end == END_QEMU && !stop_requested())
		machines_poll(&m, 1, 0, QEMU_GRACE_MS);
	text = m->in[CH_ERRORS].len ? m->in[CH_ERRORS].data : "QEMU ended without a word";
	if (starts_with(text, "qemu-system-aarch64: "))
		text += strlen("qemu-system-aarch64: ");
	line = xstrdup(text);
	line[strcspn(line, "\n")] = '\0';
	return line;
}
