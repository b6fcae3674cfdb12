/* Deliberate misbehaviour, for stages that verify what the kernel does about it.  kernel/debug/provoke.c */
#pragma once

struct file;

/*
 * Does something wrong in the context of current: "oops" reads through a null pointer.  Who dies gives
 * nothing back, so the caller's reference to `held` is dropped first.  -EINVAL for a word that is not
 * known, and then the reference stays; may not return.  Only the stage runner offers it to programs.
 */
int provoke(const char *what, struct file *held);
