/* Runs other programs. */
#pragma once

#include "util.h"

/*
 * Runs argv in the folder (NULL: here) with both outputs added to the log file (NULL: ours) and waits.
 * Its exit status, 128+n for signal n, 127 when it cannot be started.
 */
int spawn_wait(const char *folder, const char *log, const char *const *argv);
