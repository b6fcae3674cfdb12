/*
 * Terminals: a line discipline between a device and the programs that read and write it, and the session
 * that it controls.  kernel/tty/tty.c; ldisc.c has the rules for bytes.
 */
#pragma once

#include <kernel/file.h>
#include <kernel/ldisc.h>
#include <kernel/mutex.h>
#include <kernel/spinlock.h>
#include <kernel/wait.h>

struct proc;
struct session;
struct tty;

/* The device under a terminal.  Both are called in any context, with tty.lock held or not. */
struct tty_driver {
	const char *name;
	/* Takes up to n bytes, as they are; how many. */
	size_t (*write)(struct tty *tty, const u8 *bytes, size_t n);
	/* How many write() would take now; tty_writable() is due when it was little and has grown. */
	size_t (*room)(struct tty *tty);
	bool (*idle)(struct tty *tty);     /* everything written is out */
	/* What the port has counted; NULL: it does not count. */
	void (*count)(struct tty *tty, struct serial_counters *out);
	/* A file on the terminal begins (under tty_life_lock: 0 or -EIO) and ends; both may be NULL. */
	int (*open)(struct tty *tty);
	void (*close)(struct tty *tty);
	/* A reader made room for input; may be NULL. */
	void (*consumed)(struct tty *tty);
};

/* Fields: (t) tty.lock, irqsave  (w) write_lock  (!) set at creation */
struct tty {
	const char *name;                  /* (!) below /dev */
	dev_t dev;                         /* (!) */
	const struct tty_driver *driver;   /* (!) */
	struct spinlock lock;              /* inside tree_lock */
	struct ldisc ldisc;                /* (t) */
	struct winsize size;               /* (t) */
	pid_t session;                     /* (t) whose controlling terminal it is, 0: nobody's */
	pid_t foreground;                  /* (t) the group that may read and gets ^C */
	u32 echo_lost;                     /* (t) bytes of echo that found no room */
	bool hung_up;                      /* (t) the other side has gone: end of file, EIO */
	struct mutex write_lock;           /* one write(2) at a time */
	struct wait_queue readable;
	struct wait_queue writable;        /* room was made, or ^Q */
	struct list_node all;              /* on all_ttys; (all_ttys_lock) */
};

extern struct list all_ttys;

/* Makes the terminal usable and puts it on the list.  Once, at boot. */
void tty_register(struct tty *tty);
/* Takes it off the list, before it is freed; nobody has it open or can find it. */
void tty_unregister(struct tty *tty);

/* Bytes came in from the device.  Any context, no lock held; sends signals, echoes, wakes readers. */
void tty_receive(struct tty *tty, const u8 *bytes, size_t n);
/* How many bytes tty_receive() takes now without losing one; consumed() follows when it grows.  Any context. */
u32 tty_input_room(struct tty *tty);
/* The device has room again.  Any context. */
void tty_writable(struct tty *tty);

/* The device has gone: readers see the end of the file, writers -EIO, the session loses it. */
void tty_hang_up(struct tty *tty);

/* Operations of files on terminals; file->private is the struct tty. */
extern const struct file_ops tty_ops;
/*
 * Held from finding a terminal by its session or number until tty_attach(): pseudoterminals come and go.
 */
extern struct mutex tty_life_lock;
/* Makes f a file on the terminal, for an open op that found out which one is meant.  0 or -EIO. */
int tty_attach(struct file *f, struct tty *tty) REQUIRES(tty_life_lock);
/* Then, unless O_NOCTTY: the controlling terminal of a session leader that has none. */
void tty_opened(struct file *f);

/* ---- tty_job.c: the session and its groups ---------------------------------------------------- */

/* The controlling terminal of current, or NULL.  To be followed only under tty_life_lock. */
struct tty *tty_of_current(void);

/*
 * Makes it the controlling terminal of current's session: current must lead one that has none, the
 * terminal must be free (or `steal`, by root).  0 or -EPERM.
 */
int tty_session_begin(struct tty *tty, bool steal);

/*
 * The session loses its terminal: its leader ends or gives it up.  Returns the foreground group, which
 * tty_hang_up_group() must hear of once tree_lock is free; 0: there was none.
 */
pid_t tty_session_end(struct session *s) REQUIRES(tree_lock);
/* SIGHUP and SIGCONT to a group.  Any context, no lock held. */
void tty_hang_up_group(pid_t pgid);

/*
 * A background process wants the terminal: sends `sig` to its group and returns -ERESTARTSYS, or -EIO when
 * that could not stop it.  0 for the foreground, for other terminals, and for SIGTTOU when it is blocked or
 * ignored.
 */
int tty_check_background(struct tty *tty, int sig);

long tty_get_foreground(struct tty *tty, pid_t __user *user);
long tty_set_foreground(struct tty *tty, const pid_t __user *user);
long tty_get_session(struct tty *tty, pid_t __user *user);
/* Sends to every process of the foreground group.  Any context, no lock held. */
void tty_signal_foreground(struct tty *tty, int sig);

/* ---- tty_ioctl.c ------------------------------------------------------------------------------ */

long tty_ioctl(struct file *f, u32 cmd, unsigned long arg);
/* Settings, size and queues, for either side of a pseudoterminal.  -ENOTTY for what is not among them. */
long tty_ioctl_settings(struct tty *tty, u32 cmd, unsigned long arg);
/* Sleeps until what was written is out.  0 or -ERESTARTSYS. */
int tty_drain(struct tty *tty);

/* ---- pty.c ------------------------------------------------------------------------------------ */

enum { PTY_MAX = 64 };

/* Registers /dev/ptmx. */
void pty_init(void);
/* The slave with the lowest number >= from that is in use: its number, dev and owner.  0 or -ENOENT. */
struct pty_info {
	u32 index;
	dev_t dev;
	uid_t uid;
	gid_t gid;
};
int pty_next(u32 from, struct pty_info *info);

/* ---- console.c -------------------------------------------------------------------------------- */

/* The terminal on the machine's serial port. */
extern struct tty console_tty;
