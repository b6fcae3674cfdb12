/*
 * Virtio-serial: the ports of one device, each a stream of bytes to and from the host, without a
 * terminal in between.  The device is kernel/drivers/virtio_console.c, the files on it (/dev/vportNpM,
 * /dev/virtio-ports/NAME) are kernel/drivers/vport.c.
 */
#pragma once

#include <kernel/dev.h>
#include <kernel/list.h>
#include <kernel/mutex.h>
#include <kernel/spinlock.h>
#include <kernel/virtio.h>
#include <kernel/wait.h>

enum {
	VPORTS_MAX = 8,          /* ports of a device that we serve */
	VPORT_NAME_MAX = 48,
	VPORT_RX_BUFFERS = 32,   /* of a page: QEMU hands over 4 KiB at a time */
	VPORT_TX_BUFFERS = 4,
	VPORT_TX_ORDER = 3,      /* 32 KiB each */
	VPORT_MAJOR = 240,       /* a major for local use */
};

/* Memory that is on its way to or from the device, or waits for a reader.  Fields: (l) port.lock */
struct vport_buffer {
	struct list_node node;   /* (l) in port.filled or port.tx_free */
	u8 *data;
	u32 size;
	u32 offset, length;      /* bytes [offset, length) are yet to be read; the reader's */
};

/* Fields: (l) port.lock  (!) set at creation  (s) setup_lock */
struct vport {
	struct spinlock lock;    /* irqsave */
	struct vconsole *console; /* (!) */
	u32 id;                  /* (!) */
	char name[VPORT_NAME_MAX];
	char node_name[VPORT_NAME_MAX], alias_name[VPORT_NAME_MAX + 16]; /* (!) below /dev */
	struct char_device node, alias;
	bool present;            /* (l) */
	bool host_open;          /* (l) the host listens; false: end of file */
	bool guest_open;         /* (l) we have told the host that we do; stays */
	struct virtq rx, tx;     /* (l) */
	struct list filled;      /* (l) received, oldest first */
	struct list tx_free;     /* (l) */
	u32 tx_in_flight;        /* (l) buffers that the device has */
	u32 rx_count, tx_count;  /* (s) buffers allocated: none before the first use */
	struct mutex setup_lock;
	struct mutex read_lock, write_lock; /* one reader copies, one writer writes */
	struct wait_queue readable, writable;
	u64 rx_bytes, tx_bytes;  /* (l) */
	u64 rx_interrupts, tx_waits; /* (l) */
	struct vport_buffer rx_buffer[VPORT_RX_BUFFERS], tx_buffer[VPORT_TX_BUFFERS];
};

/* Fields: (c) control_lock  (l) lock  (!) set at creation */
struct vconsole {
	struct virtio_device *dev;          /* (!) */
	struct spinlock lock;               /* irqsave: control_rx; outside port.lock */
	struct mutex control_lock;          /* one control message at a time */
	struct virtq control_rx;            /* (l) */
	struct virtq control_tx;            /* (c) */
	u8 *control_page;                   /* (!) */
	u32 port_count;                     /* (!) ports that have queues */
	struct vport *ports[VPORTS_MAX];    /* (!) */
};

extern const struct file_ops vport_file_ops;

/* The port of this name, or NULL.  Any context after the devices are probed. */
struct vport *vport_find(const char *name);

/* Buffers for the first use of a direction.  0 or -ENOMEM.  May sleep. */
int vport_start_rx(struct vport *p) __must_check;
int vport_start_tx(struct vport *p) __must_check;

/* Tells the host that the port is in use, once.  May sleep. */
void vport_open(struct vport *p);

/* The oldest received buffer, NULL when there is none.  It stays the reader's until it is recycled. */
struct vport_buffer *vport_filled(struct vport *p);
/* Gives a read buffer, the oldest, back to the device; vport_notify_rx() tells it. */
void vport_recycle(struct vport *p, struct vport_buffer *b);
void vport_notify_rx(struct vport *p);
/* Whether a read would not block: there are bytes, or it is the end of file. */
bool vport_is_readable(struct vport *p);

/* An empty buffer, NULL when all are under way.  Any context. */
struct vport_buffer *vport_take_tx(struct vport *p);
/* Sends the first n bytes of a buffer; n = 0 puts it back.  Any context. */
void vport_submit(struct vport *p, struct vport_buffer *b, u32 n);
/* Whether the host listens and a buffer is free; if not, an interrupt will say when that changes. */
bool vport_is_writable(struct vport *p);

/* Waits, by polling, until the host has everything that was written to any port; gives up after a
 * minute without progress.  Process context; for the end of the machine. */
void vport_drain_all(void);
