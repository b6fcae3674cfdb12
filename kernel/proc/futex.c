/*
 * Futexes: the kernel's half of every lock in user memory.  futex(2), futex(7)
 *
 * A waiter goes into the bucket of its word's key first and looks at the word afterwards.  Whoever wakes
 * changes the word first and then looks into the bucket; so either the waiter sees the new value or the
 * waker sees the waiter.  A waiter that was woken but found a different value hands its wake on, because
 * it was not the one that the wake was for.
 *
 * Keys: (mm, address) for memory that one address space has to itself, (page, offset) for shared memory;
 * the page is referenced while somebody waits.  Not here: priority inheritance (-ENOSYS).
 */
#include <kernel/futex.h>

#include <kernel/errno.h>
#include <kernel/hash.h>
#include <kernel/list.h>
#include <kernel/mm.h>
#include <kernel/page.h>
#include <kernel/proc.h>
#include <kernel/signal.h>
#include <kernel/spinlock.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <uapi/futex.h>
#include <uapi/time.h>

enum { FUTEX_HASH_BITS = 8, FUTEX_BUCKETS = 1 << FUTEX_HASH_BITS };

/* Which word.  Equal keys are the same word. */
struct futex_key {
	const void *space;  /* struct mm, or struct page of shared memory */
	u64 offset;         /* address, or bytes into the page */
	struct page *page;  /* referenced, NULL for private words */
};

/* Fields: (b) lock of the bucket that it is in */
struct futex_waiter {
	struct list_node node;       /* (b) unlinked: it was woken */
	struct futex_key key;        /* (b) changed by a requeue */
	struct futex_bucket *bucket; /* (a) changed by a requeue with both locks held */
	u32 bitset;                  /* (!) */
	struct task *task;           /* (!) */
};

struct futex_bucket {
	struct spinlock lock;
	struct list waiters;   /* (lock) oldest first */
};

static struct futex_bucket futex_buckets[FUTEX_BUCKETS];

static struct futex_bucket *futex_bucket(const struct futex_key *key)
{
	u32 hash = hash_u64((u64)key->space ^ (key->offset >> 2), FUTEX_HASH_BITS);

	return &futex_buckets[hash];
}

/* Locks a bucket; a zeroed one is made ready by its first user. */
static void futex_lock(struct futex_bucket *b)
{
	spin_lock(&b->lock);
	if (unlikely(!b->waiters.head.next)) {
		b->lock.name = "futex";
		list_init(&b->waiters);
	}
}

static bool futex_key_equal(const struct futex_key *a, const struct futex_key *b)
{
	return a->space == b->space && a->offset == b->offset;
}

static void futex_key_put(struct futex_key *key)
{
	if (key->page)
		page_put(key->page);
	key->page = NULL;
}

/* Whether the word lies in memory that other address spaces may have, too.  -EFAULT: in none. */
static int futex_is_shared(vaddr_t va)
{
	struct mm *mm = current->mm;
	struct area *area;
	int shared;

	mutex_lock(&mm->lock);
	area = mm_find_area(mm, va);
	shared = !area || va < area->start ? -EFAULT : !!(area->flags & AREA_SHARED);
	mutex_unlock(&mm->lock);
	return shared;
}

/* The key of a word; to be put.  0, -EINVAL (not aligned) or -EFAULT.  May sleep. */
static int futex_key_get(u32 __user *uaddr, bool private, struct futex_key *key)
{
	vaddr_t va = (vaddr_t)uaddr;
	struct page *page;
	int shared = 0, err;

	if (va % sizeof(u32))
		return -EINVAL;
	if (!user_range_ok(uaddr, sizeof(u32)))
		return -EFAULT;
	if (!private)
		shared = futex_is_shared(va);
	if (shared < 0)
		return shared;
	*key = (struct futex_key){ .space = current->mm, .offset = va };
	if (!shared)
		return 0;
	err = mm_get_page(current->mm, va, MM_READ | MM_USER, &page);
	if (err)
		return err;
	*key = (struct futex_key){ .space = page, .offset = va % PAGE_SIZE, .page = page };
	return 0;
}

