/*
 * The terminal on the machine's serial port, and its names: /dev/ttyAMA0 is the port, /dev/console the same
 * without becoming anybody's controlling terminal, /dev/tty the controlling terminal of who opens it.
 * The kernel's log shares the port; its lines begin at column 0.
 */
#include <kernel/tty.h>

#include <kernel/dev.h>
#include <kernel/errno.h>
#include <kernel/init.h>
#include <kernel/log.h>
#include <kernel/uart.h>

enum { TTY_MAJOR_AMBA = 204, TTY_MINOR_AMBA = 64, TTYAUX_MAJOR = 5 };

static size_t console_tty_write(struct tty *tty, const u8 *bytes, size_t n)
{
	return uart_write(bytes, n);
}

static size_t console_tty_room(struct tty *tty)
{
	return uart_room();
}

static bool console_tty_idle(struct tty *tty)
{
	return uart_idle();
}

static void console_tty_count(struct tty *tty, struct serial_counters *out)
{
	irqflags_t flags = spin_lock_irqsave(&uart.lock);

	out->rx = (s32)uart.rx_bytes;
	out->tx = (s32)uart.tx_bytes;
	out->overrun = (s32)uart.rx_overruns;
	spin_unlock_irqrestore(&uart.lock, flags);
}

static void console_tty_consumed(struct tty *tty)
{
	uart_resume();
}

static const struct tty_driver console_driver = {
	.name = "pl011",
	.write = console_tty_write,
	.room = console_tty_room,
	.idle = console_tty_idle,
	.count = console_tty_count,
	.consumed = console_tty_consumed,
};

struct tty console_tty = {
	.name = "ttyAMA0",
	.dev = DEV_MAKE(TTY_MAJOR_AMBA, TTY_MINOR_AMBA),
	.driver = &console_driver,
};

static void console_uart_receive(const u8 *bytes, u32 n)
{
	tty_receive(&console_tty, bytes, n);
}

static u32 console_uart_room(void)
{
	return tty_input_room(&console_tty);
}

static void console_uart_writable(void)
{
	tty_writable(&console_tty);
}

static const struct uart_client console_client = {
	.receive = console_uart_receive,
	.room = console_uart_room,
	.writable = console_uart_writable,
};

/* ---- /dev ------------------------------------------------------------------------------------ */

static int console_open(struct inode *inode, struct file *f)
{
	int err;

	mutex_lock(&tty_life_lock);
	err = tty_attach(f, &console_tty);
	mutex_unlock(&tty_life_lock);
	return err;
}

/* /dev/tty leads to the terminal itself, whatever it is. */
static int tty_alias_open(struct inode *inode, struct file *f)
{
	struct tty *tty;
	int err;

	mutex_lock(&tty_life_lock);
	tty = tty_of_current();
	err = tty ? tty_attach(f, tty) : -ENXIO;
	mutex_unlock(&tty_life_lock);
	return err;
}

static const struct file_ops console_open_ops = { .name = "console", .open = console_open };
static const struct file_ops tty_alias_ops = { .name = "tty", .open = tty_alias_open };

static struct char_device tty_devices[] = {
	{ .name = "ttyAMA0", .dev = DEV_MAKE(TTY_MAJOR_AMBA, TTY_MINOR_AMBA), .mode = 0600,
	  .ops = &tty_ops, .private = &console_tty },
	{ .name = "tty", .dev = DEV_MAKE(TTYAUX_MAJOR, 0), .mode = 0666, .ops = &tty_alias_ops },
	{ .name = "console", .dev = DEV_MAKE(TTYAUX_MAJOR, 1), .mode = 0600,
	  .ops = &console_open_ops },
};

void console_tty_init(void)
{
	size_t i;

	tty_register(&console_tty);
	pty_init();
	for (i = 0; i < ARRAY_SIZE(tty_devices); i++) {
		if (char_device_register(&tty_devices[i]))
			log_err("tty: /dev/%s is taken", tty_devices[i].name);
	}
	if (uart.base)
		uart_set_client(&console_client);
}
