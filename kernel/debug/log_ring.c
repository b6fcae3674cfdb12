/*
 * The ring of lines under the kernel log.  Pure data: the lock and the console are log.c's.
 *
 * Records are multiples of 16, the size of a header, so that a header fits wherever one may start.  A
 * record never wraps: filler covers the end of the buffer when it would.
 */
#include <kernel/log_ring.h>
#include <kernel/errno.h>
#include <kernel/string.h>

enum { LOG_RECORD_ALIGN = 16 };
STATIC_ASSERT(sizeof(struct log_record) == LOG_RECORD_ALIGN, "a header fits wherever one may start");

static struct log_record *log_ring_at(const struct log_ring *ring, u64 position)
{
	return (struct log_record *)&ring->buffer[position % LOG_RING_SIZE];
}

static u64 log_record_size(u32 length)
{
	return ALIGN_UP(sizeof(struct log_record) + length, (size_t)LOG_RECORD_ALIGN);
}

/* `position`, or the start of the buffer behind it when only filler is left there. */
static u64 log_ring_skip(const struct log_ring *ring, u64 position)
{
	if (position < ring->next && log_ring_at(ring, position)->length == LOG_SKIP)
		return ALIGN_UP(position + 1, (u64)LOG_RING_SIZE);
	return position;
}

/* The position of the record that follows the one at `position`. */
static u64 log_ring_after(const struct log_ring *ring, u64 position)
{
	u32 length = log_ring_at(ring, position)->length;

	return log_ring_skip(ring, position + log_record_size(length));
}

/* Drops the oldest lines until `size` more bytes fit. */
static void log_ring_make_room(struct log_ring *ring, u64 size)
{
	while (ring->lines && ring->next + size - ring->oldest > LOG_RING_SIZE) {
		ring->oldest = log_ring_after(ring, ring->oldest);
		ring->lines--;
	}
	if (!ring->lines)
		ring->oldest = ring->next;
}

void log_ring_add(struct log_ring *ring, const struct log_record *header, const char *text)
{
	u64 to_end = LOG_RING_SIZE - ring->next % LOG_RING_SIZE;
	u64 size = log_record_size(header->length);
	struct log_record *r;

	if (to_end < size) {
		log_ring_make_room(ring, to_end);
		log_ring_at(ring, ring->next)->length = LOG_SKIP;
		ring->next += to_end;
		ring->oldest = ring->lines ? ring->oldest : ring->next;
	}
	log_ring_make_room(ring, size);
	r = log_ring_at(ring, ring->next);
	*r = *header;
	memcpy(r->text, text, header->length);
	ring->next += size;
	ring->lines++;
	ring->lines_ever++;
}

int log_ring_read(const struct log_ring *ring, u64 *position, char *text, size_t n,
		  struct log_record *header)
{
	const struct log_record *r;
	u32 length;

	if (*position < ring->oldest)
		*position = ring->oldest;
	*position = log_ring_skip(ring, *position);
	if (*position >= ring->next)
		return -ENOENT;
	r = log_ring_at(ring, *position);
	length = MIN((size_t)r->length, n - 1);
	memcpy(text, r->text, length);
	text[length] = 0;
	if (header)
		*header = *r;
	*position = log_ring_after(ring, *position);
	return length;
}

u64 log_ring_tail(const struct log_ring *ring, u32 lines)
{
	u64 position = ring->oldest;

	for (u32 left = ring->lines; left > lines; left--)
		position = log_ring_after(ring, position);
	return position;
}

void log_ring_clear(struct log_ring *ring)
{
	ring->oldest = ring->next;
	ring->lines = 0;
}
