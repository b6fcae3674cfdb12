/* Out of memory: a child takes all there is, and is the one to go. */
#include "expect.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>

enum { CHUNK = 8 << 20, WITNESS_BYTES = 1 << 20, PAGE = 4096 };

static long oom_free_pages(void)
{
	struct sysinfo info;

	EXPECT_OK(sysinfo(&info));
	return info.freeram * info.mem_unit / PAGE;
}

/* Takes memory until it is killed.  Populating goes as far as it can; the touch is what may not fail. */
static void oom_take_all(void)
{
	for (;;) {
		char *p = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		EXPECT(p != MAP_FAILED);
		for (int i = 0; i < CHUNK; i += PAGE)
			p[i] = 1;
	}
}

void stage_vm_oom(void)
{
	long before = oom_free_pages();
	pid_t hog, witness;
	int status;

	/* Somebody who has memory as well, but less. */
	IN_CHILD(witness) {
		char *p = malloc(WITNESS_BYTES);

		EXPECT(p != NULL);
		memset(p, 'w', WITNESS_BYTES);
		EXPECT_OK(raise(SIGSTOP));
		EXPECT_EQ(p[WITNESS_BYTES - 1], 'w');
	}
	EXPECT_EQ(waitpid(witness, &status, WUNTRACED), witness);
	EXPECT(WIFSTOPPED(status));

	IN_CHILD(hog)
		oom_take_all();
	EXPECT_EQ(waitpid(hog, &status, 0), hog);
	EXPECT(WIFSIGNALED(status));
	EXPECT_EQ(WTERMSIG(status), SIGKILL);

	EXPECT_EQ(waitpid(witness, &status, WNOHANG), 0);
	EXPECT_OK(kill(witness, SIGCONT));
	EXPECT_CHILD_OK(witness);
	EXPECT_GT(oom_free_pages(), before - before / 50);
}
