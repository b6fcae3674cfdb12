/*
 * Virtio-serial, the multiport virtio console (Virtual I/O Device 1.1, 5.3).  Brings the ports up at
 * boot by the control queue and moves their buffers; files on top are vport.c.
 *
 * Received buffers wait in order until somebody reads them: when none is left with the device the host
 * is held back.  A port once opened stays open towards the host, so nothing queued is ever thrown away.
 * Transmit interrupts are on only while a writer waits.  Ports that are plugged in later are not served.
 */
#include <kernel/virtio_console.h>
#include <arch/arch.h>
#include <kernel/control.h>
#include <kernel/errno.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <kernel/printf.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/time.h>

enum { VIRTIO_CONSOLE_F_MULTIPORT = 1 };
enum { VCONSOLE_CONFIG_MAX_PORTS = 4 };

/* How long a host that is connected may take nothing before what is left is given up. */
#define VPORT_DRAIN_NS (60 * (nsec_t)NSEC_PER_SEC)

/* 5.3.2: port 0 has queues 0 and 1, control 2 and 3, port n the pair 2n + 2, 2n + 3. */
enum vconsole_queue { VCONSOLE_CONTROL_RX = 2, VCONSOLE_CONTROL_TX = 3 };
enum { VCONSOLE_QUEUE_SIZE = 64 };

/* 5.3.6.2 */
enum vconsole_event {
	VCONSOLE_DEVICE_READY,
	VCONSOLE_PORT_ADD,
	VCONSOLE_PORT_REMOVE,
	VCONSOLE_PORT_READY,
	VCONSOLE_CONSOLE_PORT,
	VCONSOLE_RESIZE,
	VCONSOLE_PORT_OPEN,
	VCONSOLE_PORT_NAME,
};

struct vconsole_message {
	u32 port;
	u16 event; /* enum vconsole_event */
	u16 value;
	char name[]; /* of VCONSOLE_PORT_NAME */
};

/* The control page: buffers for messages from the device, and a last one for ours. */
enum { VCONSOLE_SLOT = 128, VCONSOLE_SLOTS = PAGE_SIZE / VCONSOLE_SLOT - 1 };

static struct vconsole *vconsole; /* the first device; a second one is left alone */
static struct vport *control_port;

static u32 vport_queue(const struct vport *p)
{
	return p->id ? 2 * p->id + 2 : 0;
}

/* ---- Buffers ---------------------------------------------------------------------------------- */

/* Moves what the device has received to the readers' list. */
static void vport_collect_rx(struct vport *p) REQUIRES(p->lock)
{
	struct vport_buffer *b;
	u32 written;

	while ((b = virtq_take(&p->rx, &written))) {
		b->offset = 0;
		b->length = MIN(written, b->size);
		p->rx_bytes += b->length;
		list_push_back(&p->filled, &b->node);
	}
}

static void vport_collect_tx(struct vport *p) REQUIRES(p->lock)
{
	struct vport_buffer *b;
	u32 written;

	while ((b = virtq_take(&p->tx, &written))) {
		list_push_back(&p->tx_free, &b->node);
		p->tx_in_flight--;
	}
}

static void vport_add_rx(struct vport *p, struct vport_buffer *b) REQUIRES(p->lock)
{
	struct virtq_buffer chain = { virt_to_phys(b->data), b->size, true };

	/* There are no more buffers than descriptors. */
	if (virtq_add(&p->rx, &chain, 1, b))
		log_warn("virtio-console: port %u lost a buffer", p->id);
}

struct vport_buffer *vport_filled(struct vport *p)
{
	irqflags_t flags = spin_lock_irqsave(&p->lock);
	struct vport_buffer *b;

	if (list_empty(&p->filled))
		vport_collect_rx(p);
	b = list_first_entry(&p->filled, struct vport_buffer, node);
	spin_unlock_irqrestore(&p->lock, flags);
	return b;
}

