/* capget(2) and capset(2). */
#pragma once

#include <kernel/types.h>

#define LINUX_CAPABILITY_VERSION_1 0x19980330u
#define LINUX_CAPABILITY_VERSION_2 0x20071026u
#define LINUX_CAPABILITY_VERSION_3 0x20080522u

struct cap_user_header {
	u32 version;
	s32 pid;
};

/* Capabilities 0 to 31; versions 2 and 3 have a second one for 32 to 63. */
struct cap_user_data {
	u32 effective;
	u32 permitted;
	u32 inheritable;
};
