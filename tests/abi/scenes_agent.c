// SPDX-License-Identifier: GPL-2.0
/*
 * Scenes about the agent: attach and detach, grants and claims, batches of a peer, the grace time.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "scene.h"

#define EVENTS_MANY	5000	/* more than any socket's buffer holds */

static const char *play_attach(struct scene *scene)
{
	struct hsmrepl_state state;
	struct fake second;

	MUST(fake_attach(&second, scene->path) == -EBUSY);
	state = scene_state(scene);
	MUST(state.agent == 1 && state.node_id == FAKE_NODE && !strcmp(state.name, "fake"));
	MUST(state.state == HSMREPL_MEMBER && state.nodes_total == 1 && state.nodes_up == 1);
	fake_detach(&scene->fake);
	state = scene_state(scene);
	MUST(state.agent == 0 && state.state == HSMREPL_OFFLINE && state.seq == 1);
	MUST(!fake_attach(&scene->fake, scene->path));
	MUST(scene->fake.attach.loaded == 1 && scene->fake.attach.epoch == 1);
	MUST(scene->fake.attach.seq == 1 && scene->fake.attach.sync_point == state.sync_point);
	MUST(!memcmp(scene->fake.attach.chain, state.chain, sizeof(state.chain)));
	MUST(scene_state(scene).state == HSMREPL_STARTING);
	return NULL;
}

static const char *play_other_key(struct scene *scene)
{
	struct hsmrepl_attach attach = {
		.size = sizeof(attach),
		.node_id = FAKE_NODE,
		.name = "x",
	};
	struct hsmrepl *dev = hsmrepl_open(scene->path, O_RDWR);

	MUST(dev);
	fake_detach(&scene->fake);
	attach.digest_key[0] = 1;
	MUST(hsmrepl_ioctl(dev, HSMREPL_IOC_ATTACH, &attach) == -EKEYREJECTED);
	attach.digest_key[0] = 0;
	attach.node_id = 9;
	MUST(hsmrepl_ioctl(dev, HSMREPL_IOC_ATTACH, &attach) == -EKEYREJECTED);
	hsmrepl_close(dev);
	MUST(!fake_attach(&scene->fake, scene->path));
	return NULL;
}

static const char *play_notice(struct scene *scene)
{
	const struct hsmrepl_record *record;
	uint64_t tid[3];

	MUST(!submit_async(scene->dev, HSMREPL_OP_CREATE, "a", "1", 1, &tid[0]));
	record = fake_record(&scene->fake);
	MUST(record && record->type == HSMREPL_REC_QUEUED && record->id == 1);
	MUST(!submit_async(scene->dev, HSMREPL_OP_CREATE, "b", "2", 1, &tid[1]));
	MUST(hsmrepl_read(scene->fake.dev, scene->fake.records, HSMREPL_READ_MIN) == -EAGAIN);
	MUST(!fake_grant(&scene->fake, 1));
	record = fake_record(&scene->fake);
	MUST(record && record->type == HSMREPL_REC_TL && (record->flags & HSMREPL_REC_LAST));
	MUST(le64toh(((const struct hsmrepl_tl *)(record + 1))->tid) == tid[0]);
	MUST(scene_state(scene).queue == 1 && scene_state(scene).pending_tid == tid[0]);
	MUST(fake_grant(&scene->fake, 1) == -EBUSY);
	scene->fake.batch--;
	MUST(!fake_resolve(&scene->fake, HSMREPL_COMMIT, 0));
	record = fake_record(&scene->fake);
	MUST(record && record->type == HSMREPL_REC_QUEUED && record->id == 1);
	return NULL;
}

static const char *play_grant_waits(struct scene *scene)
{
	const struct hsmrepl_record *record;
	const struct hsmrepl_tl *tl;
	struct hsmrepl_state state = scene_state(scene);
	uint64_t tid;

	MUST(!fake_grant(&scene->fake, HSMREPL_BATCH_TLS_MAX));
	MUST(!poll_readable(hsmrepl_fd(scene->fake.dev), 0));
	MUST(!submit_async(scene->dev, HSMREPL_OP_CREATE, "a", "1", 1, &tid));
	MUST(poll_readable(hsmrepl_fd(scene->fake.dev), FAKE_DEADLINE_MS));
	record = fake_record(&scene->fake);
	MUST(record && record->type == HSMREPL_REC_TL && record->id == scene->fake.batch);
	tl = (const void *)(record + 1);
	MUST(le64toh(tl->sync_point) == state.sync_point && le64toh(tl->seq) == state.seq + 1);
	MUST(le64toh(tl->epoch) == 1 && le16toh(tl->coordinator) == FAKE_NODE);
	MUST(le16toh(tl->n_voters) == 1 && le16toh(tl->voters[0]) == FAKE_NODE);
	MUST(record->len == sizeof(*record) + le32toh(tl->len));
	MUST(!fake_resolve(&scene->fake, HSMREPL_COMMIT, 0));
	MUST(scene_state(scene).sync_point == (state.sync_point ^ tid));
	return NULL;
}

