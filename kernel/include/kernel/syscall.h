/*
 * System calls: one row each in kernel/syscall/syscalls.def.
 *
 * A row yields the prototype long sys_NAME(type arg, ...), the table entry and what decodes it for
 * traces and the debugger.  Values come in x0..x5, the number in x8, the result goes to x0.
 * A body includes this header, so that one that differs from its row does not build.
 */
#pragma once

#include <kernel/types.h>
#include <uapi/signal.h>

struct clone_args;
struct epoll_event;
struct iovec;
struct itimerspec;
struct itimerval;
struct new_utsname;
struct pollfd;
struct rlimit;
struct robust_list_head;
struct rusage;
struct sched_param;
struct stat;
struct statfs;
struct statx;
struct sysinfo;
struct timespec;
struct timeval;
struct timex;
struct timezone;
struct tms;
struct trap_frame;

enum { SYSCALL_ARGS_MAX = 6 };

/* Applies m to each (type, name) pair, with commas between. */
#define SYSCALL_MAP(m, ...)     __VA_OPT__(SYSCALL_MAP1(m, __VA_ARGS__))
#define SYSCALL_MAP1(m, a, ...) m a __VA_OPT__(, SYSCALL_MAP2(m, __VA_ARGS__))
#define SYSCALL_MAP2(m, a, ...) m a __VA_OPT__(, SYSCALL_MAP3(m, __VA_ARGS__))
#define SYSCALL_MAP3(m, a, ...) m a __VA_OPT__(, SYSCALL_MAP4(m, __VA_ARGS__))
#define SYSCALL_MAP4(m, a, ...) m a __VA_OPT__(, SYSCALL_MAP5(m, __VA_ARGS__))
#define SYSCALL_MAP5(m, a, ...) m a __VA_OPT__(, SYSCALL_MAP6(m, __VA_ARGS__))
#define SYSCALL_MAP6(m, a)      m a
#define SYSCALL_PARAMETER(t, n) t n
/* A parameter list, "void" when there are no pairs. */
#define SYSCALL_PARAMETERS(...) SYSCALL_NO_ARGS##__VA_OPT__(_BUT)(__VA_ARGS__)
#define SYSCALL_NO_ARGS()       void
#define SYSCALL_NO_ARGS_BUT(...) SYSCALL_MAP(SYSCALL_PARAMETER, __VA_ARGS__)

#define SYSCALL(nr, name, ...) long sys_##name(SYSCALL_PARAMETERS(__VA_ARGS__));
#define PLANNED SYSCALL
#include "../../syscall/syscalls.def"
#undef SYSCALL
#undef PLANNED

/* One more than the highest number listed. */
enum { SYSCALL_COUNT = 453 };

typedef long (*syscall_fn)(u64, u64, u64, u64, u64, u64);

/* By number; NULL: not there, -ENOSYS. */
extern const syscall_fn syscall_table[SYSCALL_COUNT];

/* What decodes a call, for traces and the debugger.  By number; name NULL: not listed. */
struct syscall_info {
	const char *name;
	u8 arg_count;
	u8 user_mask;                            /* bit n: argument n points into user memory */
	bool exists;                             /* false: planned */
	const char *arg_types[SYSCALL_ARGS_MAX]; /* as in the row: "const char __user *" */
	const char *arg_names[SYSCALL_ARGS_MAX];
};
extern const struct syscall_info syscall_info[SYSCALL_COUNT];

/*
 * Carries out the call in the frame's registers and writes its result to x[0]; orig_x0 and syscall
 * keep what signal delivery needs to restart it.  From the vector, interrupts on; may sleep.
 */
void syscall_dispatch(struct trap_frame *tf);
