/*
 * A ring of bytes over a caller's buffer, a power of two in size.  `head` counts all bytes ever
 * written and `tail` all ever read; both wrap at 2^32, so the whole buffer is usable.  One writer and
 * one reader need no lock (each moves its own index, with release); otherwise the caller locks.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/types.h>

struct ring {
	u8 *buffer;
	u32 size; /* bytes, a power of two */
	u32 head; /* written up to here */
	u32 tail; /* read up to here */
};

/* Makes an empty ring; size must be a power of two. */
void ring_init(struct ring *r, void *buffer, u32 size);

static inline u32 ring_used(const struct ring *r)
{
	return __atomic_load_n(&r->head, __ATOMIC_ACQUIRE) -
	       __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE);
}

static inline u32 ring_free(const struct ring *r)
{
	return r->size - ring_used(r);
}

static inline bool ring_empty(const struct ring *r)
{
	return ring_used(r) == 0;
}

static inline bool ring_full(const struct ring *r)
{
	return ring_used(r) == r->size;
}

/* Forgets everything in it. */
static inline void ring_reset(struct ring *r)
{
	r->head = r->tail = 0;
}

/* Copies in (out) as much as fits (is there), up to n.  Returns the bytes moved. */
u32 ring_write(struct ring *r, const void *from, u32 n);
u32 ring_read(struct ring *r, void *to, u32 n);

/* One byte; false when the ring is full (empty). */
bool ring_put(struct ring *r, u8 byte);
bool ring_get(struct ring *r, u8 *byte);

/* The byte `index` places behind the oldest; index < ring_used(). */
static inline u8 ring_peek(const struct ring *r, u32 index)
{
	return r->buffer[(r->tail + index) & (r->size - 1)];
}

/* The longest contiguous run to read from (write to), for copying without a bounce buffer; returns
 * its length and sets *p.  ring_consume/ring_produce then say how much of it was used. */
u32 ring_read_span(const struct ring *r, u8 **p);
u32 ring_write_span(const struct ring *r, u8 **p);
void ring_consume(struct ring *r, u32 n);
void ring_produce(struct ring *r, u32 n);
