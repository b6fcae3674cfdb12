/*
 * A machine: one QEMU process with the console, the virtio-serial ports and QMP on sockets.
 * machine.c is the one place that builds QEMU's command line.
 */
#pragma once

#include "image.h"
#include "options.h"

#include <jansson.h>
#include <poll.h>

/* The sockets between us and QEMU. */
enum channel {
	CH_CONSOLE, /* the PL011: the kernel's log */
	CH_CONTROL,
	CH_STDIN,
	CH_STDOUT,
	CH_STDERR,
	CH_QMP,
	CH_ERRORS,  /* QEMU's own standard error, a pipe */
	CH_COUNT,
};

enum machine_end {
	END_NONE,     /* still running */
	END_POWEROFF, /* QMP: guest-shutdown */
	END_RESET,    /* QMP: guest-reset, how the kernel ends when it panics */
	END_QEMU,     /* QEMU itself ended or could not start */
};

/* What is started: options, kernel, initial archive, words of the kernel's command line. */
struct machine_setup {
	const struct machine_opts *opts;
	const char *kernel;
	const char *initrd; /* NULL: none */
	int         initrd_fd; /* with -1 a path, otherwise an open file that initrd is ignored for */
	const char *words;  /* before --append's */
};

struct machine {
	pid_t            pid;
	int              fd[CH_COUNT]; /* -1: closed */
	struct buf       in[CH_COUNT]; /* read and not yet taken */
	enum machine_end end;
	int              memory_fd;    /* a file without a name, for dumps of guest memory */
	int              qmp_pending;  /* commands without an answer */
	json_t          *qmp_answer;
	int64_t          started_ns;
};

/* The initial archive that goes with the machine's kernel.  malloc()ed. */
char *machine_initrd(const struct machine_opts *o);
/* QEMU's command line.  With by_hand the backends are such that it works when typed. */
void machine_command(const struct machine_setup *s, bool by_hand, struct strv *argv);
/* The command line as a shell would take it.  malloc()ed. */
char *machine_command_text(const struct machine_setup *s);

/* Starts QEMU, the CPUs still stopped, then lets them go.  False: see machine_errors(). */
bool machine_start(struct machine *m, const struct machine_setup *s);
/*
 * Waits at most ms milliseconds for something to happen on one of n machines, and reads what there is.
 * Channels in `skip` (bits) are left alone; of the files in extra only readiness is reported.  Returns
 * early when a signal asks to stop.
 */
void machines_poll(struct machine *const *m, int n, unsigned int skip, int ms);
void machine_poll(struct machine *m, unsigned int skip, struct pollfd *extra, int extras, int ms);
/* Closes our end of a channel. */
void machine_close(struct machine *m, enum channel c);
/* A QMP command.  The caller owns the answer; NULL: refused or QEMU is gone.  args may be NULL. */
json_t *machine_qmp(struct machine *m, const char *command, json_t *args);
/* Reads guest memory at a physical address, also of a machine that has ended.  False: QEMU is gone. */
bool machine_memory(struct machine *m, uint64_t addr, size_t len, void *out);
/* Stops the CPUs. */
void machine_pause(struct machine *m);
/* Ends QEMU and frees what it holds. */
void machine_stop(struct machine *m);
/* The first line of what QEMU said on its standard error, without its program's name. */
char *machine_errors(struct machine *m);

/* True after SIGINT, SIGTERM or SIGHUP: the command cleans up and calls stop_finish(). */
bool stop_requested(void);
/* Ends xtask by the signal that asked for it. */
void stop_finish(void) __attribute__((noreturn));
