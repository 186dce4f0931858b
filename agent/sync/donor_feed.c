// SPDX-License-Identifier: GPL-2.0
/* A learner gets each batch over its peer connection at the moment it is committed. */
#include "donor_private.h"

#include "batch.h"
#include "post.h"
#include "wire.h"

static void send_fed(struct donor *d, uint64_t flags)
{
	struct sync_message m = { .type = SYNC_FED, .flags = flags };
	struct node_view view;

	d->host->look(d->host->arg, &view);
	m.seq = view.position.seq;
	post(d->service, &m);
}

static void send_batch(struct donor *d, uint64_t epoch, const struct feed_batch *b)
{
	uint8_t head[WIRE_HEADER + WIRE_BODY_MAX];
	struct message m = {
		.type = MSG_LEARN, .epoch = epoch, .n_tls = b->n_tls, .tls = b->tls,
	};

	mesh_send(d->host->mesh, d->member.id, (struct bytes){ head, wire_encode(&m, head) },
		  b->tls);
	d->bytes += b->tls.n;
	d->sent = b->after;
	feed_forget(d->feed, b->after);
}

/*
 * What it was not fed yet, as long as the connection takes it. Returns 1: all; 0: the rest later;
 * -1: there is a gap, since it does not keep pace.
 */
static int feed_more(struct donor *d, uint64_t epoch)
{
	struct feed_batch b;
	int ret;

	while ((ret = feed_next(d->feed, d->sent, &b)) == 1) {
		if (mesh_waiting(d->host->mesh, d->member.id) > FEED_AHEAD_MAX)
			return 0;
		send_batch(d, epoch, &b);
	}
	return ret == 0 ? 1 : -1;
}

static const struct peer_view *learner(const struct donor *d, struct node_view *view)
{
	const struct peer_view *p;

	d->host->look(d->host->arg, view);
	p = donor_peer(view, d->member.id);
	return p && p->link == LINK_LEARNER ? p : NULL;
}

void donor_try_to_feed(struct donor *d, uint64_t seq)
{
	struct feed_batch b;
	struct node_view view;

	if (!learner(d, &view))
		return;
	if (feed_next(d->feed, seq, &b) < 0) {
		if (!feed_runs(d->feed) || seq >= view.position.seq)
			feed_start(d->feed, view.position.seq);
		return;
	}
	donor_move(d, DONOR_FEEDING);
	d->sent = seq;
	d->live = false;
	feed_forget(d->feed, seq);
	donor_feed_tick(d);
}

static void stop_feeding(struct donor *d)
{
	feed_stop(d->feed);
	d->told = false;
	donor_move(d, DONOR_TAILING);
	send_fed(d, 0);
}

void donor_append(struct donor *d, const struct action *act, const struct position *after)
{
	if (!feed_runs(d->feed))
		return;
	if (act->record == RECORD_YES)
		feed_yes(d->feed, act->batch, act->tail, act->n_tls);
	else if (act->record == RECORD_COMMIT)
		feed_commit(d->feed, act->batch, after->seq);
	else
		return;
	if (d->state == DONOR_FEEDING && act->record == RECORD_COMMIT)
		feed_more(d, after->epoch);	/* a gap is seen by the tick */
}

void donor_feed_tick(struct donor *d)
{
	const struct peer_view *p;
	struct node_view view;
	int ret;

	p = learner(d, &view);
	if (nl_has(view.nl, d->member.id))
		return;
	ret = p ? feed_more(d, view.position.epoch) : -1;
	if (ret < 0) {
		stop_feeding(d);
	} else if (ret > 0 && !d->live) {
		d->live = true;
		send_fed(d, SYNC_LIVE);
	}
}
