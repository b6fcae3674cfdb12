/*
 * /proc: the tables of what there is, and its registration.  The texts are made in the files beside this
 * one.  Only what programs are known to read is here; further files are one row and one function.
 */
#include "procfs.h"

#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/printf.h>
#include <kernel/procfs.h>
#include <kernel/string.h>
#include <kernel/uts.h>

enum { PROC_MAGIC = 0x9fa0 };

#define PROC_TEXT(file, function) { .name = file, .mode = S_IFREG | 0444, .show = function }
#define PROC_SECRET(file, function) { .name = file, .mode = S_IFREG | 0400, .show = function }
#define PROC_DIR(dir, table) { .name = dir, .mode = S_IFDIR | 0555, .children = table }

/* ---- /proc/PID ---------------------------------------------------------------------------------- */

static int procfs_owner(u64 key, uid_t *uid, gid_t *gid)
{
	struct proc *p;
	struct cred *c;
	int err;

	err = procfs_get(key, &p);
	if (err)
		return -ENOENT;
	c = cred_get(p);
	*uid = c->euid;
	*gid = c->egid;
	cred_put(c);
	proc_put(p);
	return 0;
}

static const struct pseudo_node procfs_thread_files[] = {
	PROC_TEXT("comm", procfs_show_comm),
	PROC_TEXT("stat", procfs_show_stat),
	PROC_TEXT("status", procfs_show_status),
	{ NULL },
};

static const struct pseudo_node procfs_pid_files[] = {
	PROC_SECRET("auxv", procfs_show_auxv),
	PROC_TEXT("cmdline", procfs_show_cmdline),
	PROC_TEXT("comm", procfs_show_comm),
	{ .name = "cwd", .mode = S_IFLNK | 0777, .follow = procfs_follow_cwd,
	  .readlink = procfs_read_cwd },
	PROC_SECRET("environ", procfs_show_environ),
	{ .name = "exe", .mode = S_IFLNK | 0777, .follow = procfs_follow_exe,
	  .readlink = procfs_read_exe },
	{ .name = "fd", .mode = S_IFDIR | 0500, .dynamic = &procfs_fds, .owner = procfs_owner },
	PROC_TEXT("limits", procfs_show_limits),
	PROC_TEXT("maps", procfs_show_maps),
	{ .name = "mem", .mode = S_IFREG | 0600, .fops = &procfs_mem_ops, .owner = procfs_owner },
	PROC_TEXT("mountinfo", procfs_show_mountinfo),
	PROC_TEXT("mounts", procfs_show_mounts),
	{ .name = "root", .mode = S_IFLNK | 0777, .follow = procfs_follow_root,
	  .readlink = procfs_read_root },
	PROC_TEXT("stat", procfs_show_stat),
	PROC_TEXT("statm", procfs_show_statm),
	PROC_TEXT("status", procfs_show_status),
	{ .name = "task", .mode = S_IFDIR | 0555, .dynamic = &procfs_threads },
	{ NULL },
};

static const struct pseudo_node procfs_pid_dir = {
	.mode = S_IFDIR | 0555, .children = procfs_pid_files, .owner = procfs_owner,
};

static const struct pseudo_node procfs_thread_dir = {
	.mode = S_IFDIR | 0555, .children = procfs_thread_files, .owner = procfs_owner,
};

int procfs_parse_number(const char *name, size_t len, u32 *value)
{
	u32 n = 0;
	size_t i;

	/* Ten digits could overflow, and no number here has them. */
	if (len == 0 || len > 9 || (name[0] == '0' && len > 1))
		return -ENOENT;
	for (i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return -ENOENT;
		n = n * 10 + (u32)(name[i] - '0');
	}
	*value = n;
	return 0;
}

static int procfs_pids_lookup(u64 key, const char *name, size_t len, const struct pseudo_node **node,
			      u64 *child)
{
	struct proc *p;
	u32 pid;

	if (procfs_parse_number(name, len, &pid) || procfs_get(procfs_key((pid_t)pid, 0), &p))
		return -ENOENT;
	proc_put(p);
	*node = &procfs_pid_dir;
	*child = procfs_key((pid_t)pid, 0);
	return 0;
}

/* The lowest process number >= from, 0 for none. */
static pid_t procfs_pid_from(pid_t from)
{
	irqflags_t flags = spin_lock_irqsave(&tree_lock);
	pid_t best = 0;
	struct proc *p;

	list_for_each(p, &all_procs, all) {
		if (p->pid >= from && (best == 0 || p->pid < best))
			best = p->pid;
	}
	spin_unlock_irqrestore(&tree_lock, flags);
	return best;
}

static int procfs_pids_next(u64 key, u64 *pos, char name[NAME_MAX + 1],
			    const struct pseudo_node **node, u64 *child)
{
	/* The position is the number itself; 0 is nobody's. */
	pid_t pid = procfs_pid_from(*pos ? (pid_t)*pos : 1);

	if (!pid)
		return -ENOENT;
	*pos = (u64)pid;
	ksnprintf(name, NAME_MAX + 1, "%d", pid);
	*node = &procfs_pid_dir;
	*child = procfs_key(pid, 0);
	return 0;
}