static const char *play_grant_back(struct scene *scene)
{
	struct hsmrepl_grant none = {
		.size = sizeof(none),
		.epoch = 1,
		.max_tls = 1,
		.max_bytes = 1,
	};
	const struct hsmrepl_record *record;
	uint64_t tid;

	MUST(!fake_grant(&scene->fake, 1));
	MUST(!hsmrepl_ioctl(scene->fake.dev, HSMREPL_IOC_GRANT, &none));
	MUST(!submit_async(scene->dev, HSMREPL_OP_CREATE, "a", "1", 1, &tid));
	record = fake_record(&scene->fake);
	MUST(record && record->type == HSMREPL_REC_QUEUED);
	scene->fake.epoch = 2;
	MUST(fake_grant(&scene->fake, 1) == -ESTALE);
	return NULL;
}

/* A TL of the peer with one create, as the pool's point of @state asks for. */
static size_t peer_tl(const struct hsmrepl_state *state, uint64_t tid, const char *label,
		      void *room)
{
	struct {
		struct hsmrepl_tl tl;
		struct hsmrepl_op op;
		char label[8];
	} create = {
		.tl = {
			.len = htole32(sizeof(create)),
			.format = htole16(1),
			.kind = htole16(HSMREPL_TL_DATA),
			.tid = htole64(tid),
			.sync_point = htole64(state->sync_point),
			.seq = htole64(state->seq + 1),
			.epoch = htole64(state->epoch),
			.coordinator = htole16(FAKE_PEER),
			.n_ops = htole16(1),
			.n_voters = htole16(2),
			.voters = { htole16(FAKE_NODE), htole16(FAKE_PEER) },
		},
		.op = {
			.len = htole32(sizeof(create.op) + sizeof(create.label)),
			.code = htole16(HSMREPL_OP_CREATE),
			.label_len = htole16(4),
			.payload_len = htole32(4),
			.id = { 7 },
			.type = "opaque",
		},
	};

	memcpy(create.label, label, 4);
	memcpy(create.label + 4, label, 4);
	memcpy(room, &create, sizeof(create));
	return sizeof(create);
}

static int prepare_sized(struct scene *scene, uint64_t batch, const void *tls, size_t len,
			 size_t size, struct hsmrepl_prepare *after)
{
	*after = (struct hsmrepl_prepare){
		.size = size,
		.batch = batch,
		.coordinator = FAKE_PEER,
		.n_tls = 1,
		.tls = (uintptr_t)tls,
		.tls_len = len,
	};

	return hsmrepl_ioctl(scene->fake.dev, HSMREPL_IOC_PREPARE, after);
}

static int prepare_peer(struct scene *scene, uint64_t batch, const void *tls, size_t len)
{
	struct hsmrepl_prepare after;

	return prepare_sized(scene, batch, tls, len, sizeof(after), &after);
}

static int resolve_peer(struct scene *scene, uint64_t batch, unsigned int resolution)
{
	struct hsmrepl_resolve resolve = {
		.size = sizeof(resolve),
		.batch = batch,
		.coordinator = FAKE_PEER,
		.resolution = resolution,
	};

	return hsmrepl_ioctl(scene->fake.dev, HSMREPL_IOC_RESOLVE, &resolve);
}

