/* Deliberate misbehaviour, for stages that verify what the kernel does about it.  kernel/debug/provoke.c */
#pragma once

#include <kernel/types.h>

/*
 * Does something wrong in the context of current: "oops" reads through a null pointer.  -EINVAL for a word
 * that is not known; may not return.  Only the stage runner offers it to programs.
 */
int provoke(const char *what);
