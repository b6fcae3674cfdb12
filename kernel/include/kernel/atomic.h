/*
 * Atomic numbers over the compiler's C11 builtins (built for Armv8.0: LDXR/STXR loops).
 * Unless its name says otherwise an operation that writes is a full acquire-release, a load acquires
 * and a store releases.  Any context.
 */
#pragma once

#include <kernel/types.h>

typedef struct {
	int value;
} atomic_t;

typedef struct {
	s64 value;
} atomic64_t;

#define ATOMIC_INIT(n) { (n) }

#define ATOMIC_OPERATIONS(name, type, word)                                                        \
	static inline word name##_load(const type *a)                                              \
	{                                                                                          \
		return __atomic_load_n(&a->value, __ATOMIC_ACQUIRE);                               \
	}                                                                                          \
	static inline word name##_load_relaxed(const type *a)                                      \
	{                                                                                          \
		return __atomic_load_n(&a->value, __ATOMIC_RELAXED);                               \
	}                                                                                          \
	static inline void name##_store(type *a, word n)                                           \
	{                                                                                          \
		__atomic_store_n(&a->value, n, __ATOMIC_RELEASE);                                  \
	}                                                                                          \
	static inline void name##_store_relaxed(type *a, word n)                                   \
	{                                                                                          \
		__atomic_store_n(&a->value, n, __ATOMIC_RELAXED);                                  \
	}                                                                                          \
	static inline void name##_add(type *a, word n)                                             \
	{                                                                                          \
		__atomic_fetch_add(&a->value, n, __ATOMIC_ACQ_REL);                                \
	}                                                                                          \
	static inline void name##_sub(type *a, word n)                                             \
	{                                                                                          \
		__atomic_fetch_sub(&a->value, n, __ATOMIC_ACQ_REL);                                \
	}                                                                                          \
	static inline void name##_inc(type *a)                                                     \
	{                                                                                          \
		__atomic_fetch_add(&a->value, 1, __ATOMIC_ACQ_REL);                                \
	}                                                                                          \
	static inline void name##_dec(type *a)                                                     \
	{                                                                                          \
		__atomic_fetch_sub(&a->value, 1, __ATOMIC_ACQ_REL);                                \
	}                                                                                          \
	/* These return the new value. */                                                          \
	static inline word name##_add_return(type *a, word n)                                      \
	{                                                                                          \
		return __atomic_add_fetch(&a->value, n, __ATOMIC_ACQ_REL);                         \
	}                                                                                          \
	static inline word name##_sub_return(type *a, word n)                                      \
	{                                                                                          \
		return __atomic_sub_fetch(&a->value, n, __ATOMIC_ACQ_REL);                         \
	}                                                                                          \
	static inline word name##_inc_return(type *a)                                              \
	{                                                                                          \
		return __atomic_add_fetch(&a->value, 1, __ATOMIC_ACQ_REL);                         \
	}                                                                                          \
	static inline word name##_dec_return(type *a)                                              \
	{                                                                                          \
		return __atomic_sub_fetch(&a->value, 1, __ATOMIC_ACQ_REL);                         \
	}                                                                                          \
	/* These return the old value. */                                                          \
	static inline word name##_fetch_or(type *a, word n)                                        \
	{                                                                                          \
		return __atomic_fetch_or(&a->value, n, __ATOMIC_ACQ_REL);                          \
	}                                                                                          \
	static inline word name##_fetch_and(type *a, word n)                                       \
	{                                                                                          \
		return __atomic_fetch_and(&a->value, n, __ATOMIC_ACQ_REL);                         \
	}                                                                                          \
	static inline word name##_exchange(type *a, word n)                                        \
	{                                                                                          \
		return __atomic_exchange_n(&a->value, n, __ATOMIC_ACQ_REL);                        \
	}                                                                                          \
	/* Writes n if the value is `old`; returns what it found (== old: done). */                \
	static inline word name##_cmpxchg(type *a, word old, word n)                               \
	{                                                                                          \
		__atomic_compare_exchange_n(&a->value, &old, n, false, __ATOMIC_ACQ_REL,           \
					    __ATOMIC_ACQUIRE);                                     \
		return old;                                                                        \
	}

ATOMIC_OPERATIONS(atomic, atomic_t, int)
ATOMIC_OPERATIONS(atomic64, atomic64_t, s64)

/* The same on a plain variable of any word size, or on a pointer. */
#define load_acquire(p)     __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define xchg(p, v)          __atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)
#define cmpxchg(p, old, v)                                                                         \
	({                                                                                         \
		__typeof__(*(p)) found_ = (old);                                                   \
		__atomic_compare_exchange_n((p), &found_, (v), false, __ATOMIC_ACQ_REL,            \
					    __ATOMIC_ACQUIRE);                                     \
		found_;                                                                            \
	})
