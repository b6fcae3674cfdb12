/*
 * Virtio over MMIO, version 2 (Virtual I/O Device 1.1, 4.2).  Bound to every slot that the device tree
 * lists; empty ones are passed over.  Finds the driver by the device's type and settles the features.
 *
 * The older register layout (version 1, "legacy") is not spoken: QEMU needs
 * `-global virtio-mmio.force-legacy=false`.
 */
#include <arch/arch.h>
#include <kernel/driver.h>
#include <kernel/errno.h>
#include <kernel/io.h>
#include <kernel/irq.h>
#include <kernel/log.h>
#include <kernel/machine.h>
#include <kernel/page.h>
#include <kernel/sections.h>
#include <kernel/slab.h>
#include <kernel/virtio.h>

/* 4.2.2 */
enum virtio_mmio_register {
	VMMIO_MAGIC           = 0x000,
	VMMIO_VERSION         = 0x004,
	VMMIO_DEVICE_ID       = 0x008,
	VMMIO_DEVICE_FEATURES = 0x010,
	VMMIO_DEVICE_SELECT   = 0x014,
	VMMIO_DRIVER_FEATURES = 0x020,
	VMMIO_DRIVER_SELECT   = 0x024,
	VMMIO_QUEUE_SELECT    = 0x030,
	VMMIO_QUEUE_MAX       = 0x034,
	VMMIO_QUEUE_SIZE      = 0x038,
	VMMIO_QUEUE_READY     = 0x044,
	VMMIO_QUEUE_NOTIFY    = 0x050,
	VMMIO_IRQ_STATUS      = 0x060,
	VMMIO_IRQ_ACK         = 0x064,
	VMMIO_STATUS          = 0x070,
	VMMIO_QUEUE_DESC      = 0x080, /* low word; high word behind it */
	VMMIO_QUEUE_AVAIL     = 0x090,
	VMMIO_QUEUE_USED      = 0x0a0,
	VMMIO_CONFIG          = 0x100,
};

enum virtio_mmio_values {
	VMMIO_MAGIC_VALUE  = 0x74726976, /* "virt" */
	VMMIO_MODERN       = 2,
	VMMIO_IRQ_USED     = 1 << 0,
};

struct list all_virtio_devices = LIST_INIT(all_virtio_devices);

/* The page of registers that was mapped last: eight slots share one. */
static paddr_t virtio_mmio_page;
static volatile void *virtio_mmio_mapped;
static u32 virtio_count;

static volatile void *virtio_mmio_map(paddr_t base, u64 size)
{
	paddr_t page = ALIGN_DOWN(base, PAGE_SIZE);

	if (base + size > page + PAGE_SIZE)
		return arch_map_device(base, size);
	if (page != virtio_mmio_page) {
		virtio_mmio_mapped = arch_map_device(page, PAGE_SIZE);
		virtio_mmio_page = page;
	}
	return (volatile char *)virtio_mmio_mapped + (base - page);
}

static void virtio_add_status(struct virtio_device *dev, enum virtio_status bits)
{
	io_write32(dev->base, VMMIO_STATUS, io_read32(dev->base, VMMIO_STATUS) | bits);
}

static u64 virtio_device_features(struct virtio_device *dev)
{
	u64 low, high;

	io_write32(dev->base, VMMIO_DEVICE_SELECT, 0);
	low = io_read32(dev->base, VMMIO_DEVICE_FEATURES);
	io_write32(dev->base, VMMIO_DEVICE_SELECT, 1);
	high = io_read32(dev->base, VMMIO_DEVICE_FEATURES);
	return high << 32 | low;
}

/* 3.1.1, steps 1 to 6.  0 or -ENODEV when the device does not agree. */
static int virtio_negotiate(struct virtio_device *dev, u64 wanted)
{
	io_write32(dev->base, VMMIO_STATUS, 0);
	while (io_read32(dev->base, VMMIO_STATUS))
		arch_cpu_relax();
	virtio_add_status(dev, VIRTIO_ACKNOWLEDGE);
	virtio_add_status(dev, VIRTIO_DRIVER);

	wanted |= 1UL << VIRTIO_F_VERSION_1;
	dev->features = virtio_device_features(dev) & wanted;
	if (!(dev->features & 1UL << VIRTIO_F_VERSION_1))
		return -ENODEV;
	io_write32(dev->base, VMMIO_DRIVER_SELECT, 0);
	io_write32(dev->base, VMMIO_DRIVER_FEATURES, dev->features);
	io_write32(dev->base, VMMIO_DRIVER_SELECT, 1);
	io_write32(dev->base, VMMIO_DRIVER_FEATURES, dev->features >> 32);
	virtio_add_status(dev, VIRTIO_FEATURES_OK);
	return io_read32(dev->base, VMMIO_STATUS) & VIRTIO_FEATURES_OK ? 0 : -ENODEV;
}

static void virtio_mmio_set_address(struct virtio_device *dev, u32 offset, const void *p)
{
	paddr_t pa = virt_to_phys(p);

	io_write32(dev->base, offset, pa);
	io_write32(dev->base, offset + 4, pa >> 32);
}

