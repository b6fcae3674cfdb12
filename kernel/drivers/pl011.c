/*
 * Arm PrimeCell UART, PL011 (DDI 0183).  The console of the log from the first line on, later the
 * terminal's port as well.
 *
 * Until its interrupt is up every byte is sent by polling.  From then on bytes go into a ring, a few
 * prime the port, and the transmit interrupt moves the rest.  A log line that finds the ring full makes
 * room by polling: it may come from a context in which nobody can wait.  In a panic all is polled again,
 * without locks.  Line settings are the firmware's.
 */
#include <arch/arch.h>
#include <kernel/atomic.h>
#include <kernel/driver.h>
#include <kernel/errno.h>
#include <kernel/io.h>
#include <kernel/irq.h>
#include <kernel/log.h>
#include <kernel/machine.h>
#include <kernel/uart.h>

/* DDI 0183 3.2 */
enum pl011_register {
	UARTDR   = 0x00,
	UARTFR   = 0x18,
	UARTLCRH = 0x2c,
	UARTCR   = 0x30,
	UARTIFLS = 0x34,
	UARTIMSC = 0x38,
	UARTMIS  = 0x40,
	UARTICR  = 0x44,
};

enum pl011_bits {
	UARTDR_ERROR   = 0xf00,  /* overrun, break, parity, framing */
	UARTDR_OVERRUN = 1 << 11,
	UARTFR_BUSY    = 1 << 3,
	UARTFR_RXFE    = 1 << 4,
	UARTFR_TXFF    = 1 << 5,
	UARTLCRH_FEN   = 1 << 4, /* FIFOs on */
	UARTLCRH_8BITS = 3 << 5,
	UARTCR_UARTEN  = 1 << 0,
	UARTCR_TXE     = 1 << 8,
	UARTCR_RXE     = 1 << 9,
	UART_RXI       = 1 << 4, /* in IMSC, MIS and ICR */
	UART_TXI       = 1 << 5,
	UART_RTI       = 1 << 6, /* bytes wait in the receive FIFO below its trigger level */
	UART_ALL       = 0x7ff,
};

/* Bytes that prime the port, and bytes that one interrupt may send, so that it stays short. */
enum { PL011_PRIME = 8, PL011_BURST = 256, PL011_RX_BATCH = 64 };

struct uart uart = { .lock = SPINLOCK_INIT("uart"), .rx_lock = SPINLOCK_INIT("uart.rx_lock") };

static bool pl011_ready(void)
{
	return !(io_read32(uart.base, UARTFR) & UARTFR_TXFF);
}

/* Lets through the interrupts that are wanted now. */
static void pl011_set_mask(void) REQUIRES(uart.lock)
{
	io_write32(uart.base, UARTIMSC, (uart.held ? 0 : UART_RXI | UART_RTI) |
					(uart.sending ? UART_TXI : 0));
}

/* Gives up to n bytes of the ring to the port, as long as that takes them.  Bytes given. */
static u32 pl011_feed(u32 n)
{
	u32 sent = 0;
	u8 byte;

	while (sent < n && pl011_ready() && ring_get(&uart.tx, &byte)) {
		io_write32(uart.base, UARTDR, byte);
		sent++;
	}
	uart.tx_bytes += sent;
	return sent;
}

/* Sends the whole ring, waiting for the port. */
static void pl011_flush(void)
{
	while (!ring_empty(&uart.tx))
		uart.tx_polled += pl011_feed(PL011_BURST);
}

/* Has the ring sent: by the interrupt, or at once where there is none yet. */
static void pl011_kick(void) REQUIRES(uart.lock)
{
	if (!uart.interrupts) {
		pl011_flush();
	} else if (!uart.sending && !ring_empty(&uart.tx)) {
		uart.sending = true;
		pl011_set_mask();
		pl011_feed(PL011_PRIME);
	}
}

static void pl011_track(u8 byte)
{
	uart.column = byte == '\n' || byte == '\r' ? 0 : uart.column + 1;
}

/* One byte into the ring, making room by polling. */
static void pl011_put(u8 byte)
{
	if (ring_full(&uart.tx))
		uart.tx_polled += pl011_feed(PL011_BURST);
	while (!ring_put(&uart.tx, byte))
		uart.tx_polled += pl011_feed(1);
	pl011_track(byte);
}

/* A line of the log: begun at column 0, its newlines made CR LF. */
static void pl011_put_line(const char *s, size_t n)
{
	if (uart.column) {
		pl011_put('\r');
		pl011_put('\n');
	}
	for (; n; n--, s++) {
		if (*s == '\n')
			pl011_put('\r');
		pl011_put(*s);
	}
}

static void pl011_console_write(const char *s, size_t n)
{
	irqflags_t flags = spin_lock_irqsave(&uart.lock);

	pl011_put_line(s, n);
	pl011_kick();
	spin_unlock_irqrestore(&uart.lock, flags);
}

static void pl011_console_write_polled(const char *s, size_t n)
{
	pl011_flush();
	pl011_put_line(s, n);
	pl011_flush();
}

static const struct console pl011_console = {
	.name = "pl011",
	.write = pl011_console_write,
	.write_polled = pl011_console_write_polled,
};