static const char *play_peer(struct scene *scene)
{
	struct hsmrepl_state before, after;
	struct hsmrepl_prepare told;
	struct hsmrepl_object object;
	uint64_t tls[64], tid;
	size_t len;

	MUST(!fake_reset(&scene->fake));
	MUST(!fake_form(&scene->fake, 2));
	before = scene_state(scene);
	len = peer_tl(&before, 0x1234, "peer", tls);
	MUST(!prepare_sized(scene, 5, tls, len, sizeof(told), &told));
	MUST(prepare_peer(scene, 6, tls, len) == -EBUSY);
	MUST(fake_grant(&scene->fake, 1) == -EBUSY);
	MUST(hsmrepl_object_get(scene->dev, "peer", 4, 0, 1, &object) == -ETIMEDOUT);
	MUST(hsmrepl_object_get(scene->dev, "peer", 4, HSMREPL_GET_COMMITTED, 0, &object) ==
	     -ENOENT);
	MUST(scene_state(scene).pending_tid == 0x1234);
	MUST(resolve_peer(scene, 6, HSMREPL_COMMIT) == -ENOENT);
	MUST(!resolve_peer(scene, 5, HSMREPL_COMMIT));
	after = scene_state(scene);
	MUST(after.sync_point == (before.sync_point ^ 0x1234) && after.seq == before.seq + 1);
	MUST(after.digest != before.digest);
	MUST(memcmp(after.chain, before.chain, sizeof(after.chain)));
	MUST(told.epoch == after.epoch && told.seq == after.seq);
	MUST(told.sync_point == after.sync_point && told.digest == after.digest);
	MUST(!memcmp(told.chain, after.chain, sizeof(told.chain)));
	MUST(scene_holds(scene, "peer", "peer", 4));
	MUST(submit_async(scene->dev, HSMREPL_OP_CREATE, "peer", "x", 1, &tid) == -EEXIST);
	MUST(prepare_peer(scene, 7, tls, len) == -ESTALE);
	return NULL;
}

static const char *play_peer_refused(struct scene *scene)
{
	struct hsmrepl_prepare told;
	struct hsmrepl_state state;
	uint64_t tls[64];
	size_t len;

	MUST(!fake_reset(&scene->fake));
	MUST(!fake_form(&scene->fake, 2));
	state = scene_state(scene);
	len = peer_tl(&state, 0x77, "peer", tls);
	/* An agent of before is told nothing where it has no room. */
	MUST(!prepare_sized(scene, 5, tls, len, offsetof(struct hsmrepl_prepare, epoch), &told));
	MUST(!told.seq && !told.digest);
	MUST(!resolve_peer(scene, 5, HSMREPL_ABORT));
	MUST(scene_state(scene).seq == state.seq && scene_state(scene).digest == state.digest);
	MUST(!fake_set(&scene->fake, scene->dev, HSMREPL_OP_CREATE, "peer", "p", 1));
	state = scene_state(scene);
	len = peer_tl(&state, 0x78, "peer", tls);
	MUST(prepare_peer(scene, 6, tls, len) == -EEXIST);
	state.sync_point ^= 1;
	len = peer_tl(&state, 0x78, "else", tls);
	MUST(prepare_peer(scene, 6, tls, len) == -ESTALE);
	MUST(prepare_peer(scene, 6, tls, len - 8) == -EBADMSG);
	return NULL;
}

static const char *play_death_queued(struct scene *scene)
{
	struct hsmrepl_outcome outcome;
	struct waiter waiter;
	uint64_t tid;

	MUST(!waiter_start(&waiter, scene, "queued", 0));
	fake_detach(&scene->fake);
	MUST(submit_async(scene->dev, HSMREPL_OP_CREATE, "late", "1", 1, &tid) == -ENOTCONN);
	MUST(waiter_join(&waiter) == -ENOTCONN);
	MUST(waiter.result.tid);
	MUST(!hsmrepl_node_outcome(scene->dev, waiter.result.tid, 0, 0, &outcome));
	MUST(outcome.outcome == HSMREPL_OUTCOME_ABORTED && outcome.error == ENOTCONN);
	MUST(!fake_attach(&scene->fake, scene->path));
	MUST(scene_state(scene).queue == 0);
	return NULL;
}

static const char *play_death_claimed(struct scene *scene)
{
	struct hsmrepl_outcome outcome;
	struct waiter waiter;

	MUST(!waiter_start(&waiter, scene, "claimed", 0));
	MUST(fake_claim(&scene->fake, 1) == 1);
	fake_detach(&scene->fake);
	MUST(waiter_join(&waiter) == -EINPROGRESS);
	MUST(!hsmrepl_node_outcome(scene->dev, waiter.result.tid, 0, 0, &outcome));
	MUST(outcome.outcome == HSMREPL_OUTCOME_PENDING);
	MUST(!fake_attach(&scene->fake, scene->path));
	MUST(scene->fake.attach.slot_state == HSMREPL_SLOT_CLAIMED);
	MUST(scene->fake.attach.slot_coordinator == FAKE_NODE && scene->fake.attach.slot_tls == 1);
	MUST(!fake_resolve(&scene->fake, HSMREPL_COMMIT, 0));
	MUST(!hsmrepl_node_outcome(scene->dev, waiter.result.tid, 0, 0, &outcome));
	MUST(outcome.outcome == HSMREPL_OUTCOME_COMMITTED && outcome.seq == 2);
	return NULL;
}

