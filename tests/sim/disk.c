// SPDX-License-Identifier: GPL-2.0
#include "disk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void disk_init(struct disk *d)
{
	memset(d->log, 0, sizeof(d->log));
	d->first = 0;
	d->n = 0;
	d->flushing = 0;
	d->wanted = 0;
	d->broken = false;
	d->flushes = 0;
	image_init(&d->image);
}

static void forget(struct disk *d, unsigned int n)
{
	for (; n; n--) {
		free(d->log[d->first]);
		d->first = (d->first + 1) % LOG_MAX;
		d->n--;
	}
}

void disk_free(struct disk *d)
{
	forget(d, d->n);
}

void disk_append(struct disk *d, const struct action *a, const struct position *after)
{
	struct record *r = malloc(sizeof(*r) + a->tail.n);

	assert(d->n < LOG_MAX);
	r->type = a->record;
	r->batch = a->batch;
	r->after = *after;
	r->lazy = a->lazy;
	r->n_tls = a->n_tls;
	r->len = (uint32_t)a->tail.n;
	if (a->tail.n)
		memcpy(r->tls, a->tail.p, a->tail.n);
	d->log[(d->first + d->n++) % LOG_MAX] = r;
	if (record_is_awaited(r))
		d->wanted = d->n;
}

bool disk_wants_flush(const struct disk *d)
{
	return !d->flushing && d->wanted;
}

void disk_begin_flush(struct disk *d)
{
	assert(!d->flushing && d->n);
	d->flushing = d->n;
}

static const char *make_durable(struct disk *d, uint16_t own, unsigned int n,
				disk_durable_fn *durable, void *arg)
{
	for (unsigned int i = 0; i < n; i++) {
		const struct record *r = d->log[(d->first + i) % LOG_MAX];
		const char *wrong = image_fold(&d->image, own, r);

		if (wrong)
			return wrong;
		durable(arg, r);
	}
	forget(d, n);
	d->wanted = d->wanted > n ? d->wanted - n : 0;
	return NULL;
}

const char *disk_end_flush(struct disk *d, uint16_t own, disk_durable_fn *durable, void *arg)
{
	unsigned int n = d->flushing;

	d->flushing = 0;
	d->flushes++;
	return make_durable(d, own, n, durable, arg);
}

const char *disk_crash(struct disk *d, uint16_t own, unsigned int keep, disk_durable_fn *durable,
		       void *arg)
{
	const char *wrong = make_durable(d, own, keep, durable, arg);

	forget(d, d->n);
	d->flushing = 0;
	d->wanted = 0;
	return wrong;
}
