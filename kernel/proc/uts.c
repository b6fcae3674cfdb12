/*
 * What the system calls itself: uname(2), sethostname(2), setdomainname(2).  The release is a number that
 * programs compare: it promises the calls of that Linux, as far as they are here.
 */
#include <kernel/errno.h>
#include <kernel/mutex.h>
#include <kernel/proc.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <kernel/uts.h>

static struct mutex uts_lock = MUTEX_INIT(uts_lock, "uts");

/* (uts_lock) */
struct new_utsname uts_name = {
	.sysname = "Linux",
	.nodename = "cairn",
	.release = "6.1.0-cairn",
	.version = "#1 SMP PREEMPT Cairn",
	.machine = "aarch64",
	.domainname = "(none)",
};

long sys_uname(struct new_utsname __user *name)
{
	struct new_utsname copy;

	mutex_lock(&uts_lock);
	copy = uts_name;
	mutex_unlock(&uts_lock);
	return copy_to_user(name, &copy, sizeof(copy));
}

static long uts_set(char *field, const char __user *name, int length)
{
	char copy[UTS_LEN + 1];

	if (!current_privileged())
		return -EPERM;
	if (length < 0 || length > UTS_LEN)
		return -EINVAL;
	memset(copy, 0, sizeof(copy));
	if (copy_from_user(copy, name, (size_t)length))
		return -EFAULT;
	mutex_lock(&uts_lock);
	memcpy(field, copy, sizeof(copy));
	mutex_unlock(&uts_lock);
	return 0;
}

long sys_sethostname(const char __user *name, int length)
{
	return uts_set(uts_name.nodename, name, length);
}

long sys_setdomainname(const char __user *name, int length)
{
	return uts_set(uts_name.domainname, name, length);
}
