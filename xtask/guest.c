/*
 * A program on the machine: what is laid over its root for it, and what init says of its end.
 *
 * A program that names a file with a slash is looked for in what the machine will have (--root, then
 * the base archive) and then on the host; from there it is laid at the same place, a relative one below
 * /host, which then is the working directory.  A plain name is looked up in the machine's PATH.
 */
#include "guest.h"

#include "cpio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define GUEST_HOST    "/host"
#define GUEST_COMMAND "/run/cairn/command"

static bool root_holds(const char *root, const char *path)
{
	char *full;
	struct stat st;
	bool held;

	if (!root)
		return false;
	full = xasprintf("%s/%s", root, path);
	held = !lstat(full, &st);
	free(full);
	return held;
}

/* Lays the program into the archive where it is a file of the host's. */
static void add_program(struct cpio *c, struct guest_command *g, const struct buf *base)
{
	char *guest_path = path_normalise(g->cwd, g->argv[0]);
	struct stat st;
	mode_t mode;
	int err;

	if (!strchr(g->argv[0], '/') || root_holds(g->root, guest_path) ||
	    cpio_find(base->data, base->len, guest_path, &mode))
		goto out;
	if (g->argv[0][0] != '/') {
		g->cwd = GUEST_HOST;
		free(guest_path);
		guest_path = path_normalise(g->cwd, g->argv[0]);
	}
	if (stat(g->argv[0], &st)) /* init will say so, with a shell's exit code */
		goto out;
	if (S_ISDIR(st.st_mode)) {
		cpio_dir(c, guest_path, st.st_mode & 07777);
	} else {
		struct buf data = { 0 };

		err = read_file(g->argv[0], &data) ? 0 : errno;
		if (err)
			die(EXIT_USAGE, "cannot read '%s': %s", g->argv[0], strerror(err));
		cpio_file(c, guest_path, st.st_mode & 07777, data.data, data.len);
		buf_free(&data);
	}
out:
	free(guest_path);
}

static void add_command(struct cpio *c, const struct guest_command *g)
{
	struct buf text = { 0 };
	int argc = 0;

	while (g->argv[argc])
		argc++;
	buf_add(&text, g->cwd, strlen(g->cwd) + 1);
	buf_printf(&text, "%d", argc);
	buf_add(&text, "", 1);
	for (int i = 0; i < argc; i++)
		buf_add(&text, g->argv[i], strlen(g->argv[i]) + 1);
	for (size_t i = 0; i < g->env.n; i++)
		buf_add(&text, g->env.v[i], strlen(g->env.v[i]) + 1);
	cpio_file(c, GUEST_COMMAND, 0600, text.data, text.len);
	buf_free(&text);
}

int guest_archive(struct guest_command *g)
{
	struct buf base = { 0 };
	struct cpio c = { 0 };
	struct stat st;
	int fd, err;
	size_t at;

	if (!read_file(g->initrd, &base))
		die(EXIT_USAGE, "cannot read '%s': %s; run make", g->initrd, strerror(errno));
	if (!cpio_check(base.data, base.len, &at))
		die(EXIT_USAGE, "'%s' is no whole newc archive: it breaks off at byte %zu", g->initrd,
		    at);
	if (g->root && (stat(g->root, &st) || !S_ISDIR(st.st_mode)))
		die(EXIT_USAGE, "--root: '%s' is no folder", g->root);
	err = g->root ? cpio_tree(&c, "", g->root) : 0;
	if (err)
		die(EXIT_USAGE, "--root: cannot read all of '%s': %s", g->root, strerror(-err));
	if (g->argv) {
		add_program(&c, g, &base);
		add_command(&c, g);
	}
	cpio_end(&c);

	fd = memfd_create("cairn-initrd", MFD_CLOEXEC);
	buf_add(&base, "\0\0\0", -base.len & 3); /* each archive begins at a multiple of 4 */
	if (fd < 0 || !write_all(fd, base.data, base.len) || !write_all(fd, c.out.data, c.out.len))
		die(EXIT_KERNEL, "cannot hold the archive: %s", strerror(errno));
	buf_free(&base);
	buf_free(&c.out);
	return fd;
}

static void control_record(struct guest *g, const char *line)
{
	int n;

	if (!strcmp(line, "start"))
		g->started = true;
	if (sscanf(line, "exit %d", &n) == 1)
		g->status = n & 0xff;
	else if (sscanf(line, "signal %d", &n) == 1)
		g->status = EXIT_SIGNALED + n;
	else
		return;
	g->ended = true;
}

void guest_control(struct guest *g)
{
	struct buf *in = &g->m.in[CH_CONTROL];
	char *end;

	while (in->len && (end = memchr(in->data, '\n', in->len))) {
		*end = '\0';
		control_record(g, in->data);
		buf_drop(in, end + 1 - in->data);
	}
}

/* Where the kernel's report of its death begins, or the last part of the console. */
static const char *panic_begin(const struct buf *console)
{
	enum { TAIL = 4000 };
	const char *found = NULL, *p = console->data;
	static const char *const words[] = { "Cannot boot", "panic", "Oops", "oops" };

	for (size_t i = 0; i < ARRAY_LEN(words) && !found; i++)
		found = strstr(console->data, words[i]);
	if (!found && console->len > TAIL)
		found = console->data + console->len - TAIL;
	if (!found)
		return p;
	while (found > p && found[-1] != '\n')
		found--;
	return found;
}

void guest_panic(const struct guest *g)
{
	const struct buf *console = &g->m.in[CH_CONSOLE];

	if (console->len)
		fputs(panic_begin(console), stderr);
}
