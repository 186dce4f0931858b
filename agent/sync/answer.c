// SPDX-License-Identifier: GPL-2.0
#include "answer.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "history.h"
#include "pack.h"
#include "post.h"
#include "service.h"

#define PEER_LEN	32
#define ROW_LEN		24
#define EPOCH_LEN	(64 + sizeof(struct hsmrepl_nl))
#define EPOCHS_MAX	64	/* of one BEGAN */

static void pack_peer(struct pack *p, struct answer_peer *peer)
{
	pack_u64(p, &peer->id);
	pack_u64(p, &peer->link);
	pack_u64(p, &peer->seq);
	pack_u64(p, &peer->sp);
}

bool answer_peer(const struct sync_message *here, unsigned int i, struct answer_peer *peer)
{
	struct pack p = pack_reader(here->data);

	if (i >= here->count)
		return false;
	pack_take(&p, (size_t)i * PEER_LEN);
	pack_peer(&p, peer);
	return !p.bad;
}

void answer_self(const struct sync_host *host, struct sync_message *here)
{
	struct node_view view;
	struct timespec now;

	host->look(host->arg, &view);
	clock_gettime(CLOCK_REALTIME, &now);
	*here = (struct sync_message){
		.type = SYNC_HERE, .node = host->config->node_id, .mode = host->config->mode,
		.state = view.state, .place = view.position, .nl = *view.nl,
		.clock_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000,
	};
	memcpy(here->pool, view.nl->pool, sizeof(here->pool));
	snprintf(here->address, sizeof(here->address), "%s", host->config->address);
}

/* Is the place of the question in our history? Of another pool's places nothing is known. */
static int find(const struct sync_host *host, const struct sync_message *m,
		const struct sync_message *here)
{
	struct store *store = host->store(host->arg);
	const struct position *p = &m->place;

	if (!store || memcmp(m->pool, here->pool, sizeof(m->pool)))
		return 0;
	if (p->seq == here->place.seq)
		return p->sp == here->place.sp &&
		       !memcmp(p->chain, here->place.chain, sizeof(p->chain)) ? HISTORY_HAS :
		       HISTORY_LACKS;
	return history_find(store, p->seq, p->sp, p->chain);
}

static void say_who(const struct sync_host *host, struct service *s, const struct sync_message *m)
{
	uint8_t peers[HSMREPL_NODES_MAX * PEER_LEN];
	struct pack p = pack_writer(peers, sizeof(peers));
	struct sync_message here;
	struct node_view view;
	int answer;

	answer_self(host, &here);
	answer = find(host, m, &here);
	here.answer = answer > 0 ? (uint64_t)answer : 0;
	here.flags = m->flags & SYNC_PEERS;
	host->look(host->arg, &view);
	for (unsigned int i = 0; here.flags && i < view.n_peers; i++) {
		struct answer_peer peer = { view.peer[i].id, view.peer[i].link, view.peer[i].seq,
					    view.peer[i].sp };

		pack_peer(&p, &peer);
		here.count++;
	}
	here.data = (struct bytes){ peers, pack_used(&p) };
	post(s, &here);
}

static int add_row(void *arg, const struct history_row *row)
{
	struct history_row copy = *row;
	struct pack *p = arg;

	pack_u64(p, &copy.seq);
	pack_u64(p, &copy.tid);
	pack_u64(p, &copy.sp);
	return 0;
}

static void say_rows(const struct sync_host *host, struct service *s, const struct sync_message *m)
{
	unsigned int max = m->count < ANSWER_ROWS_MAX ? (unsigned int)m->count : ANSWER_ROWS_MAX;
	struct sync_message rows = { .type = SYNC_ROWS };
	uint8_t buf[ANSWER_ROWS_MAX * ROW_LEN];
	struct pack p = pack_writer(buf, sizeof(buf));
	int n = history_rows(host->store(host->arg), m->seq, max, add_row, &p);

	rows.count = n > 0 ? (uint64_t)n : 0;
	rows.flags = rows.count < max ? SYNC_LAST : 0;
	rows.data = (struct bytes){ buf, pack_used(&p) };
	post(s, &rows);
}

/* Those that find no room are left out: the last ones count, so the first ones go. */
static int add_epoch(void *arg, const struct history_epoch *e)
{
	struct history_epoch copy = *e;
	struct pack *p = arg;

	if (p->left < EPOCH_LEN) {
		memmove(p->begin, p->begin + EPOCH_LEN, pack_used(p) - EPOCH_LEN);
		p->at -= EPOCH_LEN;
		p->left += EPOCH_LEN;
	}
	pack_place(p, &copy.position);
	pack_bytes(p, &copy.nl, sizeof(copy.nl));
	return 0;
}

static void say_epochs(const struct sync_host *host, struct service *s)
{
	struct sync_message began = { .type = SYNC_BEGAN, .flags = SYNC_LAST };
	uint8_t buf[EPOCHS_MAX * EPOCH_LEN];
	struct pack p = pack_writer(buf, sizeof(buf));

	history_epochs(host->store(host->arg), add_epoch, &p);
	began.data = (struct bytes){ buf, pack_used(&p) };
	began.count = began.data.n / EPOCH_LEN;
	post(s, &began);
}

bool answer(const struct sync_host *host, struct service *s, const struct sync_message *m)
{
	if (m->type == SYNC_WHO) {
		say_who(host, s, m);
		return true;
	}
	if (m->type != SYNC_HISTORY && m->type != SYNC_EPOCHS)
		return false;
	if (!host->store(host->arg))
		post_no(s, SYNC_LATER, "a Live-Sync onto it is under way: ask again later");
	else if (m->type == SYNC_HISTORY)
		say_rows(host, s, m);
	else
		say_epochs(host, s);
	return true;
}
