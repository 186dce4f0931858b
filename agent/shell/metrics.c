// SPDX-License-Identifier: GPL-2.0
#include "metrics.h"

#include <inttypes.h>
#include <stdlib.h>

#include "frame.h"
#include "prometheus.h"
#include "../core/wire.h"
#include "../lib/hsmrepl.h"

#define MS_PER_S 1e3
#define PERCENT 1e2
#define VOTE_FOLD 2	/* buckets told as one: votes of 15 peers find room in one answer */
#define NUMBER_MAX 24

static void put_info(FILE *f, const struct readings *r)
{
	const struct scene *s = &r->scene;
	char id[NUMBER_MAX], pool[2 * HSMREPL_POOL_LEN + 1] = "";

	prom_family(f, "hsmrepl_build_info", "gauge", "What runs here; always 1.");
	prom_sample(f, "hsmrepl_build_info", 1, "version", HSMREPL_VERSION, NULL);
	for (unsigned int i = 0; s->view.nl->n && i < HSMREPL_POOL_LEN; i++)
		snprintf(pool + 2 * i, 3, "%02x", s->view.nl->pool[i]);
	snprintf(id, sizeof(id), "%u", s->view.id);
	prom_family(f, "hsmrepl_node_info", "gauge", "Who this is; always 1.");
	prom_sample(f, "hsmrepl_node_info", 1, "node", s->a->config.node_name, "id", id, "pool",
		    pool, "mode", s->a->config.mode == HSMREPL_MODE_FIPS ? "fips" : "normal", NULL);
	prom_one(f, "hsmrepl_protocol_version", "gauge",
		 "Highest protocol version that all connected members speak.", r->version);
	prom_one(f, "hsmrepl_protocol_finalised", "gauge",
		 "Protocol version that the pool was finalised at: who speaks less is not let in.",
		 list_protocol(s->view.nl));
	prom_one(f, "hsmrepl_start_time_seconds", "gauge",
		 "When the agent started, in seconds since 1970.",
		 (double)r->now - (double)scene_age(s, s->a->started_ms) / MS_PER_S);
}

static void put_standing(FILE *f, const struct readings *r)
{
	const struct node_view *v = &r->scene.view;

	prom_family(f, "hsmrepl_state", "gauge", "State of this node: 1 for the one it is in.");
	for (unsigned int s = HSMREPL_OFFLINE; s <= HSMREPL_HALTED; s++)
		prom_sample(f, "hsmrepl_state", v->state == s, "state",
			    hsmrepl_state_name((enum hsmrepl_node_state)s), NULL);
	prom_one(f, "hsmrepl_epoch", "gauge", "Epoch of the node list in force.",
		 (double)v->position.epoch);
	prom_one(f, "hsmrepl_seq", "gauge", "Transactions in the history.",
		 (double)v->position.seq);
	prom_one(f, "hsmrepl_check_code", "gauge",
		 "Four digits of the Sync-Point: the same on all members at one seq.",
		 r->device.check_code);
	prom_one(f, "hsmrepl_objects", "gauge", "Committed objects.", (double)r->device.objects);
	prom_one(f, "hsmrepl_object_bytes", "gauge", "Memory of the device that objects take.",
		 (double)r->device.bytes);
	prom_one(f, "hsmrepl_split_brain", "gauge",
		 "1 if a node is known that went on with another history of this pool.", r->split);
}

static void put_pending(FILE *f, const struct readings *r)
{
	const struct scene *s = &r->scene;
	bool waits = s->view.slot != SLOT_FREE || r->device.queued;

	prom_one(f, "hsmrepl_queue_transactions", "gauge",
		 "Transactions submitted here that are not in a batch yet.", r->device.queued);
	prom_one(f, "hsmrepl_undecided_transactions", "gauge",
		 "Transactions of the batch that is undecided.", s->view.n_tids);
	prom_one(f, "hsmrepl_pending_age_seconds", "gauge",
		 "How long the undecided batch, or else the queue, has waited; 0 for nothing.",
		 (double)scene_pending_ms(s, r->phases, r->device.queued) / MS_PER_S);
	prom_family(f, "hsmrepl_pending_waits_for", "gauge",
		    "1 if what is undecided or queued waits for that node.");
	for (unsigned int i = 0; i < s->roster.n; i++)
		prom_sample(f, "hsmrepl_pending_waits_for",
			    waits && scene_waits_for(s, s->roster.node[i].id), "peer",
			    s->roster.node[i].name, NULL);
}

/* One of the families with a sample for each peer; false: nothing is known of that. */
typedef bool (*peer_fn)(const struct readings *r, const struct peer_view *p, double *value);

static bool is_connected(const struct readings *r, const struct peer_view *p, double *value)
{
	(void)r;
	*value = p && p->link == LINK_MEMBER;
	return true;
}

static bool is_diverged(const struct readings *r, const struct peer_view *p, double *value)
{
	(void)r;
	*value = p && p->link == LINK_DIVERGED;
	return true;
}

