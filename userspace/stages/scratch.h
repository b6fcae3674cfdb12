/*
 * A directory of its own for a stage that works with files, and the small calls that such stages share.
 * userspace/stages/scratch.c
 */
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

/* Makes /stage.NAME and goes there; removes what an earlier run left. */
void scratch_enter(const char *name);
/* Goes back to / and removes it with all that is in it. */
void scratch_leave(void);

/* Makes a file with this text, mode 0644. */
void file_make(const char *name, const char *text);
/* Expects the file to hold exactly this text. */
void file_expect(const char *name, const char *text);
/* lstat() that must work. */
struct stat file_lstat(const char *name);
/* lstat() says that there is no such name. */
int file_missing(const char *name);
/* renameat2(2), which the C library lacks. */
int file_rename2(const char *from, const char *to, unsigned int flags);