int futex_cmpxchg(u32 __user *uaddr, u32 old, u32 new, u32 *found)
{
	vaddr_t va = (vaddr_t)uaddr;
	struct page *page;
	u32 *word;
	int err;

	err = mm_get_page(current->mm, va, MM_WRITE | MM_USER, &page);
	if (err)
		return err;
	word = (u32 *)((char *)page_virt(page) + va % PAGE_SIZE);
	*found = cmpxchg(word, old, new);
	page_put(page);
	return 0;
}

static void futex_enqueue(struct futex_waiter *w)
{
	struct futex_bucket *b = futex_bucket(&w->key);

	futex_lock(b);
	w->bucket = b;
	list_push_back(&b->waiters, &w->node);
	spin_unlock(&b->lock);
}

/*
 * Takes a waiter out.  True when somebody had woken it.  The lock is taken in any case: whoever wakes
 * holds it until it has done with the task.
 */
static bool futex_dequeue(struct futex_waiter *w)
{
	struct futex_bucket *b;
	bool woken;

	for (;;) {
		b = load_acquire(&w->bucket);
		futex_lock(b);
		if (w->bucket == b)
			break;
		spin_unlock(&b->lock);
	}
	woken = !list_node_linked(&w->node);
	if (!woken)
		list_remove(&w->node);
	spin_unlock(&b->lock);
	return woken;
}

static void futex_wake_one(struct futex_waiter *w) REQUIRES(w->bucket->lock)
{
	struct task *t = w->task;

	list_remove(&w->node);
	(void)task_wake(t);
}

static long futex_wake_key(const struct futex_key *key, u32 count, u32 bitset)
{
	struct futex_bucket *b = futex_bucket(key);
	struct futex_waiter *w, *after;
	u32 woken = 0;

	futex_lock(b);
	list_for_each_safe(w, after, &b->waiters, node) {
		if (woken >= count)
			break;
		if (!futex_key_equal(&w->key, key) || !(w->bitset & bitset))
			continue;
		futex_wake_one(w);
		woken++;
	}
	spin_unlock(&b->lock);
	return woken;
}

long futex_wake(u32 __user *uaddr, bool private, u32 count, u32 bitset)
{
	struct futex_key key;
	long ret;

	if (!bitset)
		return -EINVAL;
	ret = futex_key_get(uaddr, private, &key);
	if (ret)
		return ret;
	ret = futex_wake_key(&key, count, bitset);
	futex_key_put(&key);
	return ret;
}

/* Sleeps until woken (0), the deadline or a signal. */
static int futex_sleep(struct futex_waiter *w, nsec_t deadline)
{
	int err;

	for (;;) {
		task_set_state(TASK_INTERRUPTIBLE);
		if (!READ_ONCE(w->node.next)) {
			task_set_state(TASK_RUNNING);
			return 0;
		}
		err = task_sleep_until(deadline);
		if (err)
			return err;
	}
}

static int futex_wait(u32 __user *uaddr, bool private, u32 val, nsec_t deadline, u32 bitset)
{
	struct futex_waiter w = { .bitset = bitset, .task = current };
	u32 now;
	int err;

	if (!bitset)
		return -EINVAL;
	err = futex_key_get(uaddr, private, &w.key);
	if (err)
		return err;
	futex_enqueue(&w);
	err = get_user(now, uaddr);
	if (!err && now != val)
		err = -EAGAIN;
	if (err) {
		if (futex_dequeue(&w))
			(void)futex_wake_key(&w.key, 1, w.bitset);
	} else {
		err = futex_sleep(&w, deadline);
		if (futex_dequeue(&w))
			err = 0;
	}
	futex_key_put(&w.key);
	return err;
}

/* Goes on with a timed wait after a signal without a handler. */
static long futex_wait_restart(struct task *t)
{
	u64 *args = t->sig.restart_args;
	long err = futex_wait((u32 __user *)args[0], args[1] & 1, (u32)(args[1] >> 32), args[2],
			      (u32)args[3]);

	return err == -ERESTARTSYS ? -ERESTART_RESTARTBLOCK : err;
}