static bool last_contact(const struct readings *r, const struct peer_view *p, double *value)
{
	if (!p || !p->last_heard_ms)
		return false;
	*value = (double)r->now - (double)scene_age(&r->scene, p->last_heard_ms) / MS_PER_S;
	return true;
}

static bool round_trip(const struct readings *r, const struct peer_view *p, double *value)
{
	(void)r;
	if (!p || p->link == LINK_DOWN)
		return false;
	*value = p->rtt_ms / MS_PER_S;
	return true;
}

static bool lag(const struct readings *r, const struct peer_view *p, double *value)
{
	uint64_t here = r->scene.view.position.seq;

	if (!p || !p->last_heard_ms)
		return false;
	*value = here > p->seq ? (double)(here - p->seq) : 0;
	return true;
}

static void put_of_peers(FILE *f, const struct readings *r, const char *name, const char *help,
			 peer_fn of)
{
	const struct scene *s = &r->scene;
	double value;

	prom_family(f, name, "gauge", help);
	for (unsigned int i = 0; i < s->roster.n; i++) {
		const struct member *m = &s->roster.node[i];

		if (m->id != s->view.id && of(r, scene_peer(s, m->id), &value))
			prom_sample(f, name, value, "peer", m->name, NULL);
	}
}

static void put_votes(FILE *f, const struct readings *r)
{
	const struct scene *s = &r->scene;

	prom_family(f, "hsmrepl_peer_vote_seconds", "histogram",
		    "From the PREPARE of an own batch until that peer's vote.");
	for (unsigned int i = 0; i < s->roster.n; i++) {
		const struct member *m = &s->roster.node[i];
		const struct histogram *h = phases_voter(r->phases, m->id);

		if (h)
			prom_histogram(f, "hsmrepl_peer_vote_seconds", "peer", m->name, h,
				       VOTE_FOLD);
	}
}

static void put_peers(FILE *f, const struct readings *r)
{
	const struct scene *s = &r->scene;
	unsigned int linked = 0;

	for (unsigned int i = 0; i < s->view.n_peers; i++)
		linked += s->view.peer[i].link == LINK_MEMBER;
	prom_one(f, "hsmrepl_nodes", "gauge", "Members of the node list.", s->view.nl->n);
	prom_one(f, "hsmrepl_peers_linked", "gauge", "Peers connected as members.", linked);
	put_of_peers(f, r, "hsmrepl_peer_connected", "1 if that peer is connected as a member.",
		     is_connected);
	put_of_peers(f, r, "hsmrepl_peer_diverged",
		     "1 if that peer stands at another history or content.", is_diverged);
	put_of_peers(f, r, "hsmrepl_peer_last_contact_timestamp_seconds",
		     "When that peer was last heard, in seconds since 1970.", last_contact);
	put_of_peers(f, r, "hsmrepl_peer_rtt_seconds",
		     "Round trip of the last heartbeat, in steps of a millisecond.", round_trip);
	put_of_peers(f, r, "hsmrepl_peer_lag_transactions",
		     "Transactions that peer lacks, by its last heartbeat.", lag);
	put_votes(f, r);
}

static void put_certificates(FILE *f, const struct readings *r)
{
	const struct scene *s = &r->scene;
	const char *name = "hsmrepl_peer_certificate_expiry_timestamp_seconds";

	prom_one(f, "hsmrepl_certificate_expiry_timestamp_seconds", "gauge",
		 "End of validity of this node's certificate, in seconds since 1970.",
		 (double)r->own_expiry);
	prom_family(f, name, "gauge", "The same of the one that a peer connected with last.");
	for (unsigned int i = 0; i < s->roster.n; i++)
		if (s->roster.node[i].id != s->view.id && r->expiry[i])
			prom_sample(f, name, (double)r->expiry[i], "peer", s->roster.node[i].name,
				    NULL);
}

static void put_disk(FILE *f, const struct readings *r)
{
	if (!r->disk_bytes)
		return;
	prom_one(f, "hsmrepl_state_dir_size_bytes", "gauge",
		 "Size of the file system of the state directory.", (double)r->disk_bytes);
	prom_one(f, "hsmrepl_state_dir_avail_bytes", "gauge", "What is left of it.",
		 (double)r->disk_free);
}

static void put_cross_check(FILE *f, const struct agent *a)
{
	if (!a->crossed.at)
		return;
	prom_one(f, "hsmrepl_cross_check_timestamp_seconds", "gauge",
		 "When cross-check was last asked for here, in seconds since 1970.",
		 (double)a->crossed.at);
	prom_one(f, "hsmrepl_cross_check_ok", "gauge", "1 if it found all well.", a->crossed.ok);
	prom_one(f, "hsmrepl_cross_check_digest_mismatches", "gauge",
		 "Pairs of members at one seq whose digests it found to differ.",
		 a->crossed.digests);
}

