/*
 * execve and execveat: a process goes on in another program.
 *
 *	open the file, collect argv and envp, follow #! lines
 *	build a new address space: segments, interpreter, vDSO, stack
 *	end the other threads		the last step that can fail
 *	commit: swap memory, drop what does not survive, set the registers
 *
 * A failure before the commit leaves the caller as it was.  Simplified: programs are ELF or scripts;
 * capabilities of files do not exist.
 */
#include <kernel/exec.h>

#include <arch/arch.h>
#include <kernel/fdtable.h>
#include <kernel/file.h>
#include <kernel/futex.h>
#include <kernel/mm.h>
#include <kernel/panic.h>
#include <kernel/path.h>
#include <kernel/printf.h>
#include <kernel/proc.h>
#include <kernel/proc_internal.h>
#include <kernel/proc_timer.h>
#include <kernel/signal.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>

/* Where a position-free program goes, as on Linux: two thirds up. */
#define PROGRAM_BASE ALIGN_DOWN(TASK_SIZE / 3 * 2, PAGE_SIZE)

enum { FD_PATH_MAX = 32 };

int exec_open(int dirfd, const char *path, int flags, struct file **out)
{
	enum lookup_flags lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path where;
	mode_t mode;
	int err;

	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	err = path_lookup_at(dirfd, path, lookup, &where);
	if (err)
		return err;
	mode = where.dentry->inode->mode;
	if (S_ISLNK(mode))
		err = -ELOOP;
	else if (!S_ISREG(mode) || (where.mnt->flags & MS_NOEXEC))
		err = -EACCES;
	else
		err = path_permission(&where, MAY_EXEC);
	if (!err)
		err = file_open_path(&where, O_RDONLY, out);
	path_put(&where);
	return err;
}

/* The first bytes of a file that is to be executed. */
static int exec_read_head(struct exec *x, struct file *f)
{
	loff_t pos = 0;
	ssize_t n = file_read_kernel(f, x->head, sizeof(x->head), &pos);

	if (n < 0)
		return (int)n;
	x->head_size = (size_t)n;
	return 0;
}

/* Opens and checks the ELF interpreter that the program asks for. */
static int exec_load_interp(struct exec *x)
{
	size_t size = x->program.elf.interp_size;
	loff_t pos = (loff_t)x->program.elf.interp_offset;
	char *path = kmalloc(size, 0);
	ssize_t n;
	int err;

	if (!path)
		return -ENOMEM;
	n = file_read_kernel(x->program.file, path, size, &pos);
	if (n != (ssize_t)size || path[size - 1])
		err = n < 0 ? (int)n : -ENOEXEC;
	else
		err = exec_open(AT_FDCWD, path, 0, &x->interp.file);
	kfree(path);
	if (!err)
		err = exec_read_head(x, x->interp.file);
	if (!err)
		err = elf_read(&x->interp, x->head, x->head_size);
	return err;
}

/* Follows #! lines to a program, and the program to its interpreter. */
static int exec_load(struct exec *x)
{
	const char *name = x->path;
	int depth, found = 1, err;

	for (depth = 0; found > 0; depth++) {
		if (depth > EXEC_SCRIPTS_MAX)
			return -ELOOP;
		err = exec_read_head(x, x->program.file);
		if (err)
			return err;
		found = exec_script(x, &name);
	}
	if (found < 0)
		return found;
	err = elf_read(&x->program, x->head, x->head_size);
	if (!err && x->program.elf.interp_size)
		err = exec_load_interp(x);
	if (err)
		return err;
	x->strings.path_at = x->strings.used;
	return exec_strings_add(&x->strings, x->path);
}

/* Set-user-id and set-group-id programs. */
static int exec_set_ids(struct exec *x)
{
	const struct inode *inode = x->program.file->inode;
	const struct cred *old = current_cred();
	bool setuid = inode->mode & S_ISUID, setgid = (inode->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);
	struct cred *c;

	if ((!setuid && !setgid) || current_proc()->no_new_privs ||
	    (x->program.file->path.mnt->flags & MS_NOSUID))
		return 0;
	c = kmalloc(sizeof(*c), 0);
	if (!c)
		return -ENOMEM;
	memcpy(c, old, sizeof(*c));
	refcount_init(&c->refs, 1);
	if (setuid)
		c->euid = c->suid = c->fsuid = inode->uid;
	if (setgid)
		c->egid = c->sgid = c->fsgid = inode->gid;
	x->cred = c;
	return 0;
}

