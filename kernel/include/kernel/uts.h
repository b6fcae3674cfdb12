/* The names that uname(2) reports; /proc/version shows them, too.  kernel/proc/uts.c */
#pragma once

#include <uapi/utsname.h>

extern struct new_utsname uts_name;
