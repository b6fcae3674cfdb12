/*
 * ppoll(2) and pselect6(2): waiting for many files at once.  Each round asks every file for its
 * readiness; the first round also hangs one waiter per announced queue, whose callback notes that
 * something happened before it wakes the task, so that a change between asking and sleeping is not lost.
 *
 * All waiters and file references live until the end of the call.  epoll keeps them for longer.
 */
#include <kernel/poll.h>

#include <kernel/bitmap.h>
#include <kernel/errno.h>
#include <kernel/fdtable.h>
#include <kernel/proc.h>
#include <kernel/signal.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <uapi/poll.h>
#include <uapi/time.h>

enum {
	POLL_INLINE = 8,           /* waiters on the stack: enough for most calls */
	POLL_CHUNK = 32,           /* further ones come in allocations of this many */
	POLL_ALWAYS = POLLERR | POLLHUP | POLLNVAL,
};

struct poller;

/* One queue that we hang on. */
struct poll_entry {
	struct waiter waiter;
	struct poller *poller;
	struct file *file;         /* a reference, so that the queue stays */
};

struct poll_chunk {
	struct poll_chunk *next;
	struct poll_entry entries[POLL_CHUNK];
};

/* One call of poll or select. */
struct poller {
	struct poll_table table;   /* what the files see */
	struct file *file;         /* being asked */
	bool triggered;            /* (a) a callback ran since we last looked */
	int error;                 /* -ENOMEM: a queue could not be recorded */
	u32 count;                 /* entries in use */
	struct poll_chunk *chunks; /* newest first */
	struct poll_entry inlined[POLL_INLINE];
};

static bool poll_wake(struct waiter *w)
{
	struct poll_entry *e = container_of(w, struct poll_entry, waiter);

	WRITE_ONCE(e->poller->triggered, true);
	return task_wake(w->task);
}

/* Room for one more entry, or NULL. */
static struct poll_entry *poller_entry(struct poller *p)
{
	struct poll_chunk *chunk;
	u32 n;

	if (p->count < POLL_INLINE)
		return &p->inlined[p->count++];
	n = (p->count - POLL_INLINE) % POLL_CHUNK;
	if (n == 0) {
		chunk = kmalloc(sizeof(*chunk), 0);
		if (!chunk)
			return NULL;
		chunk->next = p->chunks;
		p->chunks = chunk;
	}
	p->count++;
	return &p->chunks->entries[n];
}

/* poll_table.add: a file names a queue that announces its changes. */
static void poller_add(struct poll_table *pt, struct wait_queue *q)
{
	struct poller *p = container_of(pt, struct poller, table);
	struct poll_entry *e = poller_entry(p);

	if (!e) {
		p->error = -ENOMEM;
		return;
	}
	waiter_init(&e->waiter);
	e->waiter.wake = poll_wake;
	e->poller = p;
	e->file = p->file;
	file_get(e->file);
	wait_queue_add(q, &e->waiter);
}

static void poller_init(struct poller *p)
{
	p->table.add = poller_add;
	p->file = NULL;
	p->triggered = false;
	p->error = 0;
	p->count = 0;
	p->chunks = NULL;
}

static void poll_entry_end(struct poll_entry *e)
{
	wait_queue_remove(&e->waiter);
	file_put(e->file);
}

static void poller_end(struct poller *p)
{
	struct poll_chunk *chunk;
	u32 i, in_chunk;

	for (i = 0; i < MIN(p->count, (u32)POLL_INLINE); i++)
		poll_entry_end(&p->inlined[i]);
	in_chunk = p->count > POLL_INLINE ? (p->count - POLL_INLINE - 1) % POLL_CHUNK + 1 : 0;
	while ((chunk = p->chunks) != NULL) {
		for (i = 0; i < in_chunk; i++)
			poll_entry_end(&chunk->entries[i]);
		p->chunks = chunk->next;
		kfree(chunk);
		in_chunk = POLL_CHUNK;
	}
}

/* What the file is ready for now.  Registers with it only while pt still collects. */
static u32 poll_file(struct poller *p, struct file *f, bool collect)
{
	if (!f->ops->poll)
		return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
	p->file = f;
	return f->ops->poll(f, collect ? &p->table : NULL);
}

/*
 * Asks with ask(p, arg, collect) until something is ready, the deadline passes or a signal comes.
 * The number of ready ones, 0 at the deadline, -ERESTARTNOHAND or -ENOMEM.
 */