/* The new address space, complete. */
static int exec_build(struct exec *x)
{
	struct file *f = x->program.file;
	int err;

	err = mm_create(&x->mm);
	if (err)
		return err;
	err = inode_exec_begin(f->inode);
	if (err)
		return err;
	file_get(f);
	x->mm->exe = f;
	err = exec_set_ids(x);
	if (!err)
		err = elf_map(x->mm, &x->program, PROGRAM_BASE);
	if (!err && x->interp.file)
		err = elf_map(x->mm, &x->interp, 0);
	if (!err)
		err = arch_vdso_map(x->mm);
	if (!err)
		err = exec_stack_build(x);
	x->mm->brk_start = x->mm->brk = ALIGN_UP(x->program.bias + x->program.elf.brk, PAGE_SIZE);
	return err;
}

/* Current takes the number of the process; the old leader has left. */
static void exec_become_leader(struct proc *p)
{
	struct task *t = current, *old = p->leader;
	irqflags_t flags;

	if (old == t)
		return;
	task_get(t);
	flags = spin_lock_irqsave(&tree_lock);
	pid_link_remove(&old->tid_link);
	pid_link_remove(&t->tid_link);
	t->tid = p->pid;
	pid_link_add(&t->tid_link, t->tid, PID_TASK);
	p->leader = t;
	spin_unlock_irqrestore(&tree_lock, flags);
	task_put(old);
}

int exec_lone_thread(void)
{
	struct proc *p = current_proc();
	irqflags_t flags = spin_lock_irqsave(&p->sig_lock);
	int err = 0;

	if (p->exiting || p->exec_task)
		err = -ERESTARTNOINTR;
	if (!err && p->thread_count > 1) {
		p->exec_task = current;
		proc_kill_threads(p);
	}
	spin_unlock_irqrestore(&p->sig_lock, flags);
	if (err || !p->exec_task)
		return err;

	err = wait_event_state(&p->thread_gone, READ_ONCE(p->thread_count) == 1, TASK_KILLABLE,
			       NSEC_NEVER);
	flags = spin_lock_irqsave(&p->sig_lock);
	p->exec_task = NULL;
	spin_unlock_irqrestore(&p->sig_lock, flags);
	if (!err)
		exec_become_leader(p);
	return err;
}

/* A descriptor table that other processes use, too, stays theirs. */
static int exec_own_files(void)
{
	if (!fd_table_is_shared(current->fds))
		return 0;
	return fd_table_unshare();
}

/* The thread's name is the last part of the path; the process remembers where its program is. */
static void exec_set_names(struct exec *x)
{
	struct proc *p = current_proc();
	const char *slash = strrchr(x->path, '/');
	char buf[sizeof(p->exe_path)];
	struct path root;
	char *text;

	strlcpy(current->name, slash ? slash + 1 : x->path, sizeof(current->name));
	root = (struct path){ .mnt = root_mount, .dentry = root_mount->root };
	if (path_to_string(&x->program.file->path, &root, buf, sizeof(buf), &text))
		text = (char *)"";
	strlcpy(p->exe_path, text, sizeof(p->exe_path));
}

static void exec_commit_ids(struct exec *x)
{
	struct proc *p = current_proc();
	irqflags_t flags = spin_lock_irqsave(&p->sig_lock);
	struct cred *old = p->cred;

	p->dumpable = !x->cred;
	if (x->cred)
		p->cred = x->cred;
	else
		old = NULL;
	x->cred = NULL;
	p->did_exec = true;
	spin_unlock_irqrestore(&p->sig_lock, flags);
	if (old)
		cred_put(old);
}

/* Past the point of no return. */
static void exec_commit(struct exec *x)
{
	struct exec_image *first = x->interp.file ? &x->interp : &x->program;
	struct mm *old = current->mm;
	irqflags_t flags;

	futex_exit(current);
	flags = spin_lock_irqsave(&current_proc()->sig_lock);
	sched_use_mm(x->mm);
	spin_unlock_irqrestore(&current_proc()->sig_lock, flags);
	x->mm = NULL;
	vfork_release(current_proc());
	if (old)
		mm_put(old);
	fd_table_close_on_exec(current->fds);
	signals_exec(current);
	proc_timers_exec(current_proc());
	exec_commit_ids(x);
	exec_set_names(x);
	arch_thread_exec(first->bias + first->elf.entry, x->sp);
}