static const char *play_death_short(struct scene *scene)
{
	struct waiter waiter;

	MUST(!waiter_start(&waiter, scene, "kept", 0));
	fake_detach(&scene->fake);
	MUST(!fake_attach(&scene->fake, scene->path));
	MUST(!fake_report(&scene->fake, HSMREPL_MEMBER));
	/* Past the end of the grace time: it was called off. */
	MUST(!poll_readable(hsmrepl_fd(scene->dev), scene->info.grace_ms * 2));
	MUST(fake_commit(&scene->fake) == 1);
	MUST(!waiter_join(&waiter));
	return NULL;
}

static void *ask_agent(void *arg)
{
	struct scene *scene = arg;
	struct hsmrepl *dev = hsmrepl_open(scene->path, O_RDWR);
	char *answer = NULL;
	long ret;

	ret = hsmrepl_node_ask(dev, HSMREPL_VERB_FORM, "{\"nodes\":[]}", 0, &answer);
	if (ret == -EPERM && (!answer || strcmp(answer, "{\"error\":\"no\"}")))
		ret = -EPROTO;
	free(answer);
	hsmrepl_close(dev);
	return (void *)ret;
}

static const char *play_admin(struct scene *scene)
{
	const struct hsmrepl_admin_request *request;
	const struct hsmrepl_record *record;
	pthread_t thread;
	void *ret;

	MUST(!pthread_create(&thread, NULL, ask_agent, scene));
	record = fake_expect(&scene->fake, HSMREPL_REC_ADMIN);
	MUST(record);
	request = (const void *)(record + 1);
	MUST(request->verb == HSMREPL_VERB_FORM && request->json_len == 12);
	MUST(!memcmp(request + 1, "{\"nodes\":[]}", 12));
	MUST(fake_answer(&scene->fake, record->id + 1, "{}", 0) == -ENOENT);
	MUST(!fake_answer(&scene->fake, record->id, "{\"error\":\"no\"}", EPERM));
	pthread_join(thread, &ret);
	MUST((long)ret == -EPERM);
	MUST(fake_answer(&scene->fake, record->id, "{}", 0) == -ENOENT);

	MUST(!pthread_create(&thread, NULL, ask_agent, scene));
	MUST(fake_expect(&scene->fake, HSMREPL_REC_ADMIN));
	fake_detach(&scene->fake);
	pthread_join(thread, &ret);
	MUST((long)ret == -ENOTCONN);
	MUST((long)ask_agent(scene) == -ENOTCONN);
	return NULL;
}

static const char *play_finalise(struct scene *scene)
{
	struct hsmrepl_info info = { .size = sizeof(info) };
	struct fake *fake = &scene->fake;

	MUST(!hsmrepl_ioctl(scene->dev, HSMREPL_IOC_INFO, &info));
	MUST(info.features & HSMREPL_FEATURE_PROTOCOL);
	MUST(!fake_submit_nodes(fake, HSMREPL_TL_FINALISE, 1, 2) && fake_commit(fake) == 1);
	fake->epoch = 2;
	MUST(scene_state(scene).epoch == 2 && scene_state(scene).nodes_total == 1);
	MUST(fake_submit_nodes(fake, HSMREPL_TL_FINALISE, 1, 2) == -EINVAL);
	MUST(fake_submit_nodes(fake, HSMREPL_TL_FINALISE, 1, 1) == -EINVAL);
	MUST(fake_submit_nodes(fake, HSMREPL_TL_FINALISE, 2, 3) == -EINVAL);
	MUST(fake_submit_nodes(fake, HSMREPL_TL_NODE_ADD, 2, 0) == -EINVAL);
	MUST(scene_state(scene).epoch == 2 && scene_state(scene).seq == 2);
	MUST(!fake_submit_nodes(fake, HSMREPL_TL_NODE_ADD, 2, 2) && fake_commit(fake) == 1);
	MUST(scene_state(scene).epoch == 3 && scene_state(scene).nodes_total == 2);
	return NULL;
}

