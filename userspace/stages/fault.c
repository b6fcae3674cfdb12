/* Accesses that may fault, for the stages that ask which ones do. */
#include "fault.h"

#include "expect.h"

#include <setjmp.h>

static sigjmp_buf fault_return;
static volatile int fault_result;
static void *volatile fault_address;

static void fault_note(int sig, siginfo_t *info, void *context)
{
	fault_result = FAULT(sig, info->si_code);
	fault_address = info->si_addr;
	siglongjmp(fault_return, 1);
}

void fault_catch(void)
{
	struct sigaction sa = { .sa_sigaction = fault_note, .sa_flags = SA_SIGINFO };

	EXPECT_OK(sigaction(SIGSEGV, &sa, NULL));
	EXPECT_OK(sigaction(SIGBUS, &sa, NULL));
}

int fault_of_read(const volatile void *p)
{
	if (sigsetjmp(fault_return, 1))
		return fault_result;
	(void)*(const volatile char *)p;
	return 0;
}

int fault_of_write(volatile void *p, char byte)
{
	if (sigsetjmp(fault_return, 1))
		return fault_result;
	*(volatile char *)p = byte;
	return 0;
}

int fault_of_call(void *p)
{
	if (sigsetjmp(fault_return, 1))
		return fault_result;
	((void (*)(void))p)();
	return 0;
}

void *fault_where(void)
{
	return fault_address;
}
