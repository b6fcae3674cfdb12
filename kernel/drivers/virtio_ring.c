/*
 * Split virtqueues, by Virtual I/O Device 1.1, 2.6.  Used by every virtio driver.
 *
 * What the device writes is not trusted: an index out of range breaks the queue, never the kernel.
 * Fences order memory only; notifying the device is the transport's business.  No indirect
 * descriptors, no event index.
 */
#include <kernel/virtq.h>
#include <kernel/errno.h>

size_t virtq_bytes(u16 size)
{
	size_t avail = sizeof(struct virtq_desc) * size;
	size_t used = ALIGN_UP(avail + sizeof(struct virtq_avail) + 2UL * size, 4UL);

	return used + sizeof(struct virtq_used) + sizeof(struct virtq_used_entry) * size;
}

void virtq_init(struct virtq *q, u16 size, void *memory)
{
	size_t avail = sizeof(struct virtq_desc) * size;
	size_t used = ALIGN_UP(avail + sizeof(struct virtq_avail) + 2UL * size, 4UL);

	*q = (struct virtq){
		.size = size,
		.free_count = size,
		.desc = memory,
		.avail = (void *)((char *)memory + avail),
		.used = (void *)((char *)memory + used),
	};
	for (u16 i = 0; i < size; i++)
		q->desc[i].next = i + 1;
}

int virtq_add(struct virtq *q, const struct virtq_buffer *buffers, u32 count, void *token)
{
	u16 head = q->free_head;
	u16 last = head;

	if (q->broken || !count || count > q->free_count)
		return -ENOSPC;
	for (u32 i = 0; i < count; i++) {
		struct virtq_desc *d;

		last = i ? q->desc[last].next : head;
		d = &q->desc[last];
		d->address = buffers[i].address;
		d->length = buffers[i].length;
		d->flags = (buffers[i].device_writes ? VIRTQ_DESC_WRITE : 0) |
			   (i + 1 < count ? VIRTQ_DESC_NEXT : 0);
	}
	q->free_head = q->desc[last].next;
	q->free_count -= count;
	q->token[head] = token;

	q->avail->ring[q->avail->index % q->size] = head;
	/* The device sees the entry before the index that covers it. */
	__atomic_store_n(&q->avail->index, q->avail->index + 1, __ATOMIC_RELEASE);
	return 0;
}

bool virtq_publish(struct virtq *q)
{
	if (q->published == q->avail->index)
		return false;
	q->published = q->avail->index;
	/* Our index is out before we look whether the device sleeps, or it could miss it. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return !(READ_ONCE(q->used->flags) & VIRTQ_NO_NOTIFY);
}

bool virtq_has_used(const struct virtq *q)
{
	return !q->broken && __atomic_load_n(&q->used->index, __ATOMIC_ACQUIRE) != q->next_used;
}

/* Gives the descriptors of a chain back.  False: it does not end within the table. */
static bool virtq_free_chain(struct virtq *q, u16 head)
{
	u16 last = head;
	u16 count = 1;

	while (q->desc[last].flags & VIRTQ_DESC_NEXT) {
		last = q->desc[last].next;
		if (last >= q->size || ++count > q->size)
			return false;
	}
	q->desc[last].next = q->free_head;
	q->free_head = head;
	q->free_count += count;
	return true;
}

void *virtq_take(struct virtq *q, u32 *written)
{
	struct virtq_used_entry entry;
	void *token;

	if (!virtq_has_used(q))
		return NULL;
	entry = q->used->ring[q->next_used % q->size];
	token = entry.id < q->size ? q->token[entry.id] : NULL;
	if (!token || !virtq_free_chain(q, entry.id)) {
		q->broken = true;
		return NULL;
	}
	q->token[entry.id] = NULL;
	q->next_used++;
	*written = entry.length;
	return token;
}

bool virtq_interrupts(struct virtq *q, bool on)
{
	WRITE_ONCE(q->avail->flags, on ? 0 : VIRTQ_NO_NOTIFY);
	if (!on)
		return false;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return virtq_has_used(q);
}
