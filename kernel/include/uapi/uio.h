/* readv(2) and writev(2). */
#pragma once

#include <kernel/types.h>

enum { UIO_FASTIOV = 8, UIO_MAXIOV = 1024 };

struct iovec {
	void __user *iov_base;
	u64 iov_len;
};

/* preadv2(2), pwritev2(2) */
#define RWF_HIPRI  0x00000001
#define RWF_DSYNC  0x00000002
#define RWF_SYNC   0x00000004
#define RWF_NOWAIT 0x00000008
#define RWF_APPEND 0x00000010
