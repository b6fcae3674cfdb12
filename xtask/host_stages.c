/* The stages that the host judges: each has a boot of its own. */
#include "host_stages.h"

#include "guest.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HOST_STAGE_S = 60 };

struct host_boot {
	const struct image        *img;
	const struct machine_opts *opts;
	const char                *initrd;
};

/* Boots, runs the shell script as the program, waits for the end.  False: it took too long. */
static bool boot_script(const struct host_boot *b, char *script, struct guest *g)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, script, NULL };
	struct guest_command c = { .initrd = b->initrd, .cwd = "/", .argv = argv };
	struct machine_setup setup = { .opts = b->opts, .kernel = b->img->path, .words = "" };
	int64_t limit = now_ns() + (int64_t)HOST_STAGE_S * NS_PER_S;
	struct machine *m = &g->m;

	strv_push(&c.env, "PATH=/bin:/sbin:/usr/bin:/usr/sbin");
	setup.initrd_fd = guest_archive(&c);
	strv_free(&c.env);
	machine_start(m, &setup);
	close(setup.initrd_fd);
	while (!m->end && now_ns() < limit && !stop_requested()) {
		machines_poll(&m, 1, 0, 100);
		guest_control(g);
	}
	machines_poll(&m, 1, 0, 0);
	guest_control(g);
	return m->end != END_NONE;
}

/* struct reboot_record of <kernel/reboot.h>. */
struct image_reboot_record {
	uint32_t settled;
	uint32_t mounts;
	uint64_t cpus;
};

/* What the kernel left behind, read in the memory of a machine that is off.  NULL when all is well. */
static const char *check_left(const struct host_boot *b, struct machine *m)
{
	struct image_reboot_record left;
	uint64_t addr;

	if (!image_symbol(b->img, "reboot_record", &addr, NULL) ||
	    !machine_memory(m, b->img->load + (addr - b->img->start), sizeof(left), &left))
		return "the kernel's reboot_record cannot be read";
	if (!left.settled)
		return "expected reboot_record.settled (the machine went off in the middle)";
	if (left.mounts > 1)
		return "expected every file system but the root to be unmounted";
	if (left.cpus & (left.cpus - 1))
		return "expected every other CPU to be stopped";
	return NULL;
}

/* NULL when it passed, else why not. */
static const char *check_shutdown(const struct host_boot *b)
{
	struct guest g = { 0 };
	const char *why = NULL;

	if (!boot_script(b, (char[]){ "echo kept > /tmp/file; exit 7" }, &g))
		why = "expected the machine to power off, it still runs";
	else if (!g.ended || g.status != 7)
		why = "expected init to report exit status 7 before it powers off";
	else if (g.m.end == END_RESET)
		why = "expected QEMU to report guest-shutdown (it reported guest-reset)";
	else if (g.m.end != END_POWEROFF)
		why = "expected QEMU to report guest-shutdown";
	else
		why = check_left(b, &g.m);
	machine_stop(&g.m);
	return why;
}

static const struct host_stage {
	const char  *id;
	const char *(*check)(const struct host_boot *b);
} host_stages[] = {
	{ "end.shutdown", check_shutdown },
};

void host_stage_run(const struct image *img, const struct stage *s, const struct machine_opts *o,
		    const char *initrd, struct verdict *v)
{
	struct host_boot b = { img, o, initrd };
	int64_t start = now_ns();

	*v = (struct verdict){ .status = STAGE_FAILED, .why = "xtask has no check for it" };
	for (size_t i = 0; i < ARRAY_LEN(host_stages); i++) {
		if (strcmp(host_stages[i].id, s->id))
			continue;
		v->why = host_stages[i].check(&b);
		v->status = v->why ? STAGE_FAILED : STAGE_PASSED;
		v->us = (now_ns() - start) / 1000;
	}
}
