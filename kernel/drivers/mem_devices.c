/*
 * The devices that need no hardware: /dev/null, zero, full, random and urandom (Linux: major 1).
 * random and urandom are the same: the generator never has to be waited for.
 */
#include <kernel/dev.h>

#include <kernel/compiler.h>
#include <kernel/errno.h>
#include <kernel/init.h>
#include <kernel/log.h>
#include <kernel/random.h>
#include <kernel/signal.h>
#include <kernel/tmpfs.h>

enum mem_minor { MEM_NULL = 3, MEM_ZERO = 5, MEM_FULL = 7, MEM_RANDOM = 8, MEM_URANDOM = 9 };
enum { MEM_MAJOR = 1, MEM_MODE = 0666, MEM_CHUNK = 256, ZERO_CHUNK = 65536 };

/* End of file at once. */
static ssize_t null_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	return 0;
}

/* Takes everything. */
static ssize_t null_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	size_t n = from->left;

	from->left = 0;
	return (ssize_t)n;
}

/* As Linux: the position stays 0, so that programs may seek as they like. */
static loff_t null_seek(struct file *f, loff_t offset, int whence)
{
	f->pos = 0;
	return 0;
}

static ssize_t zero_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	size_t n = to->left;
	size_t done = 0;
	size_t part;

	while (done < n) {
		part = iov_zero(to, MIN(n - done, (size_t)ZERO_CHUNK));
		done += part;
		/* A huge read must not keep a SIGKILL waiting. */
		if (part == 0 || signal_pending(current))
			break;
	}
	return done || n == 0 ? (ssize_t)done : -EFAULT;
}

static ssize_t full_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	return -ENOSPC;
}

static ssize_t random_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	u8 chunk[MEM_CHUNK];
	size_t n = to->left;
	size_t done = 0;
	size_t part, moved;

	while (done < n) {
		part = MIN(n - done, sizeof(chunk));
		random_bytes(chunk, part);
		moved = iov_copy_to(to, chunk, part);
		done += moved;
		if (moved < part || signal_pending(current))
			break;
	}
	return done || n == 0 ? (ssize_t)done : -EFAULT;
}

/* What is written is stirred in; it can only help. */
static ssize_t random_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	u8 chunk[MEM_CHUNK];
	ssize_t done = 0;
	size_t n;

	while (from->left > 0) {
		n = iov_copy_from(from, chunk, sizeof(chunk));
		if (n == 0)
			return done ? done : -EFAULT;
		random_add(chunk, n, 0);
		done += (ssize_t)n;
	}
	return done;
}

static const struct file_ops null_ops = {
	.name = "null", .read = null_read, .write = null_write, .seek = null_seek,
};
/* A mapping of it is anonymous memory (file_ops.mmap). */
static int zero_mmap(struct file *f, const struct mm_map_args *args)
{
	return 1;
}

static const struct file_ops zero_ops = {
	.name = "zero", .read = zero_read, .write = null_write, .seek = null_seek,
	.mmap = zero_mmap,
};
static const struct file_ops full_ops = {
	.name = "full", .read = zero_read, .write = full_write, .seek = null_seek,
};
static const struct file_ops random_ops = {
	.name = "random", .read = random_read, .write = random_write, .seek = null_seek,
};

#define MEM_DEVICE(minor, file, file_ops)                                                          \
	{ .name = file, .dev = DEV_MAKE(MEM_MAJOR, minor), .mode = MEM_MODE, .ops = file_ops }

static struct char_device mem_devices[] = {
	MEM_DEVICE(MEM_NULL, "null", &null_ops),
	MEM_DEVICE(MEM_ZERO, "zero", &zero_ops),
	MEM_DEVICE(MEM_FULL, "full", &full_ops),
	MEM_DEVICE(MEM_RANDOM, "random", &random_ops),
	MEM_DEVICE(MEM_URANDOM, "urandom", &random_ops),
};

void mem_devices_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mem_devices); i++) {
		if (char_device_register(&mem_devices[i]))
			log_err("dev: /dev/%s is taken", mem_devices[i].name);
	}
}