int virtio_queue_init(struct virtio_device *dev, u32 index, u16 size, struct virtq *q)
{
	struct page *page;
	u32 max;

	io_write32(dev->base, VMMIO_QUEUE_SELECT, index);
	max = io_read32(dev->base, VMMIO_QUEUE_MAX);
	if (!max || io_read32(dev->base, VMMIO_QUEUE_READY))
		return -ENOENT;
	size = MIN(MIN(size, max), (u32)VIRTQ_SIZE_MAX);
	STATIC_ASSERT(VIRTQ_SIZE_MAX <= 128, "a queue fits into a page");
	if (page_alloc(0, ALLOC_ZERO, &page))
		return -ENOMEM;
	virtq_init(q, size, page_virt(page));
	io_write32(dev->base, VMMIO_QUEUE_SIZE, size);
	virtio_mmio_set_address(dev, VMMIO_QUEUE_DESC, q->desc);
	virtio_mmio_set_address(dev, VMMIO_QUEUE_AVAIL, q->avail);
	virtio_mmio_set_address(dev, VMMIO_QUEUE_USED, q->used);
	arch_io_mb();
	io_write32(dev->base, VMMIO_QUEUE_READY, 1);
	return 0;
}

void virtio_start(struct virtio_device *dev)
{
	virtio_add_status(dev, VIRTIO_DRIVER_OK);
}

void virtio_notify(struct virtio_device *dev, u32 index)
{
	arch_io_mb();
	io_write32(dev->base, VMMIO_QUEUE_NOTIFY, index);
}

u32 virtio_config_read32(struct virtio_device *dev, u32 offset)
{
	return io_read32(dev->base, VMMIO_CONFIG + offset);
}

/* A change of the configuration needs nothing: no driver keeps a copy. */
static void virtio_mmio_interrupt(void *arg)
{
	struct virtio_device *dev = arg;
	u32 status = io_read32(dev->base, VMMIO_IRQ_STATUS);

	io_write32(dev->base, VMMIO_IRQ_ACK, status);
	/* The device's acknowledge comes before our look at its queues. */
	arch_io_mb();
	dev->irq_count++;
	if (status & VMMIO_IRQ_USED)
		dev->driver->interrupt(dev);
}

static const struct virtio_driver *virtio_find_driver(enum virtio_type type)
{
	for (const struct virtio_driver *d = __virtio_drivers_start; d < __virtio_drivers_stop; d++)
		if (d->type == type)
			return d;
	return NULL;
}

static int virtio_bind(struct virtio_device *dev, bool edge)
{
	int err = virtio_negotiate(dev, dev->driver->features);

	if (!err)
		err = irq_request(dev->intid, edge ? IRQ_EDGE : IRQ_LEVEL, virtio_mmio_interrupt, dev,
				  dev->driver->name);
	if (err)
		return err;
	err = dev->driver->probe(dev);
	if (err)
		irq_free(dev->intid);
	return err;
}

/* Enters a device in the list and finds its driver.  0, -ENODEV when nobody knows it, or -ENOMEM. */
static int virtio_device_new(volatile void *base, struct virtio_device **out)
{
	struct virtio_device *dev = kzalloc(sizeof(*dev), 0);

	if (!dev)
		return -ENOMEM;
	dev->base = base;
	dev->index = virtio_count++;
	dev->type = io_read32(base, VMMIO_DEVICE_ID);
	dev->driver = virtio_find_driver(dev->type);
	list_push_back(&all_virtio_devices, &dev->all);
	*out = dev;
	return dev->driver ? 0 : -ENODEV;
}

static int virtio_mmio_probe(int node)
{
	struct virtio_device *dev;
	volatile void *base;
	paddr_t pa;
	bool edge;
	u64 size;
	int err;

	err = dt_reg(&machine_dt, node, 0, &pa, &size);
	if (err)
		return err;
	base = virtio_mmio_map(pa, size);
	/* Most slots are empty: nothing more is read of them. */
	if (io_read32(base, VMMIO_MAGIC) != VMMIO_MAGIC_VALUE || !io_read32(base, VMMIO_DEVICE_ID))
		return -ENODEV;
	if (io_read32(base, VMMIO_VERSION) != VMMIO_MODERN) {
		log_warn("virtio: the device at %lx is a legacy one: use force-legacy=false", pa);
		return -ENODEV;
	}
	err = virtio_device_new(base, &dev);
	if (!err)
		err = machine_irq(&machine_dt, node, 0, &dev->intid, &edge);
	if (err)
		return err;
	err = virtio_bind(dev, edge);
	if (err)
		virtio_add_status(dev, VIRTIO_FAILED);
	return err;
}

static const char *const virtio_mmio_compatible[] = { "virtio,mmio", NULL };
DRIVER(virtio_mmio_driver, .name = "virtio-mmio", .compatible = virtio_mmio_compatible,
       .phase = DRIVER_DEVICE, .probe = virtio_mmio_probe);
