/* Error numbers: what functions return negated, and what signal delivery sees besides. */
#pragma once

#include <uapi/errno.h>
