/*
 * The machine's serial port: log lines come in through struct console, bytes of the terminal through
 * the functions below.  kernel/drivers/pl011.c
 */
#pragma once

#include <kernel/ring.h>
#include <kernel/spinlock.h>
#include <kernel/types.h>

/* The terminal on top of the port.  Called in any context, with rx_lock or no lock held; must not sleep. */
struct uart_client {
	u32 (*room)(void);                       /* how many bytes receive() would take now */
	void (*receive)(const u8 *bytes, u32 n); /* came in from outside */
	void (*writable)(void);                  /* uart_room() has grown to half the ring or more */
};

enum { UART_RING_SIZE = 8192 };

/* Fields: (u) uart.lock  (!) set when found */
struct uart {
	struct spinlock lock;            /* irqsave; nothing is logged or woken under it */
	struct spinlock rx_lock;         /* irqsave; outside the client's locks and .lock: bytes keep order */
	volatile void *base;             /* (!) registers; NULL: the machine has no port */
	bool interrupts;                 /* (!) false: still polled */
	bool sending;                    /* (u) the transmit interrupt is on */
	bool held;                       /* (u) the receive interrupt is off: the client has no room */
	bool starved;                    /* (u) somebody waits for writable() */
	u32 column;                      /* (u) of the cursor */
	const struct uart_client *client;
	struct ring tx;                  /* (u) not yet given to the port */
	u64 tx_bytes, rx_bytes;          /* (u) */
	u64 tx_by_interrupt;             /* (u) of tx_bytes, sent by the interrupt handler */
	u64 tx_polled;                   /* (u) of tx_bytes, sent while waiting for the port */
	u64 irq_count, rx_overruns;      /* (u) */
	u8 tx_buffer[UART_RING_SIZE];
};

extern struct uart uart;

/* Maps and enables the port at `base`, polled, and makes it the log's console.  Boot CPU, before all else. */
void uart_early_init(paddr_t base);

/* Queues up to n bytes, as they are; what was taken, 0 while the ring is full.  Any context. */
size_t uart_write(const u8 *bytes, size_t n);

/* How many bytes uart_write() would take now; asking when it is little requests a writable().  Any context. */
size_t uart_room(void);

/* True when everything written has been handed to the port.  Any context. */
bool uart_idle(void);

/* Waits, by polling, until everything written is out: before the machine ends.  Any context. */
void uart_drain(void);

/* The client has room again: takes what the port has kept meanwhile.  Any context, no client's lock held. */
void uart_resume(void);

void uart_set_client(const struct uart_client *client);
