/*
 * Timers of a process that end in a signal: setitimer(ITIMER_REAL) and timer_create().
 * kernel/proc/proc_timer.c
 */
#pragma once

#include <kernel/list.h>
#include <kernel/timer.h>
#include <kernel/types.h>
#include <uapi/signal.h>
#include <uapi/time.h>

struct proc;

enum { PROC_TIMER_REAL = -1, PROC_TIMERS_MAX = 256 };

/* Fields: (t) proc_timers_mutex  (!) set at creation  (f) written by fire() and, with it cancelled, (t) */
struct proc_timer {
	struct list_node node;   /* (t) on proc->timers */
	struct timer timer;
	struct proc *proc;       /* (!) it ends before its process does */
	s32 id;                  /* (!) PROC_TIMER_REAL for setitimer()'s */
	enum clock_id clock;     /* (!) */
	s32 notify;              /* (!) enum sigev_notify */
	pid_t tid;               /* (!) with SIGEV_THREAD_ID */
	siginfo_t info;          /* (!) what it sends, but for the overrun */
	nsec_t interval;         /* (t) 0: once */
	s32 overrun;             /* (f) expirations that the last signal stands for, less one */
};

/* Deletes the timers that exec does not keep (all but ITIMER_REAL).  Of current.  May sleep. */
void proc_timers_exec(struct proc *p);
/* Deletes all: the process has no thread any more.  May sleep. */
void proc_timers_exit(struct proc *p);