void vport_recycle(struct vport *p, struct vport_buffer *b)
{
	irqflags_t flags = spin_lock_irqsave(&p->lock);

	list_remove(&b->node);
	vport_add_rx(p, b);
	spin_unlock_irqrestore(&p->lock, flags);
}

void vport_notify_rx(struct vport *p)
{
	irqflags_t flags = spin_lock_irqsave(&p->lock);
	bool notify = virtq_publish(&p->rx);

	spin_unlock_irqrestore(&p->lock, flags);
	if (notify)
		virtio_notify(p->console->dev, vport_queue(p));
}

bool vport_is_readable(struct vport *p)
{
	irqflags_t flags = spin_lock_irqsave(&p->lock);
	bool host_open = p->host_open;
	bool readable;

	/* The host's close was seen before this look: what it sent earlier is found. */
	vport_collect_rx(p);
	readable = !list_empty(&p->filled) || !host_open;
	spin_unlock_irqrestore(&p->lock, flags);
	return readable;
}

struct vport_buffer *vport_take_tx(struct vport *p)
{
	irqflags_t flags = spin_lock_irqsave(&p->lock);
	struct vport_buffer *b;

	vport_collect_tx(p);
	b = list_pop_front_entry(&p->tx_free, struct vport_buffer, node);
	spin_unlock_irqrestore(&p->lock, flags);
	return b;
}

void vport_submit(struct vport *p, struct vport_buffer *b, u32 n)
{
	struct virtq_buffer chain = { virt_to_phys(b->data), n, false };
	irqflags_t flags = spin_lock_irqsave(&p->lock);
	bool notify = false;

	if (!n || virtq_add(&p->tx, &chain, 1, b)) {
		list_push_back(&p->tx_free, &b->node);
	} else {
		p->tx_in_flight++;
		p->tx_bytes += n;
		notify = virtq_publish(&p->tx);
	}
	spin_unlock_irqrestore(&p->lock, flags);
	if (notify)
		virtio_notify(p->console->dev, vport_queue(p) + 1);
}

bool vport_is_writable(struct vport *p)
{
	irqflags_t flags = spin_lock_irqsave(&p->lock);
	bool writable;

	vport_collect_tx(p);
	if (list_empty(&p->tx_free)) {
		p->tx_waits++;
		if (virtq_interrupts(&p->tx, true))
			vport_collect_tx(p);
	}
	writable = p->host_open && !list_empty(&p->tx_free);
	spin_unlock_irqrestore(&p->lock, flags);
	return writable;
}

static int vport_buffer_alloc(struct vport_buffer *b, u32 order)
{
	struct page *page;
	int err = page_alloc(order, 0, &page);

	if (err)
		return err;
	b->data = page_virt(page);
	b->size = PAGE_SIZE << order;
	return 0;
}

int vport_start_rx(struct vport *p)
{
	if (READ_ONCE(p->rx_count) == VPORT_RX_BUFFERS)
		return 0;
	mutex_lock(&p->setup_lock);
	while (p->rx_count < VPORT_RX_BUFFERS) {
		struct vport_buffer *b = &p->rx_buffer[p->rx_count];
		irqflags_t flags;

		if (vport_buffer_alloc(b, 0))
			break;
		flags = spin_lock_irqsave(&p->lock);
		vport_add_rx(p, b);
		p->rx_count++;
		spin_unlock_irqrestore(&p->lock, flags);
	}
	mutex_unlock(&p->setup_lock);
	vport_notify_rx(p);
	return p->rx_count ? 0 : -ENOMEM;
}

int vport_start_tx(struct vport *p)
{
	if (READ_ONCE(p->tx_count) == VPORT_TX_BUFFERS)
		return 0;
	mutex_lock(&p->setup_lock);
	while (p->tx_count < VPORT_TX_BUFFERS) {
		struct vport_buffer *b = &p->tx_buffer[p->tx_count];

		if (vport_buffer_alloc(b, VPORT_TX_ORDER))
			break;
		p->tx_count++;
		vport_submit(p, b, 0);
	}
	mutex_unlock(&p->setup_lock);
	return p->tx_count ? 0 : -ENOMEM;
}

