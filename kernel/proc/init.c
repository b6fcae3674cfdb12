/*
 * Pid 1: the first program of a plain boot, from the command line (init=) with the words that the kernel
 * left to it.  The console is its standard input, output and error.
 */
#include <kernel/init.h>

#include <kernel/boot.h>
#include <kernel/file.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/proc.h>
#include <kernel/vfs.h>

enum { INIT_ENV_OWN = 2 };

/* argv: the program, then the command line's words. */
static const char *init_argv[CMDLINE_WORDS_MAX + 2];
static const char *init_envp[CMDLINE_WORDS_MAX + INIT_ENV_OWN + 1] = { "HOME=/", "TERM=linux" };

static void init_words(void)
{
	int i;

	for (i = 0; i < boot_cmdline.init_arg_count; i++)
		init_argv[i + 1] = boot_cmdline.init_args[i];
	for (i = 0; i < boot_cmdline.init_env_count; i++)
		init_envp[i + INIT_ENV_OWN] = boot_cmdline.init_env[i];
}

static int init_try(const char *path, struct file *console)
{
	struct spawn_args args = {
		.path = path,
		.argv = init_argv,
		.envp = init_envp,
		.fds = { console, console, console },
		.init = true,
	};
	struct proc *p;
	int err;

	init_argv[0] = path;
	err = proc_spawn(&args, &p);
	if (err)
		log_err("init: %s: error %d", path, err);
	return err;
}

void init_start(void)
{
	struct file *console;

	if (file_open_kernel("/dev/console", O_RDWR, 0, &console))
		boot_refuse("init: no /dev/console");
	init_words();
	if (init_try(boot_options.init, console) && init_try("/bin/sh", console))
		boot_refuse("no program to run as init: neither %s nor /bin/sh", boot_options.init);
	file_put(console);
}
