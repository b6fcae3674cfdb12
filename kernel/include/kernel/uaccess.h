/*
 * The only way to user memory: unprivileged loads and stores with an exception table.  Process context
 * (a page may have to be faulted in); no spin lock held.  arch/aarch64/usercopy.S, kernel/mm/uaccess.c
 */
#pragma once

#include <kernel/compiler.h>

/* Bytes NOT copied (0 on success), as far as it went. */
size_t copy_from_user_partial(void *dst, const void __user *src, size_t n) __must_check;
size_t copy_to_user_partial(void __user *dst, const void *src, size_t n) __must_check;
size_t clear_user_partial(void __user *dst, size_t n) __must_check;

/* 0 or -EFAULT. */
int copy_from_user(void *dst, const void __user *src, size_t n) __must_check;
int copy_to_user(void __user *dst, const void *src, size_t n) __must_check;
int clear_user(void __user *dst, size_t n) __must_check;

/* Length without the NUL (< n), -EFAULT, or -ENAMETOOLONG when there is no NUL in n bytes. */
ssize_t strncpy_from_user(char *dst, const char __user *src, size_t n) __must_check;
ssize_t strnlen_user(const char __user *s, size_t n) __must_check;

/* One object of the pointer's type: 0 or -EFAULT. */
#define get_user(x, p) copy_from_user(&(x), (p), sizeof(x))
#define put_user(x, p) ({ __typeof__(*(p)) pu_ = (x); copy_to_user((p), &pu_, sizeof(pu_)); })

/* True when [p, p + n) lies below the end of user addresses.  No fault is implied. */
bool user_range_ok(const void __user *p, size_t n);
