/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A log on a disk as agent/store/store.h promises it: records are appended, flushed together, and
 * durable only when the flush has ended. A crash keeps what is durable and some of the next
 * records, in their order.
 */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "image.h"

#define LOG_MAX		1024	/* records that are not durable */
#define DISK_IDLE_US	50000	/* after this, what nobody waits for is flushed as well */

/**
 * struct disk - one node's disk
 * @image: everything durable, folded
 * @log: ring of records that are not durable, @n from @first on
 * @flushing: of these, the flush under way takes so many; 0 for none
 * @wanted: of these, somebody waits for the first so many
 * @broken: writes fail
 * @flushes: ended
 */
struct disk {
	struct image image;
	struct record *log[LOG_MAX];
	unsigned int first;
	unsigned int n;
	unsigned int flushing;
	unsigned int wanted;
	bool broken;
	uint64_t flushes;
};

/* What a record that became durable is told to. */
typedef void disk_durable_fn(void *arg, const struct record *r);

/* Whether somebody waits until it is durable. */
static inline bool record_is_awaited(const struct record *r)
{
	return r->type != RECORD_COMMIT && r->type != RECORD_ABORTED && !r->lazy;
}

void disk_init(struct disk *d);
void disk_free(struct disk *d);
/* @a: ACT_APPEND; @after: where the device stands. */
void disk_append(struct disk *d, const struct action *a, const struct position *after);

/* Whether a flush is to begin now. */
bool disk_wants_flush(const struct disk *d);
void disk_begin_flush(struct disk *d);

/*
 * The flush is over, or a crash keeps @keep records; @durable is told of each. Returns NULL, or
 * why the log makes no sense.
 */
const char *disk_end_flush(struct disk *d, uint16_t own, disk_durable_fn *durable, void *arg);
const char *disk_crash(struct disk *d, uint16_t own, unsigned int keep, disk_durable_fn *durable,
		       void *arg);

#endif /* SIM_DISK_H */