/* ---- Control messages ------------------------------------------------------------------------- */

static void vconsole_handle(struct vconsole *c, const struct vconsole_message *m, u32 length)
	REQUIRES(c->lock)
{
	struct vport *p;

	if (length < sizeof(*m) || m->port >= c->port_count)
		return;
	p = c->ports[m->port];
	spin_lock(&p->lock);
	switch ((enum vconsole_event)m->event) {
	case VCONSOLE_PORT_ADD:
		p->present = true;
		break;
	case VCONSOLE_PORT_REMOVE:
		p->present = p->host_open = false;
		break;
	case VCONSOLE_PORT_OPEN:
		p->host_open = m->value;
		break;
	case VCONSOLE_PORT_NAME:
		length = MIN(length - sizeof(*m) + 1, sizeof(p->name));
		strlcpy(p->name, m->name, length);
		break;
	default:
		break;
	}
	spin_unlock(&p->lock);
	wait_queue_wake_all(&p->readable);
	wait_queue_wake_all(&p->writable);
}

/* Handles the messages that have come and gives their buffers back. */
static void vconsole_poll_control(struct vconsole *c)
{
	irqflags_t flags = spin_lock_irqsave(&c->lock);
	void *slot;
	u32 length;

	while ((slot = virtq_take(&c->control_rx, &length))) {
		struct virtq_buffer chain = { virt_to_phys(slot), VCONSOLE_SLOT, true };

		vconsole_handle(c, slot, MIN(length, (u32)VCONSOLE_SLOT));
		if (virtq_add(&c->control_rx, &chain, 1, slot))
			break;
	}
	if (virtq_publish(&c->control_rx))
		virtio_notify(c->dev, VCONSOLE_CONTROL_RX);
	spin_unlock_irqrestore(&c->lock, flags);
}

/*
 * Sends a control message and waits until the device has taken it; what it answers at once is then
 * handled.  May sleep.
 */
static void vconsole_send(struct vconsole *c, u32 port, enum vconsole_event event, u16 value)
{
	struct vconsole_message *m = (void *)(c->control_page + VCONSOLE_SLOTS * VCONSOLE_SLOT);
	struct virtq_buffer chain = { virt_to_phys(m), sizeof(*m), false };
	nsec_t end;
	u32 written;

	mutex_lock(&c->control_lock);
	*m = (struct vconsole_message){ .port = port, .event = event, .value = value };
	end = time_mono() + NSEC_PER_SEC;
	if (!virtq_add(&c->control_tx, &chain, 1, m)) {
		if (virtq_publish(&c->control_tx))
			virtio_notify(c->dev, VCONSOLE_CONTROL_TX);
		while (!virtq_take(&c->control_tx, &written) && time_mono() < end)
			arch_cpu_relax();
	}
	mutex_unlock(&c->control_lock);
	vconsole_poll_control(c);
}

void vport_open(struct vport *p)
{
	irqflags_t flags = spin_lock_irqsave(&p->lock);
	bool first = !p->guest_open;

	p->guest_open = true;
	spin_unlock_irqrestore(&p->lock, flags);
	if (first)
		vconsole_send(p->console, p->id, VCONSOLE_PORT_OPEN, 1);
}

/* ---- The device ------------------------------------------------------------------------------- */

/* What is there counts, not who collected it: a reader or writer may have looked just before. */
static void vport_interrupt(struct vport *p)
{
	irqflags_t flags = spin_lock_irqsave(&p->lock);
	bool readable, writable;

	vport_collect_rx(p);
	vport_collect_tx(p);
	readable = !list_empty(&p->filled);
	writable = !list_empty(&p->tx_free);
	p->rx_interrupts += readable;
	if (writable)
		virtq_interrupts(&p->tx, false);
	spin_unlock_irqrestore(&p->lock, flags);
	if (readable)
		wait_queue_wake_all(&p->readable);
	if (writable)
		wait_queue_wake_all(&p->writable);
}