static long futex_wait_call(u32 __user *uaddr, bool private, u32 val, nsec_t deadline, u32 bitset)
{
	struct task *t = current;
	int err = futex_wait(uaddr, private, val, deadline, bitset);

	if (err != -ERESTARTSYS || deadline == NSEC_NEVER)
		return err;
	t->sig.restart = futex_wait_restart;
	t->sig.restart_args[0] = (u64)uaddr;
	t->sig.restart_args[1] = (u64)val << 32 | private;
	t->sig.restart_args[2] = deadline;
	t->sig.restart_args[3] = bitset;
	return -ERESTART_RESTARTBLOCK;
}

/* Locks two buckets in the order of their addresses. */
static void futex_lock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	if (a > b) {
		futex_lock_two(b, a);
		return;
	}
	futex_lock(a);
	if (a != b)
		futex_lock(b);
}

static void futex_unlock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

static void futex_move(struct futex_waiter *w, struct futex_bucket *to, const struct futex_key *key)
{
	/* In the same bucket it keeps its place, or the walk over the list would meet it again. */
	if (w->bucket != to) {
		list_remove(&w->node);
		list_push_back(&to->waiters, &w->node);
	}
	futex_key_put(&w->key);
	w->key = *key;
	if (key->page)
		page_get(key->page);
	store_release(&w->bucket, to);
}

static long futex_requeue_keys(const struct futex_key *from, const struct futex_key *to, u32 wake,
			       u32 move)
{
	struct futex_bucket *a = futex_bucket(from), *b = futex_bucket(to);
	struct futex_waiter *w, *after;
	u32 woken = 0, moved = 0;

	futex_lock_two(a, b);
	list_for_each_safe(w, after, &a->waiters, node) {
		if (!futex_key_equal(&w->key, from))
			continue;
		if (woken < wake) {
			futex_wake_one(w);
			woken++;
		} else if (moved < move) {
			futex_move(w, b, to);
			moved++;
		} else {
			break;
		}
	}
	futex_unlock_two(a, b);
	return (long)woken + moved;
}

/* expected: the value that the first word must have, or NULL for FUTEX_REQUEUE. */
static long futex_requeue(u32 __user *uaddr, u32 __user *uaddr2, bool private, u32 wake, u32 move,
			  const u32 *expected)
{
	struct futex_key from, to;
	u32 now;
	long ret;

	if ((s32)wake < 0 || (s32)move < 0)
		return -EINVAL;
	ret = futex_key_get(uaddr, private, &from);
	if (ret)
		return ret;
	ret = futex_key_get(uaddr2, private, &to);
	if (ret)
		goto out_from;
	if (expected)
		ret = get_user(now, uaddr);
	if (!ret && expected && now != *expected)
		ret = -EAGAIN;
	if (!ret)
		ret = futex_requeue_keys(&from, &to, wake, move);
	futex_key_put(&to);
out_from:
	futex_key_put(&from);
	return ret;
}

/* FUTEX_WAKE_OP's packed argument: bits 31..28 op, 27..24 comparison, 23..12 operand, 11..0 with what. */
static int futex_op_apply(u32 packed, u32 old, u32 *new)
{
	u32 op = packed >> 28, arg = (u32)((s32)(packed << 8) >> 20);

	if (op & FUTEX_OP_OPARG_SHIFT)
		arg = 1u << (arg & 31);
	switch (op & ~FUTEX_OP_OPARG_SHIFT) {
	case FUTEX_OP_SET: *new = arg; return 0;
	case FUTEX_OP_ADD: *new = old + arg; return 0;
	case FUTEX_OP_OR: *new = old | arg; return 0;
	case FUTEX_OP_ANDN: *new = old & ~arg; return 0;
	case FUTEX_OP_XOR: *new = old ^ arg; return 0;
	default: return -ENOSYS;
	}
}

static int futex_op_compare(u32 packed, u32 value, bool *holds)
{
	s32 arg = (s32)(packed << 20) >> 20, old = (s32)value;

	switch (packed >> 24 & 0xf) {
	case FUTEX_OP_CMP_EQ: *holds = old == arg; return 0;
	case FUTEX_OP_CMP_NE: *holds = old != arg; return 0;
	case FUTEX_OP_CMP_LT: *holds = old < arg; return 0;
	case FUTEX_OP_CMP_LE: *holds = old <= arg; return 0;
	case FUTEX_OP_CMP_GT: *holds = old > arg; return 0;
	case FUTEX_OP_CMP_GE: *holds = old >= arg; return 0;
	default: return -ENOSYS;
	}
}

