/*
 * The table of system calls, and what decodes them.  Both are renderings of syscalls.def.
 *
 * Entries are called with six words in registers whatever their parameters are: the procedure call
 * standard (AAPCS64 6.8.2) lets a callee take what it declares and ignore the rest.
 */
#include <kernel/syscall.h>

#include <kernel/compiler.h>

#define SYSCALL(nr, name, ...) [nr] = (syscall_fn)(void (*)(void))sys_##name,
#define PLANNED(...)
const syscall_fn syscall_table[SYSCALL_COUNT] = {
#include "syscalls.def"
};
#undef SYSCALL
#undef PLANNED

/* From here on __user is only text: it stays in the strings, and "is it there" is the mask. */
#undef __user
#define ARG_TYPE(t, n)    #t
#define ARG_NAME(t, n)    #n
#define ARG_IS_USER(t, n) (sizeof(#t) > sizeof("__user *") && ARG_ENDS_IN_USER(#t))
#define ARG_ENDS_IN_USER(s) (__builtin_strstr(s, "__user") != NULL)
#define ARG_COUNT(...)    (0 __VA_OPT__(+ ARG_SUM(__VA_ARGS__)))
#define ARG_SUM(...)      (sizeof((const char *[]){ SYSCALL_MAP(ARG_NAME, __VA_ARGS__) }) / sizeof(char *))
#define ARG_MASK(...)     (0 __VA_OPT__(| ARG_MASK1(__VA_ARGS__)))
#define ARG_MASK1(a, ...) ARG_IS_USER a << 0 __VA_OPT__(| ARG_MASK2(__VA_ARGS__))
#define ARG_MASK2(a, ...) ARG_IS_USER a << 1 __VA_OPT__(| ARG_MASK3(__VA_ARGS__))
#define ARG_MASK3(a, ...) ARG_IS_USER a << 2 __VA_OPT__(| ARG_MASK4(__VA_ARGS__))
#define ARG_MASK4(a, ...) ARG_IS_USER a << 3 __VA_OPT__(| ARG_MASK5(__VA_ARGS__))
#define ARG_MASK5(a, ...) ARG_IS_USER a << 4 __VA_OPT__(| ARG_MASK6(__VA_ARGS__))
#define ARG_MASK6(a)      ARG_IS_USER a << 5

#define ROW(nr, sc_name, is_there, ...)                                                            \
	[nr] = {                                                                                   \
		.name = #sc_name,                                                                  \
		.arg_count = ARG_COUNT(__VA_ARGS__),                                               \
		.user_mask = ARG_MASK(__VA_ARGS__),                                                \
		.exists = is_there,                                                                \
		.arg_types = { SYSCALL_MAP(ARG_TYPE, __VA_ARGS__) },                               \
		.arg_names = { SYSCALL_MAP(ARG_NAME, __VA_ARGS__) },                               \
	},
#define SYSCALL(nr, name, ...) ROW(nr, name, true, __VA_ARGS__)
#define PLANNED(nr, name, ...) ROW(nr, name, false, __VA_ARGS__)
const struct syscall_info syscall_info[SYSCALL_COUNT] = {
#include "syscalls.def"
};
