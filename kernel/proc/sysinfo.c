/* sysinfo(2): memory, uptime and how many processes there are. */
#include <kernel/errno.h>
#include <kernel/page.h>
#include <kernel/proc.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <uapi/sysinfo.h>

long sys_sysinfo(struct sysinfo __user *user)
{
	struct sysinfo info;

	memset(&info, 0, sizeof(info));
	info.uptime = (s64)(time_mono() / NSEC_PER_SEC);
	info.totalram = page_total_count() * PAGE_SIZE;
	info.freeram = page_free_count() * PAGE_SIZE;
	info.procs = (u16)READ_ONCE(proc_count);
	info.mem_unit = 1;
	return copy_to_user(user, &info, sizeof(info));
}