const struct pseudo_dynamic procfs_pids = {
	.lookup = procfs_pids_lookup,
	.next = procfs_pids_next,
};

/* ---- /proc/PID/task ----------------------------------------------------------------------------- */

/* The lowest thread number of the process in [from, to], 0 for none. */
static pid_t procfs_tid_between(u64 key, pid_t from, pid_t to)
{
	struct proc *p;
	irqflags_t flags;
	pid_t best = 0;
	struct task *t;

	if (procfs_get(key, &p))
		return 0;
	flags = spin_lock_irqsave(&p->sig_lock);
	list_for_each(t, &p->threads, thread) {
		if (t->tid >= from && t->tid <= to && (best == 0 || t->tid < best))
			best = t->tid;
	}
	spin_unlock_irqrestore(&p->sig_lock, flags);
	proc_put(p);
	return best;
}

static int procfs_threads_lookup(u64 key, const char *name, size_t len,
				 const struct pseudo_node **node, u64 *child)
{
	u32 tid;

	if (procfs_parse_number(name, len, &tid) || !procfs_tid_between(key, (pid_t)tid, (pid_t)tid))
		return -ENOENT;
	*node = &procfs_thread_dir;
	*child = procfs_key(procfs_pid(key), tid);
	return 0;
}

static int procfs_threads_next(u64 key, u64 *pos, char name[NAME_MAX + 1],
			       const struct pseudo_node **node, u64 *child)
{
	pid_t tid = procfs_tid_between(key, *pos ? (pid_t)*pos : 1, INT32_MAX);

	if (!tid)
		return -ENOENT;
	*pos = (u64)tid;
	ksnprintf(name, NAME_MAX + 1, "%d", tid);
	*node = &procfs_thread_dir;
	*child = procfs_key(procfs_pid(key), (u32)tid);
	return 0;
}

const struct pseudo_dynamic procfs_threads = {
	.lookup = procfs_threads_lookup,
	.next = procfs_threads_next,
};

/* ---- /proc -------------------------------------------------------------------------------------- */

static int procfs_read_self(u64 key, char *buf, size_t n)
{
	return kscnprintf(buf, n, "%d", current->proc ? current->proc->pid : 0);
}

static int procfs_read_thread_self(u64 key, char *buf, size_t n)
{
	if (!current->proc)
		return -ENOENT;
	return kscnprintf(buf, n, "%d/task/%d", current->proc->pid, current->tid);
}

static int procfs_read_mounts(u64 key, char *buf, size_t n)
{
	return kscnprintf(buf, n, "self/mounts");
}

static int procfs_show_ostype(struct pseudo_text *t, u64 key)
{
	pseudo_printf(t, "%s\n", uts_name.sysname);
	return 0;
}

static int procfs_show_osrelease(struct pseudo_text *t, u64 key)
{
	pseudo_printf(t, "%s\n", uts_name.release);
	return 0;
}

static int procfs_show_hostname(struct pseudo_text *t, u64 key)
{
	pseudo_printf(t, "%s\n", uts_name.nodename);
	return 0;
}

static const struct pseudo_node procfs_sys_kernel[] = {
	PROC_TEXT("hostname", procfs_show_hostname),
	PROC_TEXT("osrelease", procfs_show_osrelease),
	PROC_TEXT("ostype", procfs_show_ostype),
	{ NULL },
};

static const struct pseudo_node procfs_sys[] = {
	PROC_DIR("kernel", procfs_sys_kernel),
	{ NULL },
};

static const struct pseudo_node procfs_root_files[] = {
	PROC_TEXT("cmdline", procfs_show_boot_cmdline),
	PROC_TEXT("cpuinfo", procfs_show_cpuinfo),
	PROC_TEXT("filesystems", procfs_show_filesystems),
	PROC_TEXT("loadavg", procfs_show_loadavg),
	PROC_TEXT("meminfo", procfs_show_meminfo),
	{ .name = "mounts", .mode = S_IFLNK | 0777, .readlink = procfs_read_mounts },
	{ .name = "self", .mode = S_IFLNK | 0777, .readlink = procfs_read_self },
	PROC_TEXT("stat", procfs_show_system_stat),
	PROC_DIR("sys", procfs_sys),
	{ .name = "thread-self", .mode = S_IFLNK | 0777, .readlink = procfs_read_thread_self },
	PROC_TEXT("uptime", procfs_show_uptime),
	PROC_TEXT("version", procfs_show_version),
	{ NULL },
};

static const struct pseudo_node procfs_root = {
	.mode = S_IFDIR | 0555, .children = procfs_root_files, .dynamic = &procfs_pids,
};

static int procfs_mount(const char *source, u32 flags, const char *options, struct super_block **out)
{
	return pseudo_super_new("proc", PROC_MAGIC, &procfs_root, out);
}

static struct fs_type procfs_type = { .name = "proc", .mount = procfs_mount, .nodev = true };

void procfs_init(void)
{
	PANIC_IF(fs_type_register(&procfs_type));
}
