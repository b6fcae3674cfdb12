/*
 * Stages 8, 27, 28, 33, 34 and 51: console, interrupt controller, real-time clock, UART, virtio.
 */
#include <arch/arch.h>
#include <kernel/boot.h>
#include <kernel/control.h>
#include <kernel/cpu.h>
#include <kernel/errno.h>
#include <kernel/io.h>
#include <kernel/irq.h>
#include <kernel/log.h>
#include <kernel/machine.h>
#include <kernel/rtc.h>
#include <kernel/stage.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/uart.h>
#include <kernel/virtio_console.h>

/* Waiting in these stages ends after this; the machine is emulated and may be slow. */
#define DRIVER_STAGE_LIMIT (5 * (nsec_t)NSEC_PER_SEC)

#define WAIT_UNTIL(cond)                                                                           \
	do {                                                                                       \
		nsec_t end_ = time_mono() + DRIVER_STAGE_LIMIT;                                    \
		while (!(cond) && time_mono() < end_)                                              \
			arch_cpu_relax();                                                          \
		EXPECT(cond);                                                                      \
	} while (0)

/* ---- boot.earlycon ---------------------------------------------------------------------------- */

/* DDI 0183 3.3.15 and 3.3.16: the four bytes of each, in the low byte of a word. */
enum { PL011_PERIPH_ID = 0xfe0, PL011_CELL_ID = 0xff0 };
enum { PL011_PART = 0x011, PRIMECELL = 0xb105f00d, PL011_PART_MASK = 0xfff };

static u32 primecell_word(volatile void *base, u32 offset)
{
	u32 word = 0;

	for (u32 i = 0; i < 4; i++)
		word |= (io_read32(base, offset + 4 * i) & 0xff) << 8 * i;
	return word;
}

void stage_boot_earlycon(void)
{
	int chosen = dt_find_path(&machine_dt, "/chosen");
	const char *path = dt_prop_string(&machine_dt, chosen, "stdout-path");
	static const char line[] = "Cairn: this is the early console";
	paddr_t base = 0;
	u64 size = 0;
	u64 before;

	EXPECT(path);
	EXPECT_OK(dt_reg(&machine_dt, dt_find_path(&machine_dt, path), 0, &base, &size));
	EXPECT_EQ(machine.uart.base, base);
	EXPECT(uart.base);
	EXPECT_EQ(primecell_word(uart.base, PL011_CELL_ID), (u32)PRIMECELL);
	EXPECT_EQ(primecell_word(uart.base, PL011_PERIPH_ID) & PL011_PART_MASK, (u32)PL011_PART);

	/* Polled: the line is with the port when log_info() returns, every byte of it. */
	EXPECT(!uart.interrupts);
	before = uart.tx_bytes;
	EXPECT_GT(before, 0ul);
	log_info("%s", line);
	EXPECT_EQ(uart.tx_bytes - before, strlen(line) + 2);
	EXPECT(uart_idle());
	EXPECT_EQ(uart.column, 0u);
}

/* ---- irq.gic, irq.sgi ------------------------------------------------------------------------- */

/* What a test interrupt saw. */
static struct seen_irq {
	u32 calls;
	u32 in_interrupt;
	u32 irqs_on;
	u32 cpu;
	u32 nested; /* still running when the next one came */
	bool running;
} seen_irq;

static void seen_irq_handler(void *arg)
{
	struct seen_irq *seen = arg;

	seen->nested += seen->running;
	seen->running = true;
	seen->in_interrupt += in_interrupt();
	seen->irqs_on += arch_irqs_enabled();
	seen->cpu = this_cpu()->id;
	WRITE_ONCE(seen->calls, seen->calls + 1);
	seen->running = false;
}

/* A shared interrupt that no device of the machine uses: the last one below 256 that is free. */
static u32 unused_spi(void)
{
	u32 intid = 255;

	while (irq_lines[intid].handler)
		intid--;
	return intid;
}

