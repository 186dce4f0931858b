// SPDX-License-Identifier: GPL-2.0
/* The settled content at one moment, item by item. */
#include <errno.h>
#include <stdio.h>

#include "snapshot.h"

struct snapshot *snapshot_open(struct store *s, uint64_t k, uint64_t at,
			       char error[STORE_ERROR_MAX])
{
	(void)s, (void)k, (void)at;
	snprintf(error, STORE_ERROR_MAX, "not built yet");
	return NULL;
}

void snapshot_close(struct snapshot *snap)
{
	(void)snap;
}

const struct position *snapshot_place(const struct snapshot *snap)
{
	(void)snap;
	return NULL;
}

const struct hsmrepl_nl *snapshot_nl(const struct snapshot *snap)
{
	(void)snap;
	return NULL;
}

struct snapshot_total snapshot_total(const struct snapshot *snap)
{
	(void)snap;
	return (struct snapshot_total){ 0 };
}

int snapshot_next(struct snapshot *snap, struct snapshot_item *item)
{
	(void)snap, (void)item;
	return -ENOSYS;
}
