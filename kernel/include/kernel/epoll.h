/* Sets of files to wait for.  kernel/fs/epoll.c */
#pragma once

#include <kernel/file.h>

/* Takes a file that is about to end out of all sets.  By the last file_put().  May sleep. */
void epoll_forget(struct file *f);
