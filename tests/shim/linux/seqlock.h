/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_SEQLOCK_H
#define SHIM_LINUX_SEQLOCK_H

/* One thread: nobody reads while something moves. */
typedef struct {
	char unused;
} seqcount_t;

#define seqcount_init(s)		((void)(s))
#define write_seqcount_begin(s)		((void)(s))
#define write_seqcount_end(s)		((void)(s))
#define raw_seqcount_begin(s)		((void)(s), 0u)
#define read_seqcount_retry(s, seen)	((void)(s), (void)(seen), false)

#endif