void stage_irq_gic(void)
{
	u32 intid = unused_spi();

	EXPECT(irq_chip);
	EXPECT(!strcmp(irq_chip->name, machine.gic == GIC_V3 ? "gicv3" : "gicv2"));
	EXPECT(arch_irqs_enabled());
	seen_irq = (struct seen_irq){ 0 };
	EXPECT_GE(intid, (u32)IRQ_FIRST_SPI);
	EXPECT_OK(irq_request(intid, IRQ_EDGE, seen_irq_handler, &seen_irq, "stage"));
	EXPECT_EQ(irq_request(intid, IRQ_EDGE, seen_irq_handler, &seen_irq, "stage"), -EBUSY);
	EXPECT_EQ(irq_request(IRQ_MAX, IRQ_EDGE, seen_irq_handler, &seen_irq, "stage"), -EINVAL);

	irq_chip->set_pending(intid);
	WAIT_UNTIL(READ_ONCE(seen_irq.calls) == 1);
	EXPECT_EQ(seen_irq.cpu, 0u);
	EXPECT(!irq_chip->pending(intid));

	/* Masked it waits; unmasked it comes. */
	irq_chip->mask(intid);
	irq_chip->set_pending(intid);
	delay_ns(10 * NSEC_PER_USEC);
	EXPECT_EQ(READ_ONCE(seen_irq.calls), 1u);
	EXPECT(irq_chip->pending(intid));
	irq_chip->unmask(intid);
	WAIT_UNTIL(READ_ONCE(seen_irq.calls) == 2);
	EXPECT_EQ(irq_lines[intid].count, 2ul);
	irq_free(intid);
	EXPECT(!irq_lines[intid].handler);
}

void stage_irq_sgi(void)
{
	u64 before;

	seen_irq = (struct seen_irq){ 0 };
	EXPECT_OK(irq_request(IPI_TEST, IRQ_EDGE, seen_irq_handler, &seen_irq, "stage"));
	preempt_disable();
	before = this_cpu()->irq_count;
	/* The second one arrives only if the first was completed. */
	for (u32 i = 1; i <= 3; i++) {
		irq_chip->send_ipi(1UL << this_cpu()->id, IPI_TEST);
		WAIT_UNTIL(READ_ONCE(seen_irq.calls) == i);
	}
	EXPECT_EQ(seen_irq.cpu, this_cpu()->id);
	EXPECT_GE(this_cpu()->irq_count - before, 3ul);
	preempt_enable();
	EXPECT_EQ(seen_irq.in_interrupt, 3u);
	EXPECT_EQ(seen_irq.irqs_on, 0u);
	EXPECT_EQ(seen_irq.nested, 0u);
	EXPECT(!in_interrupt());
	EXPECT(!irq_chip->pending(IPI_TEST));

	/* With interrupts off it stays pending, and comes when they are on again. */
	arch_irq_disable();
	irq_chip->send_ipi(1UL << this_cpu()->id, IPI_TEST);
	delay_ns(10 * NSEC_PER_USEC);
	EXPECT_EQ(READ_ONCE(seen_irq.calls), 3u);
	EXPECT(irq_chip->pending(IPI_TEST));
	arch_irq_enable();
	WAIT_UNTIL(READ_ONCE(seen_irq.calls) == 4);
	irq_free(IPI_TEST);
}

/* ---- time.rtc --------------------------------------------------------------------------------- */

enum { RTC_YEAR_2020 = 1577836800, RTC_SLACK_S = 2 };

void stage_time_rtc(void)
{
	u64 rtc = rtc_seconds();
	u64 real = time_real() / NSEC_PER_SEC;
	nsec_t mono;

	EXPECT_GT(rtc, (u64)RTC_YEAR_2020);
	/* The clock was set to whole seconds, at boot. */
	EXPECT_LE(real, rtc + RTC_SLACK_S);
	EXPECT_GE(real + RTC_SLACK_S, rtc);

	mono = time_mono();
	real = time_real();
	delay_ns(NSEC_PER_MSEC);
	EXPECT_GE(time_real() - real, (u64)NSEC_PER_MSEC);
	/* Setting the wall clock moves nothing else. */
	time_set_real(real + NSEC_PER_SEC);
	EXPECT_GE(time_real(), real + NSEC_PER_SEC);
	EXPECT_LT(time_mono() - mono, (u64)NSEC_PER_SEC);
	time_set_real(time_real() - NSEC_PER_SEC);
}

