/*
 * Character devices by number.  Drivers register theirs; opening a node with that number reaches their
 * operations, and devtmpfs shows a node for each.  Linux can leave a range of numbers to a driver; here each
 * device is registered by itself.
 */
#include <kernel/dev.h>

#include <kernel/errno.h>
#include <kernel/tmpfs.h>

struct list all_char_devices = LIST_INIT(all_char_devices);
static struct spinlock char_devices_lock = SPINLOCK_INIT("char_devices");

static struct char_device *char_device_search(dev_t dev) REQUIRES(char_devices_lock)
{
	struct char_device *d;

	list_for_each(d, &all_char_devices, node) {
		if (d->dev == dev)
			return d;
	}
	return NULL;
}

struct char_device *char_device_find(dev_t dev)
{
	struct char_device *d;

	spin_lock(&char_devices_lock);
	d = char_device_search(dev);
	spin_unlock(&char_devices_lock);
	return d;
}

int char_device_register(struct char_device *d)
{
	int err = 0;

	spin_lock(&char_devices_lock);
	if (char_device_search(d->dev))
		err = -EBUSY;
	else
		list_push_back(&all_char_devices, &d->node);
	spin_unlock(&char_devices_lock);
	if (err || d->elsewhere)
		return err;
	return devtmpfs_add(d);
}
