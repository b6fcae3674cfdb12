/* wait4(2) and waitid(2). */
#pragma once

#define WNOHANG    0x00000001
#define WUNTRACED  0x00000002
#define WSTOPPED   WUNTRACED
#define WEXITED    0x00000004
#define WCONTINUED 0x00000008
#define WNOWAIT    0x01000000
#define __WNOTHREAD 0x20000000 /* own children only, not those of other threads */
#define __WALL     0x40000000  /* children of any exit signal */
#define __WCLONE   0x80000000  /* only those whose exit signal is not SIGCHLD */

enum waitid_type { P_ALL, P_PID, P_PGID, P_PIDFD };

/* Wait statuses as wait4 stores them. */
#define WSTATUS_EXIT(code)   (((code) & 0xff) << 8)
#define WSTATUS_SIGNAL(sig)  ((sig) & 0x7f)
#define WSTATUS_CORE         0x80
#define WSTATUS_STOPPED(sig) (((sig) << 8) | 0x7f)
#define WSTATUS_CONTINUED    0xffff