/* ---- irq.uart --------------------------------------------------------------------------------- */

void stage_irq_uart(void)
{
	static const char line[] = "irq.uart: these bytes leave by interrupt, sixteen and more of them "
				   "behind the few that prime the port";
	u64 bytes, by_interrupt, polled, irqs;
	irqflags_t flags;

	EXPECT(uart.interrupts);
	WAIT_UNTIL(uart_idle());
	bytes = uart.tx_bytes;
	by_interrupt = uart.tx_by_interrupt;
	polled = uart.tx_polled;
	irqs = uart.irq_count;

	/* Without interrupts only the priming bytes leave. */
	flags = arch_irq_save();
	log_info("%s", line);
	EXPECT_EQ(ring_used(&uart.tx) + (uart.tx_bytes - bytes), strlen(line) + 2);
	EXPECT_GT(ring_used(&uart.tx), 64u);
	delay_ns(10 * NSEC_PER_USEC);
	EXPECT_GT(ring_used(&uart.tx), 64u);
	arch_irq_restore(flags);

	WAIT_UNTIL(ring_empty(&uart.tx));
	EXPECT_GE(uart.tx_bytes - bytes, strlen(line) + 2);
	EXPECT_GT(uart.tx_by_interrupt - by_interrupt, 64ul);
	EXPECT_EQ(uart.tx_polled, polled);
	EXPECT_GT(uart.irq_count, irqs);
	EXPECT_GT(irq_lines[machine.uart_intid].count, 0ul);
}

/* ---- dev.virtio ------------------------------------------------------------------------------- */

static void expect_port_sends(struct vport *p, u32 n)
{
	u64 before = p->tx_bytes;
	struct vport_buffer *b;

	EXPECT_OK(vport_start_tx(p));
	WAIT_UNTIL((b = vport_take_tx(p)));
	memset(b->data, '\n', n);
	vport_submit(p, b, n);
	EXPECT_EQ(p->tx_bytes - before, (u64)n);
	/* The device gives the buffer back when the host has the bytes. */
	WAIT_UNTIL((vport_is_writable(p), p->tx_in_flight == 0));
}

/* The host answers a record "echo TEXT" on the control port with TEXT on the same port. */
static void expect_port_echoes(struct vport *p)
{
	static const char ask[] = "echo dev.virtio\n";
	u64 interrupts = p->rx_interrupts;
	struct vport_buffer *b;

	EXPECT_OK(vport_start_rx(p));
	control_write(ask, sizeof(ask) - 1);
	/* Who looks for bytes takes them from the interrupt. */
	WAIT_UNTIL(READ_ONCE(p->rx_interrupts) > interrupts);
	b = vport_filled(p);
	EXPECT(b);
	EXPECT_EQ(b->length - b->offset, (u32)strlen("dev.virtio\n"));
	EXPECT(!memcmp(b->data + b->offset, "dev.virtio\n", b->length - b->offset));
	vport_recycle(p, b);
	vport_notify_rx(p);
}

void stage_dev_virtio(void)
{
	static const char *const names[] = { "cairn.control", "cairn.stdin", "cairn.stdout",
					     "cairn.stderr" };
	struct virtio_device *dev;
	struct vport *p = NULL;

	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		p = vport_find(names[i]);
		EXPECT(p);
		EXPECT(!strcmp(p->name, names[i]));
	}
	dev = p->console->dev;
	EXPECT_EQ(dev->type, VIRTIO_CONSOLE);
	EXPECT(dev->features & 1UL << VIRTIO_F_VERSION_1);
	EXPECT(!list_empty(&all_virtio_devices));
	EXPECT(irq_lines[dev->intid].handler);

	p = vport_find("cairn.control");
	EXPECT(p->host_open);
	/* Empty lines mean nothing on the control port. */
	expect_port_sends(p, 1);
	expect_port_sends(p, p->tx_buffer[0].size);
	/* When an answer comes is up to the host: it would make a repeatable run differ. */
	if (!boot_options.icount)
		expect_port_echoes(p);
}
