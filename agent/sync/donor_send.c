// SPDX-License-Identifier: GPL-2.0
/* Snapshot and tail, a slice at a time, so that the donor's own work goes on. */
#include "donor_private.h"

#include <assert.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "post.h"
#include "service.h"

/* The snapshot. */

static void send_data(struct donor *d, struct sync_message *m, size_t used)
{
	m->data = (struct bytes){ d->frame, used };
	post(d->service, m);
	d->bytes += used;
}

static void snapshot_done(struct donor *d)
{
	struct sync_message m = { .type = SYNC_END, .place = *snapshot_place(d->snapshot) };

	snapshot_close(d->snapshot);
	d->snapshot = NULL;
	donor_move(d, DONOR_SENT);
	post(d->service, &m);
	log_info(d->host->log, "live-sync: %s has the snapshot of seq %llu, %llu bytes",
		 d->member.name, (unsigned long long)m.place.seq, (unsigned long long)d->bytes);
}

/* One frame of items. Whatever ends it, nothing is lost: the next one goes on. */
static bool send_items(struct donor *d)
{
	struct sync_message m = { .type = SYNC_ITEMS };
	struct snapshot_item item;
	size_t used = 0;
	int ret = 1;

	while (used < SLICE_BYTES) {
		ret = snapshot_next(d->snapshot, &item);
		if (ret != 1)
			break;
		used += item_encode(&item, d->frame + used);
		d->tls += item.kind == SNAP_TL;
		m.count += item.kind != SNAP_NOTHING;
		if (item.kind == SNAP_NOTHING)
			break;
	}
	if (ret < 0) {
		donor_give_up(d, "the donor's store cannot be read: see its log");
		return false;
	}
	if (used)
		send_data(d, &m, used);
	if (ret == 0)
		snapshot_done(d);
	return ret != 0;
}

/* The tail. */

struct tail {
	struct donor *d;
	struct sync_message *m;
	size_t used;
};

static int add_tl(void *arg, const struct history_tl *tl)
{
	struct tail *t = arg;

	assert(tl->tl.n <= FRAME_ROOM - t->used);
	memcpy(t->d->frame + t->used, tl->tl.p, tl->tl.n);
	t->used += tl->tl.n;
	t->m->count++;
	t->d->sent = tl->seq;
	return 0;
}

/* One frame of settled TLs; when there are no more, one without, and then the tick looks again. */
static bool send_tail(struct donor *d)
{
	struct sync_message m = { .type = SYNC_TLS };
	struct tail t = { .d = d, .m = &m };
	struct node_view view;
	int ret;

	ret = history_tail(d->host->store(d->host->arg), d->sent, SLICE_BYTES, add_tl, &t);
	if (ret < 0) {
		donor_give_up(d, "it fell behind the transactions that the donor still has whole");
		return false;
	}
	if (!m.count && d->told)
		return false;
	d->told = m.count == 0;
	d->host->look(d->host->arg, &view);
	m.seq = view.position.seq;
	send_data(d, &m, t.used);
	history_pin(d->host->store(d->host->arg), d->sent);
	return m.count != 0;
}

/* Returns whether there is more. */
static bool send_slice(struct donor *d)
{
	if (!d->service || service_waiting(d->service) > SERVICE_HIGH_WATER ||
	    !d->host->store(d->host->arg))
		return false;
	if (d->state == DONOR_SENDING)
		return send_items(d);
	return d->state == DONOR_TAILING && send_tail(d);
}

void donor_slice(void *arg)
{
	struct donor *d = arg;
	uint64_t began = clock_ns();
	bool more = send_slice(d);

	if (d->written)
		pacer_owe(d->pacer, (clock_ns() - began) * WRITERS_SHARE);
	if (more)
		pacer_go(d->pacer);
}
