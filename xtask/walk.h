/* One walk of the trail on one machine: started, watched, judged from the table in its memory. */
#pragma once

#include "machine.h"

enum walk_end {
	WALK_GOING,
	WALK_DONE,    /* powered off by itself */
	WALK_DIED,    /* the kernel panicked */
	WALK_HUNG,    /* a stage, or the whole walk, took longer than the host allows */
	WALK_REFUSED, /* QEMU did not start or ended */
};

struct walk {
	const char              *name;  /* of the machine, for people */
	const struct image      *img;
	struct machine_opts      opts;
	struct machine_setup     setup;
	struct machine           m;
	struct image_stage_state *table; /* [img->stage_count], as last read */
	char                    *words;
	int                      first;  /* the stages asked for */
	int                      last;
	enum walk_end            end;
	int                      at;     /* the stage that runs, or the last that ran */
	int                      stopped_at; /* the stage charged with an end before its time, or 0 */
	int64_t                  at_since;   /* ns */
	int64_t                  read_ns;    /* when the table was read */
	int64_t                  ended_ns;
	uint64_t                 stage_limit; /* seconds */
	char                    *problem;    /* why it ended, when not WALK_DONE.  One line */
};

/* What to walk. */
struct walk_plan {
	const char *initrd;
	int         first;
	int         last;
	bool        keep_going;
	uint64_t    stage_limit; /* seconds for one stage, 0: the default */
};

/* Starts the machine.  The walk's name and opts are set by the caller; opts must stay. */
void walk_start(struct walk *w, const struct image *img, const struct walk_plan *plan);
/* Reads what happened and ends the machine when there is nothing left to wait for. */
void walk_update(struct walk *w);
/* Waits at most ms for something to happen on any of n walks. */
void walks_wait(struct walk *w, int n, int ms);
void walk_free(struct walk *w);

/* Whether the stage was asked for, is there, and is not the host's to judge. */
bool walk_covers(const struct walk *w, int number);
/* The verdict so far: STAGE_PENDING until there is one. */
enum stage_status walk_verdict(const struct walk *w, int number);
/* The guest's own time for it. */
uint64_t walk_us(const struct walk *w, int number);
/* How many of the stages asked for have this verdict. */
int walk_count(const struct walk *w, enum stage_status status);
/* Milliseconds of the host. */
int walk_ms(const struct walk *w);