/* Does the operation on the second word atomically; *holds: the comparison of its old value. */
static int futex_op_run(u32 __user *uaddr, u32 packed, bool *holds)
{
	u32 old, new, found;
	int err;

	err = get_user(old, uaddr);
	for (;;) {
		if (!err)
			err = futex_op_apply(packed, old, &new);
		if (!err)
			err = futex_cmpxchg(uaddr, old, new, &found);
		if (err)
			return err;
		if (found == old)
			return futex_op_compare(packed, old, holds);
		old = found;
	}
}

static long futex_wake_op(u32 __user *uaddr, u32 __user *uaddr2, bool private, u32 count, u32 count2,
			  u32 packed)
{
	struct futex_key key, key2;
	bool holds = false;
	long ret;

	ret = futex_key_get(uaddr, private, &key);
	if (ret)
		return ret;
	ret = futex_key_get(uaddr2, private, &key2);
	if (ret)
		goto out_key;
	ret = futex_op_run(uaddr2, packed, &holds);
	if (!ret) {
		ret = futex_wake_key(&key, count, FUTEX_BITSET_MATCH_ANY);
		if (holds)
			ret += futex_wake_key(&key2, count2, FUTEX_BITSET_MATCH_ANY);
	}
	futex_key_put(&key2);
out_key:
	futex_key_put(&key);
	return ret;
}

/* The deadline of a wait as monotonic time.  0, -EFAULT or -EINVAL. */
static int futex_deadline(int op, const struct timespec __user *timeout, nsec_t *deadline)
{
	bool absolute = (op & FUTEX_CMD_MASK) != FUTEX_WAIT;
	struct timespec ts;
	nsec_t ns, real;

	*deadline = NSEC_NEVER;
	if (!timeout)
		return 0;
	if (copy_from_user(&ts, timeout, sizeof(ts)))
		return -EFAULT;
	if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	if ((u64)ts.tv_sec >= NSEC_NEVER / 2 / NSEC_PER_SEC)
		return 0;
	ns = (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
	if (!absolute) {
		*deadline = time_mono() + ns;
	} else if (op & FUTEX_CLOCK_REALTIME) {
		real = time_real();
		*deadline = time_mono() + (ns > real ? ns - real : 0);
	} else {
		*deadline = ns;
	}
	return 0;
}

static long futex_wait_op(u32 __user *uaddr, int op, u32 val, const struct timespec __user *timeout,
			  u32 bitset)
{
	nsec_t deadline;
	int err;

	err = futex_deadline(op, timeout, &deadline);
	if (err)
		return err;
	return futex_wait_call(uaddr, op & FUTEX_PRIVATE_FLAG, val, deadline, bitset);
}

long sys_futex(u32 __user *uaddr, int op, u32 val, const struct timespec __user *timeout,
	       u32 __user *uaddr2, u32 val3)
{
	u32 val2 = (u32)(u64)timeout;
	bool private = op & FUTEX_PRIVATE_FLAG;
	int cmd = op & FUTEX_CMD_MASK;

	if ((op & FUTEX_CLOCK_REALTIME) && cmd != FUTEX_WAIT_BITSET && cmd != FUTEX_WAIT)
		return -ENOSYS;
	switch (cmd) {
	case FUTEX_WAIT: return futex_wait_op(uaddr, op, val, timeout, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAIT_BITSET: return futex_wait_op(uaddr, op, val, timeout, val3);
	case FUTEX_WAKE: return futex_wake(uaddr, private, val, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET: return futex_wake(uaddr, private, val, val3);
	case FUTEX_REQUEUE: return futex_requeue(uaddr, uaddr2, private, val, val2, NULL);
	case FUTEX_CMP_REQUEUE: return futex_requeue(uaddr, uaddr2, private, val, val2, &val3);
	case FUTEX_WAKE_OP: return futex_wake_op(uaddr, uaddr2, private, val, val2, val3);
	default: return -ENOSYS;
	}
}
