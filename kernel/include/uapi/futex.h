/* futex(2) and robust lists. */
#pragma once

#include <kernel/types.h>

enum futex_op {
	FUTEX_WAIT,
	FUTEX_WAKE,
	FUTEX_FD,
	FUTEX_REQUEUE,
	FUTEX_CMP_REQUEUE,
	FUTEX_WAKE_OP,
	FUTEX_LOCK_PI,
	FUTEX_UNLOCK_PI,
	FUTEX_TRYLOCK_PI,
	FUTEX_WAIT_BITSET,
	FUTEX_WAKE_BITSET,
	FUTEX_WAIT_REQUEUE_PI,
	FUTEX_CMP_REQUEUE_PI,
	FUTEX_LOCK_PI2,
};
enum futex_flags { FUTEX_PRIVATE_FLAG = 128, FUTEX_CLOCK_REALTIME = 256 };
#define FUTEX_CMD_MASK         (~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME))
#define FUTEX_BITSET_MATCH_ANY 0xffffffffu

/* Lock words of robust and PI mutexes. */
#define FUTEX_WAITERS    0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK   0x3fffffffu

/* FUTEX_WAKE_OP: op, comparison and their arguments packed in val3. */
enum futex_wake_op {
	FUTEX_OP_SET,
	FUTEX_OP_ADD,
	FUTEX_OP_OR,
	FUTEX_OP_ANDN,
	FUTEX_OP_XOR,
	FUTEX_OP_OPARG_SHIFT = 8,
};
enum futex_wake_cmp {
	FUTEX_OP_CMP_EQ,
	FUTEX_OP_CMP_NE,
	FUTEX_OP_CMP_LT,
	FUTEX_OP_CMP_LE,
	FUTEX_OP_CMP_GT,
	FUTEX_OP_CMP_GE,
};

/* In user memory: each thread's list of the robust mutexes that it holds. */
struct robust_list {
	vaddr_t next;
};
struct robust_list_head {
	struct robust_list list;
	s64 futex_offset;
	vaddr_t list_op_pending;
};
enum { ROBUST_LIST_LIMIT = 2048 };