static void put_live_sync(FILE *f, const struct readings *r)
{
	const struct newcomer_view *n = &r->newcomer;
	bool joins = n->state != NEWCOMER_IDLE && n->state != NEWCOMER_DONE &&
		     n->state != NEWCOMER_FAILED;

	prom_family(f, "hsmrepl_live_sync_active", "gauge", "1 while a Live-Sync is under way.");
	prom_sample(f, "hsmrepl_live_sync_active", joins, "role", "newcomer", NULL);
	prom_sample(f, "hsmrepl_live_sync_active", r->donor.serves, "role", "donor", NULL);
	prom_family(f, "hsmrepl_live_sync_progress_ratio", "gauge",
		    "How far the last one is, from 0 to 1.");
	prom_sample(f, "hsmrepl_live_sync_progress_ratio", n->percent / PERCENT, "role", "newcomer",
		    NULL);
	prom_sample(f, "hsmrepl_live_sync_progress_ratio", r->donor.percent / PERCENT, "role",
		    "donor", NULL);
	prom_family(f, "hsmrepl_live_sync_bytes", "gauge", "Bytes that the last one has moved.");
	prom_sample(f, "hsmrepl_live_sync_bytes", (double)n->bytes, "role", "newcomer", NULL);
	prom_sample(f, "hsmrepl_live_sync_bytes", (double)r->donor.bytes, "role", "donor", NULL);
	prom_one(f, "hsmrepl_live_sync_failed", "gauge",
		 "1 if the last Live-Sync onto this node was refused, or broke for good.",
		 n->state == NEWCOMER_FAILED);
}

static void put_records(FILE *f, const struct pump_counters *c)
{
	static const struct {
		enum record_type type;
		const char *name;
	} record[] = {
		{ RECORD_YES, "yes" },
		{ RECORD_COMMIT, "commit" },
		{ RECORD_REFUSED, "refused" },
		{ RECORD_ABORTED, "aborted" },
		{ RECORD_PROMISE, "promise" },
		{ RECORD_ACCEPT, "accept" },
	};

	_Static_assert(MSG_END <= PUMP_MESSAGES && RECORD_ACCEPT < PUMP_RECORDS,
		       "every type has a counter");
	prom_family(f, "hsmrepl_log_records_total", "counter", "Records appended to the log.");
	for (size_t i = 0; i < sizeof(record) / sizeof(record[0]); i++)
		prom_sample(f, "hsmrepl_log_records_total", (double)c->appends[record[i].type],
			    "record", record[i].name, NULL);
}

static void put_frames(FILE *f, const char *name, const char *help,
		       const uint64_t counter[PUMP_MESSAGES])
{
	prom_family(f, name, "counter", help);
	for (unsigned int type = MSG_HELLO; type < MSG_END; type++)
		prom_sample(f, name, (double)counter[type], "message", frame_name(type), NULL);
}

static void put_mesh(FILE *f, const struct mesh_counters *m)
{
	prom_one(f, "hsmrepl_mesh_frames_sent_total", "counter", "Frames sent, of any kind.",
		 (double)m->frames_out);
	prom_one(f, "hsmrepl_mesh_frames_received_total", "counter",
		 "Frames received, of any kind.", (double)m->frames_in);
	prom_one(f, "hsmrepl_mesh_bytes_sent_total", "counter", "Bytes of frames sent.",
		 (double)m->bytes_out);
	prom_one(f, "hsmrepl_mesh_bytes_received_total", "counter", "Bytes of frames received.",
		 (double)m->bytes_in);
}

static void put_counters(FILE *f, const struct pump_counters *c)
{
	prom_one(f, "hsmrepl_batches_total", "counter", "Batches applied since the agent started.",
		 (double)c->batches);
	prom_one(f, "hsmrepl_transactions_total", "counter",
		 "Transactions applied since the agent started.", (double)c->transactions);
	prom_one(f, "hsmrepl_claims_total", "counter", "Batches claimed at this node.",
		 (double)c->events[EV_CLAIMED]);
	prom_one(f, "hsmrepl_frames_refused_total", "counter",
		 "Frames dropped because too much waited.", (double)c->frames_refused);
	put_records(f, c);
	put_frames(f, "hsmrepl_frames_sent_total", "Protocol messages sent.", c->frames_out);
	put_frames(f, "hsmrepl_frames_received_total", "Protocol messages received.", c->frames_in);
}

static void put_phases(FILE *f, const struct phases *p)
{
	prom_family(f, "hsmrepl_commit_phase_seconds", "histogram",
		    "Where the time of this node's batches goes.");
	for (enum phase phase = 0; phase < PHASES; phase++)
		prom_histogram(f, "hsmrepl_commit_phase_seconds", "phase", phase_name(phase),
			       &p->of[phase], 1);
}

char *metrics_text(const struct readings *r)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	put_info(f, r);
	put_standing(f, r);
	put_pending(f, r);
	put_peers(f, r);
	put_certificates(f, r);
	put_disk(f, r);
	put_cross_check(f, r->scene.a);
	put_live_sync(f, r);
	put_counters(f, r->count);
	put_mesh(f, &r->mesh);
	put_phases(f, r->phases);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}
