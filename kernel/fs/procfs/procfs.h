/*
 * Inside kernel/fs/procfs/.  The key of a node below /proc/PID says whose it is: the process in its low
 * half, and in its high half the thread, or the descriptor plus one, or nothing.
 */
#pragma once

#include <kernel/proc.h>
#include <kernel/pseudo.h>

struct fd_table;
struct fs_context;
struct mm;

enum { PROCFS_KEY_SHIFT = 32, PROCFS_PATH_MAX = 1024 };

static inline u64 procfs_key(pid_t pid, u32 detail)
{
	return (u64)detail << PROCFS_KEY_SHIFT | (u32)pid;
}

static inline pid_t procfs_pid(u64 key)
{
	return (pid_t)(u32)key;
}

static inline u32 procfs_detail(u64 key)
{
	return (u32)(key >> PROCFS_KEY_SHIFT);
}

/* A name that is a number without leading zeros.  0 or -ENOENT. */
int procfs_parse_number(const char *name, size_t len, u32 *value);

/* ---- procfs_task.c: taking hold of another process ---------------------------------------------- */

/* The process, with a reference: 0 or -ESRCH. */
int procfs_get(u64 key, struct proc **out);
/* The thread that the key names, else the process's first; with a reference.  0 or -ESRCH. */
int procfs_get_task(u64 key, struct task **out);
/* What it uses, with a reference.  0, -ESRCH (gone) or -ENOENT (a zombie, a kernel thread). */
int procfs_get_mm(u64 key, struct mm **out);
int procfs_get_fds(u64 key, struct fd_table **out);
int procfs_get_fs(u64 key, struct fs_context **out);
/* 0 when current may look into the process, else -EACCES; -ESRCH. */
int procfs_may_inspect(u64 key);

/* A path as current sees it, in a buffer of PROCFS_PATH_MAX bytes. */
const char *procfs_path_text(const struct path *p, char buf[PROCFS_PATH_MAX]);

/* ---- tables ------------------------------------------------------------------------------------- */

extern const struct pseudo_dynamic procfs_pids;    /* /proc/PID */
extern const struct pseudo_dynamic procfs_threads; /* /proc/PID/task/TID */
extern const struct pseudo_dynamic procfs_fds;     /* /proc/PID/fd/N */

/* procfs_stat.c */
int procfs_show_stat(struct pseudo_text *t, u64 key);
int procfs_show_status(struct pseudo_text *t, u64 key);
int procfs_show_statm(struct pseudo_text *t, u64 key);
int procfs_show_comm(struct pseudo_text *t, u64 key);
int procfs_show_limits(struct pseudo_text *t, u64 key);

/* procfs_mem.c */
int procfs_show_maps(struct pseudo_text *t, u64 key);
int procfs_show_cmdline(struct pseudo_text *t, u64 key);
int procfs_show_environ(struct pseudo_text *t, u64 key);
int procfs_show_auxv(struct pseudo_text *t, u64 key);
extern const struct file_ops procfs_mem_ops;

/* procfs_link.c */
int procfs_follow_exe(u64 key, struct path *out);
int procfs_follow_cwd(u64 key, struct path *out);
int procfs_follow_root(u64 key, struct path *out);
int procfs_read_exe(u64 key, char *buf, size_t n);
int procfs_read_cwd(u64 key, char *buf, size_t n);
int procfs_read_root(u64 key, char *buf, size_t n);

/* procfs_mounts.c */
int procfs_show_mounts(struct pseudo_text *t, u64 key);
int procfs_show_mountinfo(struct pseudo_text *t, u64 key);
int procfs_show_filesystems(struct pseudo_text *t, u64 key);

/* procfs_system.c */
int procfs_show_meminfo(struct pseudo_text *t, u64 key);
int procfs_show_cpuinfo(struct pseudo_text *t, u64 key);
int procfs_show_system_stat(struct pseudo_text *t, u64 key);
int procfs_show_uptime(struct pseudo_text *t, u64 key);
int procfs_show_loadavg(struct pseudo_text *t, u64 key);
int procfs_show_version(struct pseudo_text *t, u64 key);
int procfs_show_boot_cmdline(struct pseudo_text *t, u64 key);
