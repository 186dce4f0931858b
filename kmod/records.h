/* SPDX-License-Identifier: GPL-2.0 */
/* Records that a read() yields, on their way to the caller. */
#ifndef HSM_RECORDS_H
#define HSM_RECORDS_H

#include <linux/types.h>
#include <linux/hsmrepl.h>

/**
 * struct hsm_records - records built so far
 * @buffer: all of them, one after the other
 * @room: bytes at @buffer that the caller can take
 * @used: bytes built
 */
struct hsm_records {
	u8 *buffer;
	size_t room;
	size_t used;
};

/*
 * One more record with room for body_len bytes, which the caller fills: where they go, or NULL
 * if it does not fit.
 */
void *hsm_records_add(struct hsm_records *records, u16 type, u16 flags, u64 id, size_t body_len);

#endif
