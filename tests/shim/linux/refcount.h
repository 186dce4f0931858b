/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_REFCOUNT_H
#define SHIM_LINUX_REFCOUNT_H

#include <linux/bug.h>
#include <linux/types.h>

typedef struct {
	u32 refs;
} refcount_t;

static inline void refcount_set(refcount_t *r, u32 n)
{
	r->refs = n;
}

static inline void refcount_inc(refcount_t *r)
{
	WARN_ON(!r->refs);
	r->refs++;
}

static inline bool refcount_inc_not_zero(refcount_t *r)
{
	return r->refs && r->refs++;
}

static inline bool refcount_dec_and_test(refcount_t *r)
{
	WARN_ON(!r->refs);
	return !--r->refs;
}

#endif
