/* What to do when a program needs a page and there is none.  kernel/mm/oom.c */
#pragma once

#include <kernel/types.h>

/*
 * Makes sure that some process is on its way out: the one with most pages in its tables, never init.
 * Sleeps a moment for its end.  True: try again; false: current is the one, or nobody is left.
 */
bool oom_relieve(void);
