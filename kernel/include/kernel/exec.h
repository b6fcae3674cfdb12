/* Replacing the program of a process.  kernel/proc/exec.c */
#pragma once

#include <kernel/types.h>

struct file;
struct trap_frame;

/*
 * Loads the program in file into a new address space and makes current continue there.  argv and envp
 * are kernel copies.  0, or an errno with the caller intact: -ENOENT, -EACCES, -ENOEXEC, -E2BIG, -ENOMEM,
 * -ETXTBSY, -ELOOP.  May sleep.
 */
struct exec_args;
int exec_program(struct exec_args *args, struct trap_frame *tf);
