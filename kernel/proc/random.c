/*
 * The random number generator: ChaCha20 with a key that is replaced after every request, so that what was
 * handed out cannot be worked out later ("fast key erasure").  Seeds are folded into the key.
 *
 * Simplified vs Linux: one generator for all CPUs, and nobody waits until it is seeded.  On a machine without a seed
 * (/chosen/rng-seed, /chosen/kaslr-seed) the numbers repeat from boot to boot, which the deterministic
 * mode wants.
 */
#include <kernel/random.h>

#include <arch/arch.h>
#include <kernel/chacha.h>
#include <kernel/compiler.h>
#include <kernel/dt.h>
#include <kernel/errno.h>
#include <kernel/signal.h>
#include <kernel/spinlock.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>

enum {
	RANDOM_CHUNK = 256, /* bytes of one request under the lock */
	RANDOM_READY_BITS = 256,
	RANDOM_BITS_MAX = 4096, /* counted no further */
	GETRANDOM_NONBLOCK = 1,
	GETRANDOM_RANDOM = 2,
	GETRANDOM_INSECURE = 4,
};

static struct spinlock random_lock = SPINLOCK_INIT("random");
static u32 random_key[CHACHA_KEY_WORDS]; /* (random_lock) */
static u32 random_bits;                  /* (random_lock) of seed that count */
static bool random_seeded;               /* (random_lock) the device tree has been asked */

/*
 * Replaces the key by the first half of a block, so that this block cannot be made again.  The second half
 * is as good as any other output.
 */
static void random_erase_key(u32 state[CHACHA_WORDS], u8 block[CHACHA_BLOCK]) REQUIRES(random_lock)
{
	chacha_block(state, block);
	state[CHACHA_COUNTER]++;
	memcpy(random_key, block, sizeof(random_key));
}

static void random_stir(const void *data, size_t n, u32 bits) REQUIRES(random_lock)
{
	const u8 *from = data;
	u32 state[CHACHA_WORDS];
	u8 block[CHACHA_BLOCK];
	u8 *key = (u8 *)random_key;
	size_t part, i;

	for (; n > 0; n -= part, from += part) {
		part = MIN(n, sizeof(random_key));
		for (i = 0; i < part; i++)
			key[i] ^= from[i];
		chacha_init(state, random_key);
		random_erase_key(state, block);
	}
	random_bits = MIN(random_bits + bits, (u32)RANDOM_BITS_MAX);
}

/* A seed that the boot loader left in /chosen. */
static void random_stir_property(const char *name) REQUIRES(random_lock)
{
	int chosen = dt_find_path(&machine_dt, "/chosen");
	const void *seed;
	u32 length;

	if (chosen < 0)
		return;
	seed = dt_prop(&machine_dt, chosen, name, &length);
	if (seed)
		random_stir(seed, length, length * 8);
}

/* Before the first use: what the machine gives. */
static void random_seed(void) REQUIRES(random_lock)
{
	u64 now = arch_counter();

	random_seeded = true;
	random_stir_property("rng-seed");
	random_stir_property("kaslr-seed");
	random_stir(&now, sizeof(now), 0);
}

void random_add(const void *data, size_t n, u32 bits)
{
	irqflags_t flags = spin_lock_irqsave(&random_lock);

	random_stir(data, n, MIN(bits, (u32)RANDOM_BITS_MAX));
	spin_unlock_irqrestore(&random_lock, flags);
}

bool random_ready(void)
{
	irqflags_t flags = spin_lock_irqsave(&random_lock);
	bool ready;

	if (!random_seeded)
		random_seed();
	ready = random_bits >= RANDOM_READY_BITS;
	spin_unlock_irqrestore(&random_lock, flags);
	return ready;
}

static void random_chunk(u8 *to, size_t n)
{
	u8 block[CHACHA_BLOCK];
	u32 state[CHACHA_WORDS];
	irqflags_t flags = spin_lock_irqsave(&random_lock);
	size_t part;

	if (!random_seeded)
		random_seed();
	chacha_init(state, random_key);
	random_erase_key(state, block);
	spin_unlock_irqrestore(&random_lock, flags);
	/* What a short request asks for, a program's AT_RANDOM, is in the half that is left. */
	part = MIN(n, sizeof(block) - sizeof(random_key));
	memcpy(to, block + sizeof(random_key), part);
	to += part;
	n -= part;
	/* From the old key, which only this stack still knows. */
	for (; n > 0; n -= part, to += part) {
		chacha_block(state, block);
		state[CHACHA_COUNTER]++;
		part = MIN(n, sizeof(block));
		memcpy(to, block, part);
	}
}

void random_bytes(void *buf, size_t n)
{
	u8 *p = buf;
	size_t part;

	for (; n > 0; n -= part, p += part) {
		part = MIN(n, (size_t)RANDOM_CHUNK);
		random_chunk(p, part);
	}
}

long sys_getrandom(void __user *buf, size_t count, u32 flags)
{
	u8 chunk[RANDOM_CHUNK];
	size_t done = 0;
	size_t part, missed;

	if (flags & ~(u32)(GETRANDOM_NONBLOCK | GETRANDOM_RANDOM | GETRANDOM_INSECURE))
		return -EINVAL;
	if ((flags & GETRANDOM_RANDOM) && (flags & GETRANDOM_INSECURE))
		return -EINVAL;
	while (done < count) {
		part = MIN(count - done, sizeof(chunk));
		random_bytes(chunk, part);
		missed = copy_to_user_partial((u8 __user *)buf + done, chunk, part);
		done += part - missed;
		if (missed)
			return done ? (long)done : -EFAULT;
		/* Linux too answers short ones (up to 256 bytes) whole whatever is pending. */
		if (signal_pending(current))
			break;
	}
	return (long)done;
}