static int poller_wait(struct poller *p, int (*ask)(struct poller *p, void *arg, bool collect),
		       void *arg, nsec_t deadline)
{
	bool collect = true;
	int ready, err = 0;

	for (;;) {
		/* Nothing that happens from here on goes unnoticed. */
		WRITE_ONCE(p->triggered, false);
		ready = ask(p, arg, collect && deadline != 0);
		collect = false;
		if (ready || err == -ETIMEDOUT || deadline == 0)
			return ready;
		if (p->error)
			return p->error;
		if (err)
			return -ERESTARTNOHAND;
		task_set_state(TASK_INTERRUPTIBLE);
		if (!READ_ONCE(p->triggered))
			err = task_sleep_until(deadline);
		task_set_state(TASK_RUNNING);
	}
}

/* ---- time and signals ------------------------------------------------------------------------ */

int poll_deadline(const struct timespec __user *user, nsec_t *deadline)
{
	struct timespec ts;

	*deadline = NSEC_NEVER;
	if (!user)
		return 0;
	if (get_user(ts, user))
		return -EFAULT;
	if (ts.tv_sec < 0 || (u64)ts.tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	if (ts.tv_sec == 0 && ts.tv_nsec == 0) {
		*deadline = 0;
		return 0;
	}
	/* Further than a century is for ever. */
	if (ts.tv_sec < (s64)1 << 32)
		*deadline = time_mono() + (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
	return 0;
}

/* Linux tells what is left; a program that keeps its timeout in read-only memory is not disturbed. */
static void poll_time_left(struct timespec __user *user, nsec_t deadline)
{
	nsec_t now = time_mono();
	nsec_t left = deadline > now ? deadline - now : 0;
	struct timespec ts = { .tv_sec = (s64)(left / NSEC_PER_SEC), .tv_nsec = (s64)(left % NSEC_PER_SEC) };

	if (user && deadline != NSEC_NEVER)
		(void)!put_user(ts, user);
}

int poll_mask_begin(const sigset_t __user *user, size_t size)
{
	sigset_t mask;

	if (!user)
		return 0;
	if (size != sizeof(mask))
		return -EINVAL;
	if (get_user(mask, user))
		return -EFAULT;
	signal_borrow_mask(mask);
	return 0;
}

void poll_mask_end(int result)
{
	if (!current->sig.restore_saved || result == -ERESTARTNOHAND ||
	    result == -EINTR)
		return;
	signal_return_mask();
}

/* ---- ppoll ----------------------------------------------------------------------------------- */

struct poll_call {
	struct pollfd *fds;
	u32 count;
};

static s16 poll_one(struct poller *p, const struct pollfd *pfd, bool collect)
{
	struct file *f;
	u32 ready;

	if (pfd->fd < 0)
		return 0;
	if (fd_get_file(pfd->fd, &f))
		return POLLNVAL;
	ready = poll_file(p, f, collect);
	file_put(f);
	return (s16)(ready & ((u16)pfd->events | POLL_ALWAYS));
}

static int poll_ask(struct poller *p, void *arg, bool collect)
{
	struct poll_call *call = arg;
	int ready = 0;
	u32 i;

	for (i = 0; i < call->count; i++) {
		call->fds[i].revents = poll_one(p, &call->fds[i], collect && !ready);
		ready += call->fds[i].revents != 0;
	}
	return ready;
}

static int poll_put_results(const struct poll_call *call, struct pollfd __user *user)
{
	u32 i;

	for (i = 0; i < call->count; i++) {
		if (put_user(call->fds[i].revents, &user[i].revents))
			return -EFAULT;
	}
	return 0;
}

/* Fetches the array, waits, stores the answers. */
static int poll_array(struct pollfd __user *user, u32 count, nsec_t deadline)
{
	struct pollfd few[POLL_INLINE];
	struct poll_call call = { .fds = few, .count = count };
	struct poller p;
	int ready = 0;

	if (count > POLL_INLINE)
		call.fds = kmalloc(count * sizeof(*user), 0);
	if (!call.fds)
		return -ENOMEM;
	if (count > 0)
		ready = copy_from_user(call.fds, user, count * sizeof(*user));
	if (!ready) {
		poller_init(&p);
		ready = poller_wait(&p, poll_ask, &call, deadline);
		poller_end(&p);
	}
	if (ready >= 0 && poll_put_results(&call, user))
		ready = -EFAULT;
	if (call.fds != few)
		kfree(call.fds);
	return ready;
}

long sys_ppoll(struct pollfd __user *fds, u32 count, struct timespec __user *timeout,
	       const sigset_t __user *mask, size_t mask_size)
{
	nsec_t deadline;
	int err;

	if (count > current_proc()->limits[RLIMIT_NOFILE].rlim_cur || count > FD_MAX)
		return -EINVAL;
	err = poll_deadline(timeout, &deadline);
	if (!err)
		err = poll_mask_begin(mask, mask_size);
	if (err)
		return err;
	err = poll_array(fds, count, deadline);
	poll_mask_end(err);
	if (deadline)
		poll_time_left(timeout, deadline);
	return err;
}

/* ---- pselect6 -------------------------------------------------------------------------------- */

enum select_set { SELECT_IN, SELECT_OUT, SELECT_EXCEPT, SELECT_SETS };

/* What a set asks for (select(2), "Correspondence between select() and poll() notifications"). */
static const u32 select_events[SELECT_SETS] = {
	[SELECT_IN] = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR,
	[SELECT_OUT] = POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR,
	[SELECT_EXCEPT] = POLLPRI,
};

/* Two bitmaps per set: what was asked and what is ready; NULL for a set that was not given. */
struct select_call {
	u32 count;
	u64 *asked[SELECT_SETS];
	u64 *ready[SELECT_SETS];
};

/* The sets of one descriptor.  The number of sets that it is ready for, or -EBADF. */
static int select_one(struct poller *p, struct select_call *call, u32 fd, bool collect)
{
	struct file *f;
	u32 wanted = 0;
	u32 events;
	int n = 0;
	int i;

	for (i = 0; i < SELECT_SETS; i++)
		wanted |= (u32)(call->asked[i] && bitmap_test(call->asked[i], fd)) << i;
	if (!wanted)
		return 0;
	if (fd_get_file((int)fd, &f))
		return -EBADF;
	events = poll_file(p, f, collect);
	file_put(f);
	for (i = 0; i < SELECT_SETS; i++) {
		if (!(wanted & 1u << i) || !(events & select_events[i]))
			continue;
		bitmap_set(call->ready[i], fd);
		n++;
	}
	return n;
}

static int select_ask(struct poller *p, void *arg, bool collect)
{
	struct select_call *call = arg;
	int ready = 0;
	int n;
	u32 fd;

	for (fd = 0; fd < call->count; fd++) {
		n = select_one(p, call, fd, collect && !ready);
		if (n < 0)
			return n;
		ready += n;
	}
	return ready;
}

/* Copies the sets in, waits, copies what is ready out. */
static int select_sets(u32 count, void __user *const user[SELECT_SETS], nsec_t deadline)
{
	size_t words = BITMAP_WORDS(count);
	size_t bytes = words * sizeof(u64);
	struct select_call call = { .count = count };
	struct poller p;
	int ready = 0;
	u64 *maps;
	int i;

	maps = kzalloc(MAX(2 * SELECT_SETS * bytes, sizeof(u64)), 0);
	if (!maps)
		return -ENOMEM;
	for (i = 0; i < SELECT_SETS && !ready; i++) {
		call.asked[i] = user[i] ? maps + 2 * (size_t)i * words : NULL;
		call.ready[i] = maps + (2 * (size_t)i + 1) * words;
		if (user[i] && bytes)
			ready = copy_from_user(call.asked[i], user[i], bytes);
	}
	if (!ready) {
		poller_init(&p);
		ready = poller_wait(&p, select_ask, &call, deadline);
		poller_end(&p);
	}
	for (i = 0; i < SELECT_SETS && ready >= 0; i++) {
		if (user[i] && bytes && copy_to_user(user[i], call.ready[i], bytes))
			ready = -EFAULT;
	}
	kfree(maps);
	return ready;
}

/* The sixth argument: a pointer to this. */
struct select_mask {
	const sigset_t __user *set;
	size_t size;
};

long sys_pselect6(int count, void __user *in, void __user *out, void __user *except,
		  struct timespec __user *timeout, void __user *mask)
{
	void __user *const sets[SELECT_SETS] = { in, out, except };
	struct select_mask m = { NULL, 0 };
	nsec_t deadline;
	int err;

	if (count < 0)
		return -EINVAL;
	if (mask && copy_from_user(&m, mask, sizeof(m)))
		return -EFAULT;
	err = poll_deadline(timeout, &deadline);
	if (!err)
		err = poll_mask_begin(m.set, m.size);
	if (err)
		return err;
	/* Descriptors beyond the largest table cannot be open; Linux ignores their bits too. */
	err = select_sets(MIN((u32)count, fd_table_size(current->fds)), sets, deadline);
	poll_mask_end(err);
	if (deadline)
		poll_time_left(timeout, deadline);
	return err;
}
