/* Stage of signals that are read instead of delivered. */
#include "expect.h"

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static int signalfd_polls(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	EXPECT_OK(poll(&p, 1, 0));
	return p.revents;
}

void stage_sig_signalfd(void)
{
	struct signalfd_siginfo info[4];
	struct epoll_event event = { .events = EPOLLIN };
	union sigval value = { .sival_int = 4711 };
	sigset_t set, other;
	int fd, ep, status;
	pid_t child, self = getpid();

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	EXPECT_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	EXPECT_OK(fd);
	EXPECT_ERRNO(read(fd, info, sizeof(info)), EAGAIN);
	EXPECT_ERRNO(read(fd, info, 100), EINVAL);
	EXPECT_EQ(signalfd_polls(fd), 0);

	EXPECT_OK(sigqueue(self, SIGUSR1, value));
	EXPECT_EQ(signalfd_polls(fd), POLLIN);
	EXPECT_EQ(read(fd, info, sizeof(info)), (ssize_t)sizeof(info[0]));
	EXPECT_EQ(info[0].ssi_signo, (unsigned)SIGUSR1);
	EXPECT_EQ(info[0].ssi_code, SI_QUEUE);
	EXPECT_EQ(info[0].ssi_pid, (unsigned)self);
	EXPECT_EQ(info[0].ssi_int, 4711);
	/* It is gone: neither pending nor to be read again. */
	EXPECT_OK(sigpending(&other));
	EXPECT(!sigismember(&other, SIGUSR1));
	EXPECT_EQ(signalfd_polls(fd), 0);

	/* A wait in epoll ends when one arrives; several are read at once. */
	ep = epoll_create1(0);
	EXPECT_OK(ep);
	EXPECT_OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
	IN_CHILD(child) {
		struct timespec ms = { 0, 3000000 };

		nanosleep(&ms, NULL);
		EXPECT_OK(kill(self, SIGUSR1));
	}
	EXPECT_EQ(epoll_wait(ep, &event, 1, 5000), 1);
	EXPECT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(read(fd, info, sizeof(info)), 2l * (ssize_t)sizeof(info[0]));
	EXPECT_EQ(info[0].ssi_signo, (unsigned)SIGUSR1);
	EXPECT_EQ(info[0].ssi_pid, (unsigned)child);
	EXPECT_EQ(info[1].ssi_signo, (unsigned)SIGCHLD);
	EXPECT_EQ(info[1].ssi_code, CLD_EXITED);
	EXPECT_EQ(info[1].ssi_pid, (unsigned)child);

	/* Another set for the same file; what it does not name stays pending. */
	sigemptyset(&other);
	sigaddset(&other, SIGUSR2);
	EXPECT_EQ(signalfd(fd, &other, 0), fd);
	EXPECT_OK(kill(self, SIGUSR1));
	EXPECT_EQ(signalfd_polls(fd), 0);
	EXPECT_EQ(signalfd(fd, &set, 0), fd);
	EXPECT_EQ(signalfd_polls(fd), POLLIN);
	EXPECT_EQ(read(fd, info, sizeof(info)), (ssize_t)sizeof(info[0]));

	EXPECT_ERRNO(signalfd(STDIN_FILENO, &set, 0), EINVAL);
	EXPECT_ERRNO(signalfd(999, &set, 0), EBADF);
	EXPECT_ERRNO(syscall(SYS_signalfd4, -1, &set, 4, 0), EINVAL);
	EXPECT_ERRNO(syscall(SYS_signalfd4, -1, &set, 8, 1), EINVAL);
	EXPECT_ERRNO(syscall(SYS_signalfd4, -1, (void *)8, 8, 0), EFAULT);
}