static int event_comes(struct hsmrepl_events *events, unsigned int event,
		       struct hsmrepl_notice *notice)
{
	do {
		if (!poll_readable(hsmrepl_events_fd(events), FAKE_DEADLINE_MS) ||
		    hsmrepl_events_next(events, notice))
			return 0;
	} while (notice->event != event);
	return 1;
}

static const char *play_events(struct scene *scene)
{
	struct hsmrepl_report report = {
		.size = sizeof(report),
		.state = HSMREPL_BLOCKED,
		.event = HSMREPL_EVENT_NODE_DOWN,
		.node_id = FAKE_PEER,
		.error = "it rains",
	};
	struct hsmrepl_events *events;
	struct hsmrepl_notice notice;

	MUST(!hsmrepl_events_open(scene->dev, &events));
	MUST(hsmrepl_events_next(events, &notice) == -EAGAIN);
	MUST(!fake_set(&scene->fake, scene->dev, HSMREPL_OP_CREATE, "a", "1", 1));
	MUST(event_comes(events, HSMREPL_EVENT_COMMIT, &notice));
	MUST(notice.seq == 2 && notice.count == 1 && notice.tid);
	MUST(notice.sync_point == scene_state(scene).sync_point);
	MUST(!hsmrepl_ioctl(scene->fake.dev, HSMREPL_IOC_REPORT, &report));
	MUST(event_comes(events, HSMREPL_EVENT_STATE, &notice));
	MUST(notice.state == HSMREPL_BLOCKED);
	MUST(event_comes(events, HSMREPL_EVENT_NODE_DOWN, &notice) && notice.node == FAKE_PEER);
	MUST(!strcmp(scene_state(scene).last_error, "it rains"));
	fake_detach(&scene->fake);
	MUST(event_comes(events, HSMREPL_EVENT_DETACH, &notice));
	MUST(!fake_attach(&scene->fake, scene->path));
	MUST(event_comes(events, HSMREPL_EVENT_ATTACH, &notice));
	hsmrepl_events_close(events);
	return NULL;
}

/* Whoever reads too late is told that he missed some, and goes on to hear the others. */
static const char *play_events_lost(struct scene *scene)
{
	struct hsmrepl_report report = {
		.size = sizeof(report),
		.state = HSMREPL_BLOCKED,
		.event = HSMREPL_EVENT_NODE_UP,
		.node_id = FAKE_PEER,
	};
	struct hsmrepl_events *events;
	struct hsmrepl_notice notice;
	int i, ret;

	MUST(!hsmrepl_events_open(scene->dev, &events));
	for (i = 0; i < EVENTS_MANY; i++)
		MUST(!hsmrepl_ioctl(scene->fake.dev, HSMREPL_IOC_REPORT, &report));
	for (i = 0; i < EVENTS_MANY; i++) {
		MUST(poll_readable(hsmrepl_events_fd(events), FAKE_DEADLINE_MS));
		ret = hsmrepl_events_next(events, &notice);
		if (ret)
			break;
	}
	MUST(ret == -ENOBUFS);
	while (!(ret = hsmrepl_events_next(events, &notice)) || ret == -ENOBUFS)
		;
	MUST(ret == -EAGAIN);
	report.event = HSMREPL_EVENT_NODE_DOWN;
	MUST(!hsmrepl_ioctl(scene->fake.dev, HSMREPL_IOC_REPORT, &report));
	MUST(event_comes(events, HSMREPL_EVENT_NODE_DOWN, &notice));
	hsmrepl_events_close(events);
	return NULL;
}

const struct scene_entry scenes_agent[] = {
	{ "attach, detach, attach again", play_attach },
	{ "another key or node id is rejected", play_other_key },
	{ "queued is told once until the next claim", play_notice },
	{ "a grant waits for work", play_grant_waits },
	{ "a grant is taken back", play_grant_back },
	{ "a peer's batch is prepared and committed", play_peer },
	{ "a peer's batch is refused or aborted", play_peer_refused },
	{ "agent dies: queued ends with ENOTCONN", play_death_queued },
	{ "agent dies: claimed is pending, the next agent decides", play_death_claimed },
	{ "agent comes back in time: nobody notices", play_death_short },
	{ "administrative requests", play_admin },
	{ "a pool is finalised: only that raises the protocol", play_finalise },
	{ "events", play_events },
	{ "events that are not read in time", play_events_lost },
	{ 0 }
};
