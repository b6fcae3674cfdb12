/* epoll(7), eventfd(2) and timerfd_create(2) (Linux). */
#pragma once

#include <kernel/types.h>

enum { EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL, EPOLL_CTL_MOD };

/* Besides the events of poll(2). */
#define EPOLLEXCLUSIVE (1u << 28)
#define EPOLLWAKEUP    (1u << 29)
#define EPOLLONESHOT   (1u << 30)
#define EPOLLET        (1u << 31)

/* Not packed on 64-bit Arm. */
struct epoll_event {
	u32 events;
	u64 data;
};
_Static_assert(sizeof(struct epoll_event) == 16, "struct epoll_event is part of the ABI");

enum { EFD_SEMAPHORE = 1 };
enum { TFD_TIMER_ABSTIME = 1, TFD_TIMER_CANCEL_ON_SET = 2 };