static void vconsole_interrupt(struct virtio_device *dev)
{
	struct vconsole *c = dev->private;

	if (!c)
		return;
	for (u32 i = 0; i < c->port_count; i++)
		if (c->ports[i]->present)
			vport_interrupt(c->ports[i]);
	if (virtq_has_used(&c->control_rx))
		vconsole_poll_control(c);
}

static int vport_create(struct vconsole *c, u32 id)
{
	struct vport *p = kzalloc(sizeof(*p), 0);
	int err;

	if (!p)
		return -ENOMEM;
	spin_init(&p->lock, "vport");
	p->console = c;
	p->id = id;
	list_init(&p->filled);
	list_init(&p->tx_free);
	mutex_init(&p->setup_lock, "vport.setup_lock");
	mutex_init(&p->read_lock, "vport.read_lock");
	mutex_init(&p->write_lock, "vport.write_lock");
	wait_queue_init(&p->readable);
	wait_queue_init(&p->writable);
	err = virtio_queue_init(c->dev, vport_queue(p), VCONSOLE_QUEUE_SIZE, &p->rx);
	if (!err)
		err = virtio_queue_init(c->dev, vport_queue(p) + 1, VCONSOLE_QUEUE_SIZE, &p->tx);
	if (err) {
		kfree(p);
		return err;
	}
	virtq_interrupts(&p->tx, false);
	c->ports[id] = p;
	c->port_count = id + 1;
	return 0;
}

static int vconsole_setup_control(struct vconsole *c)
{
	struct page *page;
	int err;

	err = virtio_queue_init(c->dev, VCONSOLE_CONTROL_RX, VCONSOLE_QUEUE_SIZE, &c->control_rx);
	if (!err)
		err = virtio_queue_init(c->dev, VCONSOLE_CONTROL_TX, VCONSOLE_QUEUE_SIZE, &c->control_tx);
	if (!err)
		err = page_alloc(0, ALLOC_ZERO, &page);
	if (err)
		return err;
	c->control_page = page_virt(page);
	virtq_interrupts(&c->control_tx, false);
	for (u32 i = 0; !err && i < VCONSOLE_SLOTS; i++) {
		u8 *slot = c->control_page + i * VCONSOLE_SLOT;
		struct virtq_buffer chain = { virt_to_phys(slot), VCONSOLE_SLOT, true };

		err = virtq_add(&c->control_rx, &chain, 1, slot);
	}
	return err;
}

static void vport_register(struct vport *p)
{
	u32 minor = p->console->dev->index * VPORTS_MAX + p->id;

	ksnprintf(p->node_name, sizeof(p->node_name), "vport%up%u", p->console->dev->index, p->id);
	p->node = (struct char_device){ .name = p->node_name, .dev = DEV_MAKE(VPORT_MAJOR, 2 * minor),
					.mode = 0600, .ops = &vport_file_ops, .private = p };
	if (char_device_register(&p->node))
		log_warn("virtio-console: no node for port %u", p->id);
	if (!p->name[0] || strchr(p->name, '/'))
		return;
	ksnprintf(p->alias_name, sizeof(p->alias_name), "virtio-ports/%s", p->name);
	p->alias = (struct char_device){ .name = p->alias_name,
					 .dev = DEV_MAKE(VPORT_MAJOR, 2 * minor + 1),
					 .mode = 0600, .ops = &vport_file_ops, .private = p };
	if (char_device_register(&p->alias))
		log_warn("virtio-console: no node for port %s", p->name);
}

/* Where stage reports go; without it they are only in the table. */
static void control_init(void)
{
	struct vport *p = vport_find("cairn.control");

	if (!p)
		return;
	vport_open(p);
	if (!vport_start_tx(p))
		control_port = p;
}

