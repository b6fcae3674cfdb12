/* Linux error numbers (asm-generic).  Functions return them negated. */
#pragma once

#define EPERM            1   /* Operation not permitted */
#define ENOENT           2   /* No such file or directory */
#define ESRCH            3   /* No such process */
#define EINTR            4   /* Interrupted system call */
#define EIO              5   /* I/O error */
#define ENXIO            6   /* No such device or address */
#define E2BIG            7   /* Argument list too long */
#define ENOEXEC          8   /* Exec format error */
#define EBADF            9   /* Bad file descriptor */
#define ECHILD           10  /* No child processes */
#define EAGAIN           11  /* Try again */
#define ENOMEM           12  /* Out of memory */
#define EACCES           13  /* Permission denied */
#define EFAULT           14  /* Bad address */
#define ENOTBLK          15  /* Block device required */
#define EBUSY            16  /* Device or resource busy */
#define EEXIST           17  /* File exists */
#define EXDEV            18  /* Cross-device link */
#define ENODEV           19  /* No such device */
#define ENOTDIR          20  /* Not a directory */
#define EISDIR           21  /* Is a directory */
#define EINVAL           22  /* Invalid argument */
#define ENFILE           23  /* File table overflow */
#define EMFILE           24  /* Too many open files */
#define ENOTTY           25  /* Not a terminal, or an unknown ioctl */
#define ETXTBSY          26  /* Text file busy */
#define EFBIG            27  /* File too large */
#define ENOSPC           28  /* No space left on device */
#define ESPIPE           29  /* Illegal seek */
#define EROFS            30  /* Read-only file system */
#define EMLINK           31  /* Too many links */
#define EPIPE            32  /* Broken pipe */
#define EDOM             33  /* Argument out of domain */
#define ERANGE           34  /* Result out of range */
#define EDEADLK          35  /* Deadlock would occur */
#define ENAMETOOLONG     36  /* File name too long */
#define ENOLCK           37  /* No record locks available */
#define ENOSYS           38  /* Not implemented */
#define ENOTEMPTY        39  /* Directory not empty */
#define ELOOP            40  /* Too many symbolic links */
#define ENOMSG           42  /* No message of desired type */
#define EIDRM            43  /* Identifier removed */
#define ENODATA          61  /* No data available */
#define ETIME            62  /* Timer expired */
#define EPROTO           71  /* Protocol error */
#define EBADMSG          74  /* Not a data message */
#define EOVERFLOW        75  /* Value too large */
#define EILSEQ           84  /* Illegal byte sequence */
#define EUSERS           87  /* Too many users */
#define ENOTSOCK         88  /* Not a socket */
#define EDESTADDRREQ     89  /* Destination address required */
#define EMSGSIZE         90  /* Message too long */
#define EPROTOTYPE       91  /* Wrong protocol type for socket */
#define ENOPROTOOPT      92  /* Protocol not available */
#define EPROTONOSUPPORT  93  /* Protocol not supported */
#define ESOCKTNOSUPPORT  94  /* Socket type not supported */
#define EOPNOTSUPP       95  /* Operation not supported */
#define EPFNOSUPPORT     96  /* Protocol family not supported */
#define EAFNOSUPPORT     97  /* Address family not supported */
#define EADDRINUSE       98  /* Address already in use */
#define EADDRNOTAVAIL    99  /* Cannot assign requested address */
#define ENETDOWN         100 /* Network is down */
#define ENETUNREACH      101 /* Network is unreachable */
#define ECONNABORTED     103 /* Connection aborted */
#define ECONNRESET       104 /* Connection reset by peer */
#define ENOBUFS          105 /* No buffer space available */
#define EISCONN          106 /* Already connected */
#define ENOTCONN         107 /* Not connected */
#define ETIMEDOUT        110 /* Timed out */
#define ECONNREFUSED     111 /* Connection refused */
#define EHOSTUNREACH     113 /* No route to host */
#define EALREADY         114 /* Already in progress */
#define EINPROGRESS      115 /* In progress */
#define ESTALE           116 /* Stale file handle */
#define EDQUOT           122 /* Quota exceeded */
#define ECANCELED        125 /* Operation cancelled */
#define EOWNERDEAD       130 /* Owner died */
#define ENOTRECOVERABLE  131 /* State not recoverable */

#define EWOULDBLOCK      EAGAIN
#define ENOTSUP          EOPNOTSUPP

/* Inside the kernel only: a blocked call was interrupted; signal delivery makes these -EINTR or a
 * restart (kernel/proc/signal.c), a program never sees them. */
#define ERESTARTSYS            512 /* restart if the handler has SA_RESTART, or there is none */
#define ERESTARTNOINTR         513 /* restart always */
#define ERESTARTNOHAND         514 /* restart only if there is no handler */
#define ERESTART_RESTARTBLOCK  516 /* restart through restart_syscall */
