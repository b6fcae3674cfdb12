/* Copying into and out of a ring of bytes.  See the header for who needs a lock. */
#include <kernel/panic.h>
#include <kernel/ring.h>
#include <kernel/string.h>

void ring_init(struct ring *r, void *buffer, u32 size)
{
	ASSERT(size > 0 && (size & (size - 1)) == 0);
	*r = (struct ring){ .buffer = buffer, .size = size };
}

u32 ring_read_span(const struct ring *r, u8 **p)
{
	u32 at = r->tail & (r->size - 1);

	*p = r->buffer + at;
	return MIN(ring_used(r), r->size - at);
}

u32 ring_write_span(const struct ring *r, u8 **p)
{
	u32 at = r->head & (r->size - 1);

	*p = r->buffer + at;
	return MIN(ring_free(r), r->size - at);
}

void ring_consume(struct ring *r, u32 n)
{
	ASSERT(n <= ring_used(r));
	__atomic_store_n(&r->tail, r->tail + n, __ATOMIC_RELEASE);
}

void ring_produce(struct ring *r, u32 n)
{
	ASSERT(n <= ring_free(r));
	__atomic_store_n(&r->head, r->head + n, __ATOMIC_RELEASE);
}

u32 ring_write(struct ring *r, const void *from, u32 n)
{
	u32 done = 0;
	u32 part;
	u8 *p;

	/* Twice at most: up to the end of the buffer, and from its beginning. */
	while (done < n) {
		part = MIN(ring_write_span(r, &p), n - done);
		if (part == 0)
			break;
		memcpy(p, (const u8 *)from + done, part);
		ring_produce(r, part);
		done += part;
	}
	return done;
}

u32 ring_read(struct ring *r, void *to, u32 n)
{
	u32 done = 0;
	u32 part;
	u8 *p;

	while (done < n) {
		part = MIN(ring_read_span(r, &p), n - done);
		if (part == 0)
			break;
		memcpy((u8 *)to + done, p, part);
		ring_consume(r, part);
		done += part;
	}
	return done;
}

bool ring_put(struct ring *r, u8 byte)
{
	if (ring_full(r))
		return false;
	r->buffer[r->head & (r->size - 1)] = byte;
	ring_produce(r, 1);
	return true;
}

bool ring_get(struct ring *r, u8 *byte)
{
	if (ring_empty(r))
		return false;
	*byte = r->buffer[r->tail & (r->size - 1)];
	ring_consume(r, 1);
	return true;
}