void uart_early_init(paddr_t base)
{
	ring_init(&uart.tx, uart.tx_buffer, sizeof(uart.tx_buffer));
	uart.base = arch_map_device(base, PAGE_SIZE);
	io_write32(uart.base, UARTIMSC, 0);
	io_write32(uart.base, UARTICR, UART_ALL);
	io_write32(uart.base, UARTLCRH, UARTLCRH_8BITS | UARTLCRH_FEN);
	io_write32(uart.base, UARTCR, UARTCR_UARTEN | UARTCR_TXE | UARTCR_RXE);
	console_register(&pl011_console);
}

size_t uart_write(const u8 *bytes, size_t n)
{
	irqflags_t flags;
	u32 taken;

	if (!uart.base)
		return n;
	flags = spin_lock_irqsave(&uart.lock);
	taken = ring_write(&uart.tx, bytes, MIN(n, (size_t)UART_RING_SIZE));
	for (u32 i = 0; i < taken; i++)
		pl011_track(bytes[i]);
	uart.starved = uart.starved || taken < n;
	pl011_kick();
	spin_unlock_irqrestore(&uart.lock, flags);
	return taken;
}

size_t uart_room(void)
{
	irqflags_t flags;
	u32 room;

	if (!uart.base)
		return UART_RING_SIZE;
	flags = spin_lock_irqsave(&uart.lock);
	room = ring_free(&uart.tx);
	uart.starved = uart.starved || room < UART_RING_SIZE / 2;
	spin_unlock_irqrestore(&uart.lock, flags);
	return room;
}

bool uart_idle(void)
{
	return !uart.base || (ring_empty(&uart.tx) && !(io_read32(uart.base, UARTFR) & UARTFR_BUSY));
}

void uart_drain(void)
{
	irqflags_t flags = spin_lock_irqsave(&uart.lock);

	if (uart.base)
		pl011_flush();
	spin_unlock_irqrestore(&uart.lock, flags);
	while (!uart_idle())
		arch_cpu_relax();
}

void uart_set_client(const struct uart_client *client)
{
	store_release(&uart.client, client);
}

/* Takes up to n bytes that the port has received.  Damaged ones are dropped. */
static u32 pl011_receive(u8 *bytes, u32 max) REQUIRES(uart.lock)
{
	u32 n = 0;

	while (n < max && !(io_read32(uart.base, UARTFR) & UARTFR_RXFE)) {
		u32 data = io_read32(uart.base, UARTDR);

		uart.rx_overruns += !!(data & UARTDR_OVERRUN);
		if (!(data & UARTDR_ERROR & ~UARTDR_OVERRUN))
			bytes[n++] = data;
	}
	uart.rx_bytes += n;
	return n;
}

/*
 * Hands received bytes to the client as far as that has room; the rest stays in the port, which holds the
 * sender back.  The client's room is looked at again after `held` was set, so no uart_resume() is missed.
 */
static void pl011_deliver(const struct uart_client *client)
{
	u8 bytes[PL011_RX_BATCH];
	u32 received, room;
	irqflags_t flags = spin_lock_irqsave(&uart.rx_lock);
	bool was_held;

	do {
		room = client ? client->room() : PL011_RX_BATCH;
		spin_lock(&uart.lock);
		was_held = uart.held;
		uart.held = room == 0;
		if (uart.held != was_held)
			pl011_set_mask();
		received = pl011_receive(bytes, MIN(room, (u32)PL011_RX_BATCH));
		spin_unlock(&uart.lock);
		if (client && received)
			client->receive(bytes, received);
	} while (received || (!room && !was_held));
	spin_unlock_irqrestore(&uart.rx_lock, flags);
}

void uart_resume(void)
{
	if (READ_ONCE(uart.held))
		pl011_deliver(load_acquire(&uart.client));
}

static void pl011_transmit(void) REQUIRES(uart.lock)
{
	uart.tx_by_interrupt += pl011_feed(PL011_BURST);
	if (ring_empty(&uart.tx)) {
		uart.sending = false;
		pl011_set_mask();
	}
}

static void pl011_interrupt(void *arg)
{
	const struct uart_client *client = load_acquire(&uart.client);
	irqflags_t flags = spin_lock_irqsave(&uart.lock);
	bool writable;

	io_write32(uart.base, UARTICR, io_read32(uart.base, UARTMIS));
	uart.irq_count++;
	if (uart.sending)
		pl011_transmit();
	writable = uart.starved && ring_free(&uart.tx) >= UART_RING_SIZE / 2;
	if (writable)
		uart.starved = false;
	spin_unlock_irqrestore(&uart.lock, flags);

	pl011_deliver(client);
	if (client && writable)
		client->writable();
}

/* The port of stdout-path gets its interrupt; any other one is left alone. */
static int pl011_probe(int node)
{
	paddr_t base;
	u64 size;
	int err;

	err = dt_reg(&machine_dt, node, 0, &base, &size);
	if (err || base != machine.uart.base || !uart.base || !machine.uart_intid)
		return err ? err : -ENODEV;
	err = irq_request(machine.uart_intid, IRQ_LEVEL, pl011_interrupt, NULL, "pl011");
	if (err)
		return err;
	uart.interrupts = true;
	pl011_set_mask();
	return 0;
}

static const char *const pl011_compatible[] = { "arm,pl011", NULL };
DRIVER(pl011_driver, .name = "pl011", .compatible = pl011_compatible, .phase = DRIVER_CONSOLE,
       .probe = pl011_probe);
