/*
 * Fair sharing of one CPU: every entry has a virtual runtime that grows the slower the higher its
 * weight, and whoever has the smallest runs.  Called by sched.c with the run queue locked.
 *
 * Virtual times are compared by the sign of their difference, so that they may wrap.  Linux adds
 * slices by deadline, groups and bandwidth; a slice here is what lies between two ticks.
 */
#include <kernel/fair.h>

/* 1024 * 1.25^-nice, rounded: two entries one step apart share about 55 to 45. */
static const u32 weight_of_nice[NICE_MAX - NICE_MIN + 1] = {
	88818, 71054, 56843, 45475, 36380, 29104, 23283, 18626, 14901, 11921,
	 9537,  7629,  6104,  4883,  3906,  3125,  2500,  2000,  1600,  1280,
	 1024,   819,   655,   524,   419,   336,   268,   215,   172,   137,
	  110,    88,    70,    56,    45,    36,    29,    23,    18,    15,
};

static bool fair_before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

u32 fair_weight(int nice)
{
	nice = MIN(MAX(nice, (int)NICE_MIN), (int)NICE_MAX);
	return weight_of_nice[nice - NICE_MIN];
}

void fair_init(struct fair *f, int nice)
{
	f->vruntime = 0;
	f->weight = fair_weight(nice);
}

void fair_insert(struct fair_queue *q, struct fair *f)
{
	struct rb_node **link = &q->tree.root, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (fair_before(f->vruntime, rb_entry(parent, struct fair, node)->vruntime)) {
			link = &parent->left;
		} else {
			link = &parent->right;
			leftmost = false;
		}
	}
	rb_insert(&q->tree, &f->node, parent, link);
	if (leftmost)
		q->first = &f->node;
	q->waiting++;
}

void fair_remove(struct fair_queue *q, struct fair *f)
{
	if (q->first == &f->node)
		q->first = rb_next(&f->node);
	rb_erase(&q->tree, &f->node);
	q->waiting--;
}

struct fair *fair_first(const struct fair_queue *q)
{
	return q->first ? rb_entry(q->first, struct fair, node) : NULL;
}

void fair_charge(struct fair_queue *q, struct fair *f, u64 ns)
{
	const struct fair *first = fair_first(q);
	u64 min;

	if (f->weight != FAIR_WEIGHT_NICE_0)
		ns = ns * FAIR_WEIGHT_NICE_0 / f->weight;
	f->vruntime += ns;
	min = f->vruntime;
	if (first && fair_before(first->vruntime, min))
		min = first->vruntime;
	if (fair_before(q->min_vruntime, min))
		q->min_vruntime = min;
}

void fair_place_new(const struct fair_queue *q, struct fair *f)
{
	f->vruntime = q->min_vruntime;
}

void fair_place_woken(const struct fair_queue *q, struct fair *f)
{
	u64 floor = q->min_vruntime - FAIR_SLEEPER_CREDIT;

	/* Whoever slept long gets no more than the credit, or it could hold the CPU for as long. */
	if (fair_before(f->vruntime, floor))
		f->vruntime = floor;
}

void fair_move(const struct fair_queue *from, const struct fair_queue *to, struct fair *f)
{
	f->vruntime += to->min_vruntime - from->min_vruntime;
}

void fair_step_behind(struct fair *f, const struct fair *other)
{
	if (fair_before(f->vruntime, other->vruntime))
		f->vruntime = other->vruntime;
}

bool fair_preempts(const struct fair *woken, const struct fair *running)
{
	return fair_before(woken->vruntime + FAIR_WAKE_LEAD, running->vruntime);
}

bool fair_slice_over(const struct fair_queue *q, const struct fair *running)
{
	const struct fair *first = fair_first(q);

	return first && fair_before(first->vruntime, running->vruntime);
}
