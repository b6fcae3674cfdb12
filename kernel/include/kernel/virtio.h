/*
 * Virtio devices, whatever carries them (here: virtio-mmio, kernel/drivers/virtio_mmio.c).  A driver is
 * one file with a VIRTIO_DRIVER() record, bound by the device's type.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/list.h>
#include <kernel/virtq.h>

/* Virtio 1.1, chapter 5. */
enum virtio_type {
	VIRTIO_NONE    = 0, /* an empty slot */
	VIRTIO_NET     = 1,
	VIRTIO_BLOCK   = 2,
	VIRTIO_CONSOLE = 3,
	VIRTIO_ENTROPY = 4,
};

/* Feature bits that belong to no type (chapter 6). */
enum { VIRTIO_F_VERSION_1 = 32 };

/* Device status (2.1). */
enum virtio_status {
	VIRTIO_ACKNOWLEDGE = 1 << 0,
	VIRTIO_DRIVER      = 1 << 1,
	VIRTIO_DRIVER_OK   = 1 << 2,
	VIRTIO_FEATURES_OK = 1 << 3,
	VIRTIO_FAILED      = 1 << 7,
};

struct virtio_driver;

/* Fields: (!) set when found */
struct virtio_device {
	volatile void *base;                /* (!) registers */
	u32 index;                          /* (!) among all that were found, from 0 */
	enum virtio_type type;              /* (!) */
	u32 intid;                          /* (!) */
	u64 features;                       /* (!) offered and accepted */
	const struct virtio_driver *driver; /* (!) NULL: nobody knows it */
	void *private;                      /* the driver's */
	u64 irq_count;
	struct list_node all;               /* on all_virtio_devices */
};

extern struct list all_virtio_devices;

struct virtio_driver {
	const char *name;
	enum virtio_type type;
	u64 features;                                 /* understood, besides VIRTIO_F_VERSION_1 */
	int (*probe)(struct virtio_device *dev);      /* features are settled; ends in virtio_start() */
	void (*interrupt)(struct virtio_device *dev); /* some queue was used; interrupt context */
};

#define VIRTIO_DRIVER(sym, ...)                                                                    \
	static const struct virtio_driver sym __section("virtio_drivers") __aligned(8) = { __VA_ARGS__ }

/* Makes queue `index` of at most `size` entries.  Before virtio_start().  0, -ENOENT or -ENOMEM. */
int virtio_queue_init(struct virtio_device *dev, u32 index, u16 size, struct virtq *q) __must_check;

/* Tells the device that it may go; from here on queues are served. */
void virtio_start(struct virtio_device *dev);

/* Tells the device to look at queue `index`. */
void virtio_notify(struct virtio_device *dev, u32 index);

/* A field of the device's configuration space, offset in bytes. */
u32 virtio_config_read32(struct virtio_device *dev, u32 offset);
