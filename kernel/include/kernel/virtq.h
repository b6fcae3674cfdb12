/*
 * Split virtqueues (Virtual I/O Device 1.1, chapter 2.6): a table of buffer descriptors, a ring of
 * chains that the driver makes available and a ring of chains that the device has used.
 * kernel/drivers/virtio_ring.c; no register of any device is touched here.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/types.h>

enum virtq_desc_flags {
	VIRTQ_DESC_NEXT  = 1 << 0, /* .next goes on with this chain */
	VIRTQ_DESC_WRITE = 1 << 1, /* the device writes the buffer */
};

/* Bit of avail.flags and of used.flags: "do not notify me". */
enum { VIRTQ_NO_NOTIFY = 1 << 0, VIRTQ_SIZE_MAX = 128 };

struct virtq_desc {
	u64 address;
	u32 length;
	u16 flags;  /* enum virtq_desc_flags */
	u16 next;
};

struct virtq_avail {
	u16 flags;
	u16 index;  /* counts all chains ever made available */
	u16 ring[]; /* first descriptor of each chain */
};

struct virtq_used {
	u16 flags;
	u16 index;  /* counts all chains ever used */
	struct virtq_used_entry {
		u32 id;     /* first descriptor of the chain */
		u32 length; /* bytes that the device wrote */
	} ring[];
};

/* The caller serialises everything below.  Fields: (d) the device writes it */
struct virtq {
	u16 size;                  /* descriptors, a power of two */
	u16 free_head, free_count; /* unused descriptors, linked by .next */
	u16 next_used;             /* used entries taken so far */
	u16 published;             /* avail.index when the device was last told */
	bool broken;               /* the device named a chain that it does not have */
	struct virtq_desc *desc;
	struct virtq_avail *avail;
	struct virtq_used *used;   /* (d) */
	void *token[VIRTQ_SIZE_MAX]; /* of the chain that starts there, NULL: none does */
};

/* One buffer of a chain, physically contiguous. */
struct virtq_buffer {
	paddr_t address;
	u32 length;
	bool device_writes;
};

/* Bytes of memory that a queue of this size needs; aligned to 16. */
size_t virtq_bytes(u16 size);

/* Lays an empty queue out in zeroed memory. */
void virtq_init(struct virtq *q, u16 size, void *memory);

/*
 * Makes a chain of 1 to count buffers (what the device reads first) available, not yet notified.
 * `token`, not NULL, comes back from virtq_take().  0, or -ENOSPC when too few descriptors are free.
 */
int virtq_add(struct virtq *q, const struct virtq_buffer *buffers, u32 count, void *token) __must_check;

/* Call after one or more virtq_add(): true when the device wants to be notified of them. */
bool virtq_publish(struct virtq *q);

/* The next chain that the device has used: its token, and how much it wrote.  NULL: none. */
void *virtq_take(struct virtq *q, u32 *written);

/* Whether virtq_take() would return something. */
bool virtq_has_used(const struct virtq *q);

/* Asks the device for interrupts, or not (it may send some all the same).  After turning them on, look
 * once more: true when something was used in between. */
bool virtq_interrupts(struct virtq *q, bool on);