void exec_free(struct exec *x)
{
	if (x->mm)
		mm_put(x->mm);
	if (x->cred)
		cred_put(x->cred);
	elf_release(&x->program);
	elf_release(&x->interp);
	exec_strings_free(&x->strings);
	kfree(x);
}

/* From the opened file and the collected strings to a complete address space. */
static int exec_prepare(struct exec *x)
{
	int err = 0;

	if (!x->strings.argc) {
		err = exec_strings_replace_first(&x->strings, 0, "", 1);
		x->strings.argc = 1;
	}
	if (!err)
		err = exec_load(x);
	return err ? err : exec_build(x);
}

static int exec_go(struct exec *x)
{
	int err = exec_prepare(x);

	if (!err)
		err = signals_exec_prepare();
	if (!err)
		err = exec_own_files();
	if (!err)
		err = exec_lone_thread();
	if (!err)
		exec_commit(x);
	return err;
}

/* Opens a program for the kernel itself and collects its strings. */
static int exec_begin_kernel(struct exec *x, const char *path, const char *const *argv,
			     const char *const *envp)
{
	int err;

	x->path = path;
	exec_strings_init(&x->strings);
	err = exec_open(AT_FDCWD, path, 0, &x->program.file);
	if (!err)
		err = exec_strings_add_kernel(&x->strings, argv, &x->strings.argc);
	x->strings.env_at = x->strings.used;
	if (!err)
		err = exec_strings_add_kernel(&x->strings, envp, &x->strings.envc);
	return err;
}

int exec_prepare_kernel(const char *path, const char *const *argv, const char *const *envp,
			struct exec **out)
{
	struct exec *x = kzalloc(sizeof(*x), 0);
	int err;

	if (!x)
		return -ENOMEM;
	err = exec_begin_kernel(x, path, argv, envp);
	if (!err)
		err = exec_prepare(x);
	if (err)
		exec_free(x);
	else
		*out = x;
	return err;
}

int exec_kernel(const char *path, const char *const *argv, const char *const *envp)
{
	struct exec *x = kzalloc(sizeof(*x), 0);
	int err;

	if (!x)
		return -ENOMEM;
	err = exec_begin_kernel(x, path, argv, envp);
	if (!err)
		err = exec_go(x);
	exec_free(x);
	return err;
}

/* What AT_EXECFN and a script's interpreter get for a file that was named by a descriptor. */
static const char *exec_fd_path(int dirfd, const char *path, char **owned)
{
	size_t size = FD_PATH_MAX + strlen(path);

	*owned = NULL;
	if (dirfd == AT_FDCWD || *path == '/')
		return path;
	*owned = kmalloc(size, 0);
	if (!*owned)
		return NULL;
	ksnprintf(*owned, size, *path ? "/dev/fd/%d/%s" : "/dev/fd/%d", dirfd, path);
	return *owned;
}

static long exec_user(struct exec *x, int dirfd, const char *name, int flags,
		      const char __user *const __user *argv, const char __user *const __user *envp)
{
	char *owned;
	int err;

	x->path = exec_fd_path(dirfd, name, &owned);
	if (!x->path)
		return -ENOMEM;
	/* Strings before the file, as Linux: of two errors it is theirs that is told. */
	exec_strings_init(&x->strings);
	err = exec_strings_add_user(&x->strings, argv, &x->strings.argc);
	x->strings.env_at = x->strings.used;
	if (!err)
		err = exec_strings_add_user(&x->strings, envp, &x->strings.envc);
	if (!err)
		err = exec_open(dirfd, name, flags, &x->program.file);
	if (!err)
		err = exec_go(x);
	kfree(owned);
	return err;
}

long sys_execveat(int dirfd, const char __user *path, const char __user *const __user *argv,
		  const char __user *const __user *envp, int flags)
{
	struct exec *x;
	char *name;
	long err;

	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	err = path_name_from_user(path, flags & AT_EMPTY_PATH, &name);
	if (err)
		return err;
	x = kzalloc(sizeof(*x), 0);
	err = -ENOMEM;
	if (x) {
		err = exec_user(x, dirfd, name, flags, argv, envp);
		exec_free(x);
	}
	path_name_free(name);
	return err;
}

long sys_execve(const char __user *path, const char __user *const __user *argv,
		const char __user *const __user *envp)
{
	return sys_execveat(AT_FDCWD, path, argv, envp, 0);
}
