/*
 * Things that must not happen, on demand.  A stage asks for one through descriptor 3 and looks at what the
 * kernel makes of it; nothing else calls this.
 */
#include <kernel/provoke.h>

#include <kernel/compiler.h>
#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/string.h>

/* A function of its own, whose name the report must show. */
static __attribute__((noipa)) int provoke_oops(const volatile int *nowhere)
{
	return *nowhere;
}

int provoke(const char *what, struct file *held)
{
	if (strcmp(what, "oops") == 0) {
		file_put(held);
		return provoke_oops(NULL);
	}
	return -EINVAL;
}
