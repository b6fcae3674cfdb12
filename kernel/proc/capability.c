/*
 * capget(2) and capset(2).  Capabilities are all or none here: root by effective id has every one, others
 * have none.  Setting the set that one has is allowed, any other is -EPERM.
 */
#include <kernel/proc.h>

#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <uapi/capability.h>

enum { CAP_WORDS_MAX = 2 };
static const u32 cap_full[CAP_WORDS_MAX] = { 0xffffffffu, 0x1ff };

/* Reads the header: the number of words that its version has.  -EINVAL tells the caller our version. */
static long cap_header(struct cap_user_header __user *user, struct cap_user_header *header)
{
	if (copy_from_user(header, user, sizeof(*header)))
		return -EFAULT;
	if (header->version == LINUX_CAPABILITY_VERSION_1)
		return 1;
	if (header->version == LINUX_CAPABILITY_VERSION_2 ||
	    header->version == LINUX_CAPABILITY_VERSION_3)
		return 2;
	if (put_user(LINUX_CAPABILITY_VERSION_3, &user->version))
		return -EFAULT;
	return -EINVAL;
}

static void cap_fill(struct cap_user_data *data, bool privileged)
{
	u32 i;

	memset(data, 0, sizeof(*data) * CAP_WORDS_MAX);
	for (i = 0; i < CAP_WORDS_MAX && privileged; i++)
		data[i].effective = data[i].permitted = cap_full[i];
}

long sys_capget(void __user *header_user, void __user *data_user)
{
	struct cap_user_data data[CAP_WORDS_MAX];
	struct cap_user_header header;
	long words = cap_header(header_user, &header);
	struct proc *p;
	struct cred *c;

	if (words < 0)
		return words == -EINVAL && !data_user ? 0 : words;
	if (header.pid < 0)
		return -EINVAL;
	p = proc_find(header.pid ? header.pid : current_proc()->pid);
	if (!p)
		return -ESRCH;
	c = cred_get(p);
	cap_fill(data, c->euid == 0);
	cred_put(c);
	proc_put(p);
	return data_user ? copy_to_user(data_user, data, sizeof(*data) * (size_t)words) : 0;
}

long sys_capset(void __user *header_user, const void __user *data_user)
{
	struct cap_user_data data[CAP_WORDS_MAX], mine[CAP_WORDS_MAX];
	struct cap_user_header header;
	long words = cap_header(header_user, &header), i;

	if (words < 0)
		return words;
	if (header.pid && header.pid != current_proc()->pid)
		return -EPERM;
	memset(data, 0, sizeof(data));
	if (copy_from_user(data, data_user, sizeof(*data) * (size_t)words))
		return -EFAULT;
	cap_fill(mine, current_privileged());
	for (i = 0; i < words; i++) {
		if ((data[i].effective | data[i].permitted) & ~mine[i].permitted)
			return -EPERM;
	}
	return 0;
}