/* Every message is answered before the device says that it has taken ours, so nothing is waited for. */
static void vconsole_bring_up(struct vconsole *c)
{
	u32 ports = 0;

	virtio_start(c->dev);
	vconsole_poll_control(c);
	vconsole_send(c, 0, VCONSOLE_DEVICE_READY, 1);
	for (u32 i = 0; i < c->port_count; i++) {
		if (!c->ports[i]->present)
			continue;
		vconsole_send(c, i, VCONSOLE_PORT_READY, 1);
		vport_register(c->ports[i]);
		ports++;
	}
	log_info("virtio-console: %u port(s)", ports);
}

static int vconsole_probe(struct virtio_device *dev)
{
	struct vconsole *c;
	u32 max_ports;
	int err;

	if (vconsole || !(dev->features & 1UL << VIRTIO_CONSOLE_F_MULTIPORT))
		return -ENODEV;
	c = kzalloc(sizeof(*c), 0);
	if (!c)
		return -ENOMEM;
	c->dev = dev;
	spin_init(&c->lock, "vconsole");
	mutex_init(&c->control_lock, "vconsole.control_lock");
	max_ports = MIN(virtio_config_read32(dev, VCONSOLE_CONFIG_MAX_PORTS), (u32)VPORTS_MAX);
	err = vconsole_setup_control(c);
	for (u32 i = 0; !err && i < max_ports; i++)
		err = vport_create(c, i);
	if (err)
		return err;
	dev->private = vconsole = c;
	vconsole_bring_up(c);
	control_init();
	return 0;
}

VIRTIO_DRIVER(vconsole_driver, .name = "virtio-console", .type = VIRTIO_CONSOLE,
	      .features = 1UL << VIRTIO_CONSOLE_F_MULTIPORT, .probe = vconsole_probe,
	      .interrupt = vconsole_interrupt);

struct vport *vport_find(const char *name)
{
	for (u32 i = 0; vconsole && i < vconsole->port_count; i++)
		if (vconsole->ports[i]->present && !strcmp(vconsole->ports[i]->name, name))
			return vconsole->ports[i];
	return NULL;
}

bool control_available(void)
{
	return control_port && control_port->host_open;
}

/* Waits for a free buffer: asleep where that is allowed, else by polling for a second. */
static struct vport_buffer *control_buffer(struct vport *p)
{
	bool may_sleep = arch_irqs_enabled() && !current->preempt_count;
	nsec_t end = time_mono() + NSEC_PER_SEC;
	struct vport_buffer *b;

	while (!(b = vport_take_tx(p)) && p->host_open) {
		if (may_sleep)
			wait_event(&p->writable, vport_is_writable(p) || !p->host_open);
		else if (time_mono() > end)
			return NULL;
	}
	return b;
}

void control_write(const char *text, size_t n)
{
	struct vport *p = control_port;

	while (n && control_available()) {
		struct vport_buffer *b = control_buffer(p);
		u32 part;

		if (!b)
			return;
		part = MIN(n, (size_t)b->size);
		memcpy(b->data, text, part);
		vport_submit(p, b, part);
		text += part;
		n -= part;
	}
}

static void vport_drain(struct vport *p)
{
	nsec_t end = time_mono() + VPORT_DRAIN_NS;
	u32 left = VPORT_TX_BUFFERS + 1;

	while (p->host_open && p->tx_in_flight && time_mono() < end) {
		irqflags_t flags = spin_lock_irqsave(&p->lock);

		vport_collect_tx(p);
		if (p->tx_in_flight < left) {
			left = p->tx_in_flight;
			end = time_mono() + VPORT_DRAIN_NS;
		}
		spin_unlock_irqrestore(&p->lock, flags);
	}
}

void vport_drain_all(void)
{
	for (u32 i = 0; vconsole && i < vconsole->port_count; i++)
		vport_drain(vconsole->ports[i]);
}
