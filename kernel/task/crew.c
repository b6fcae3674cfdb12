/* Threads for the stages.  Called from stage bodies only. */
#include <kernel/crew.h>

#include <kernel/cpu.h>
#include <kernel/printf.h>
#include <kernel/time.h>

static void crew_entry(void *arg)
{
	struct crew_member *m = arg;
	struct crew *c = m->crew;

	c->body(m);
	if (atomic_dec_return(&c->left) == 0)
		wait_queue_wake_all(&c->done);
}

static int crew_start_member(struct crew *c, u32 index, u64 cpu_mask)
{
	struct crew_member *m = &c->members[index];
	char name[TASK_NAME_MAX];
	int err;

	*m = (struct crew_member){ .crew = c, .index = index };
	ksnprintf(name, sizeof(name), "crew/%u", index);
	err = task_create(name, crew_entry, m, &m->task);
	if (err)
		return err;
	m->task->tid = tid_alloc();
	m->task->cpu_mask = cpu_mask;
	return 0;
}

int crew_start(struct crew *c, u32 count, enum crew_place place, void (*body)(struct crew_member *m))
{
	u32 here = READ_ONCE(current->cpu)->id;
	int err;

	c->body = body;
	c->count = count;
	c->stop = false;
	atomic_store(&c->left, (int)count);
	wait_queue_init(&c->done);
	for (u32 i = 0; i < count; i++) {
		u32 cpu = place == CREW_SPREAD ? i % cpu_count : here;

		err = crew_start_member(c, i, place == CREW_ANYWHERE ? ~0ul : 1ul << cpu);
		if (err)
			return err;
	}
	for (u32 i = 0; i < count; i++)
		task_start(c->members[i].task);
	return 0;
}

int crew_join(struct crew *c, nsec_t ns)
{
	int err = wait_event_state(&c->done, atomic_load(&c->left) == 0, TASK_UNINTERRUPTIBLE,
				   time_mono() + ns);

	if (err)
		return err;
	for (u32 i = 0; i < c->count; i++) {
		task_put(c->members[i].task);
		c->members[i].task = NULL;
	}
	return 0;
}
