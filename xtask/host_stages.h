/* The stages that the host judges: each has a boot of its own. */
#pragma once

#include "report.h"

/* Boots a machine for the stage and fills in the verdict. */
void host_stage_run(const struct image *img, const struct stage *s, const struct machine_opts *o,
		    const char *initrd, struct verdict *v);
