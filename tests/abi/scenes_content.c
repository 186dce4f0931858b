// SPDX-License-Identifier: GPL-2.0
/*
 * Scenes about content: reads beside an undecided batch, lists, restored content, what is large.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "scene.h"

#define LISTED		700	/* objects: a list of several parts */
#define LARGE_OPS	15	/* of the longest payload fit into one TL */

static void *get_waiting(void *arg)
{
	struct scene *scene = arg;
	struct hsmrepl *dev = hsmrepl_open(scene->path, O_RDONLY);
	struct hsmrepl_object object;
	long ret;

	ret = hsmrepl_object_get(dev, "a", 1, 0, FAKE_DEADLINE_MS, &object);
	if (!ret) {
		ret = object.version;
		hsmrepl_object_clear(&object);
	}
	hsmrepl_close(dev);
	return (void *)ret;
}

static const char *play_undecided(struct scene *scene)
{
	struct hsmrepl_object object;
	pthread_t thread;
	uint64_t tid;
	void *ret;

	MUST(!fake_set(&scene->fake, scene->dev, HSMREPL_OP_CREATE, "a", "old", 3));
	MUST(!fake_set(&scene->fake, scene->dev, HSMREPL_OP_CREATE, "b", "old", 3));
	MUST(!submit_async(scene->dev, HSMREPL_OP_UPDATE, "a", "new", 3, &tid));
	MUST(scene_holds(scene, "a", "old", 3));
	MUST(fake_claim(&scene->fake, 1) == 1);
	MUST(hsmrepl_object_get(scene->dev, "a", 1, 0, 1, &object) == -ETIMEDOUT);
	MUST(!hsmrepl_object_get(scene->dev, "a", 1, HSMREPL_GET_COMMITTED, 0, &object));
	MUST(object.version == 1 && object.payload_len == 3 && !memcmp(object.payload, "old", 3));
	hsmrepl_object_clear(&object);
	MUST(scene_holds(scene, "b", "old", 3));
	MUST(!pthread_create(&thread, NULL, get_waiting, scene));
	MUST(!fake_resolve(&scene->fake, HSMREPL_COMMIT, 0));
	pthread_join(thread, &ret);
	MUST((long)ret == 2);
	MUST(scene_holds(scene, "a", "new", 3));
	return NULL;
}

static const char *play_catching_up(struct scene *scene)
{
	struct hsmrepl_object object;

	MUST(!fake_set(&scene->fake, scene->dev, HSMREPL_OP_CREATE, "a", "1", 1));
	MUST(!fake_report(&scene->fake, HSMREPL_JOINING));
	MUST(hsmrepl_object_get(scene->dev, "a", 1, 0, 1, &object) == -ETIMEDOUT);
	MUST(!hsmrepl_object_get(scene->dev, "a", 1, HSMREPL_GET_COMMITTED, 0, &object));
	hsmrepl_object_clear(&object);
	MUST(!fake_report(&scene->fake, HSMREPL_BLOCKED));
	MUST(scene_holds(scene, "a", "1", 1));
	fake_detach(&scene->fake);
	MUST(scene_holds(scene, "a", "1", 1));
	return NULL;
}

static const char *play_object_fields(struct scene *scene)
{
	static const uint8_t id[HSMREPL_ID_LEN] = { 1, 2, 3 };
	struct hsmrepl_change change = {
		.code = HSMREPL_OP_CREATE,
		.label = "f",
		.label_len = 1,
		.type = "aes-256",
		.id = id,
		.attrs = 0xa5,
		.payload = "key",
		.payload_len = 3,
	};
	struct hsmrepl_txn *txn = hsmrepl_txn_new();
	struct hsmrepl_object object;
	uint64_t tid;

	MUST(txn && !hsmrepl_txn_add(txn, &change));
	MUST(!hsmrepl_txn_submit_async(scene->dev, txn, 0, &tid));
	MUST(fake_commit(&scene->fake) == 1);
	MUST(!hsmrepl_object_get(scene->dev, "f", 1, 0, 0, &object));
	MUST(object.version == 1 && object.seq == 2 && object.attrs == 0xa5);
	MUST(!memcmp(object.id, id, sizeof(id)) && !strcmp(object.type, "aes-256"));
	hsmrepl_object_clear(&object);

	hsmrepl_txn_clear(txn);
	change.label = "g";
	MUST(!hsmrepl_txn_add(txn, &change));
	MUST(hsmrepl_txn_submit_async(scene->dev, txn, 0, &tid) == -EEXIST);
	hsmrepl_txn_free(txn);
	return NULL;
}

static const char *play_small_buffer(struct scene *scene)
{
	char room[4] = "....";
	struct hsmrepl_get get = {
		.size = sizeof(get),
		.label = (uintptr_t)"a",
		.label_len = 1,
		.buf = (uintptr_t)room,
		.buf_len = 2,
	};

	MUST(!fake_set(&scene->fake, scene->dev, HSMREPL_OP_CREATE, "a", "key", 3));
	MUST(hsmrepl_ioctl(scene->dev, HSMREPL_IOC_GET, &get) == -EMSGSIZE);
	MUST(get.payload_len == 3 && get.version == 1 && get.seq == 2);
	MUST(!memcmp(room, "....", 4));
	get.buf_len = 3;
	MUST(!hsmrepl_ioctl(scene->dev, HSMREPL_IOC_GET, &get));
	MUST(!memcmp(room, "key.", 4));
	return NULL;
}

static const char *count_listed(struct scene *scene, const char *prefix, unsigned int *seen)
{
	const struct hsmrepl_list_entry *entry;
	struct hsmrepl_lister *lister;
	const char *label;
	unsigned int n;
	int ret;

	memset(seen, 0, LISTED * sizeof(*seen));
	MUST(!hsmrepl_list_begin(scene->dev, prefix, &lister));
	while ((ret = hsmrepl_list_next(lister, &entry, &label)) > 0) {
		MUST(entry->label_len == 8 && entry->version == 1 && entry->payload_len == 1);
		MUST(sscanf(label, "label%3u", &n) == 1 && n < LISTED);
		seen[n]++;
	}
	hsmrepl_list_end(lister);
	MUST(!ret);
	return NULL;
}

static const char *play_list(struct scene *scene)
{
	unsigned int seen[LISTED], i;
	const char *wrong;
	char label[16];
	uint64_t tid;

	wrong = count_listed(scene, NULL, seen);
	MUST(!wrong && !seen[0]);
	for (i = 0; i < LISTED; i++) {
		sprintf(label, "label%03u", i);
		MUST(!submit_async(scene->dev, HSMREPL_OP_CREATE, label, "1", 1, &tid));
	}
	while (scene_state(scene).queue)
		MUST(fake_commit(&scene->fake) > 0);
	wrong = count_listed(scene, NULL, seen);
	if (wrong)
		return wrong;
	for (i = 0; i < LISTED; i++)
		MUST(seen[i] == 1);
	wrong = count_listed(scene, "label1", seen);
	if (wrong)
		return wrong;
	for (i = 0; i < LISTED; i++)
		MUST(seen[i] == (i / 100 == 1));
	return NULL;
}

static const char *play_restore(struct scene *scene)
{
	struct {
		struct hsmrepl_load_entry entry;
		char bytes[8];
	} object = {
		.entry = {
			.len = htole32(sizeof(object)),
			.label_len = htole16(1),
			.payload_len = htole32(3),
			.version = htole64(1),
			.seq = htole64(2),
			.type = "opaque",
		},
		.bytes = "akey",
	};
	struct hsmrepl_load load = {
		.size = sizeof(load),
		.flags = HSMREPL_LOAD_BEGIN | HSMREPL_LOAD_END,
		.entries = (uintptr_t)&object,
		.entries_len = sizeof(object),
	};
	struct hsmrepl_object read;
	struct hsmrepl_state state;

	MUST(!fake_set(&scene->fake, scene->dev, HSMREPL_OP_CREATE, "a", "key", 3));
	MUST(!hsmrepl_object_get(scene->dev, "a", 1, 0, 0, &read));
	memcpy(object.entry.id, read.id, sizeof(read.id));
	hsmrepl_object_clear(&read);
	state = scene_state(scene);
	load.seq = state.seq;
	load.sync_point = state.sync_point;
	memcpy(load.chain, state.chain, sizeof(load.chain));
	load.digest = state.digest ^ 1;
	MUST(hsmrepl_ioctl(scene->fake.dev, HSMREPL_IOC_LOAD, &load) == -EBADMSG);
	MUST(scene_state(scene).objects == 0);
	load.digest = state.digest;
	MUST(!hsmrepl_ioctl(scene->fake.dev, HSMREPL_IOC_LOAD, &load));
	MUST(scene_state(scene).objects == 1 && scene_state(scene).digest == state.digest);
	MUST(scene_state(scene).sync_point == state.sync_point);
	MUST(scene_state(scene).epoch == 0 && scene_holds(scene, "a", "key", 3));
	return NULL;
}

static int add_large(struct hsmrepl_txn *txn, const char *payload)
{
	struct hsmrepl_change change = {
		.code = HSMREPL_OP_CREATE,
		.label_len = 2,
		.payload = payload,
		.payload_len = HSMREPL_PAYLOAD_MAX,
	};
	char label[4];
	int i, ret = 0;

	for (i = 0; i < LARGE_OPS && !ret; i++) {
		sprintf(label, "%02d", i);
		change.label = label;
		ret = hsmrepl_txn_add(txn, &change);
	}
	return ret;
}

static const char *play_large(struct scene *scene)
{
	char *payload = malloc(HSMREPL_PAYLOAD_MAX + 1);
	struct hsmrepl_txn *txn = hsmrepl_txn_new();
	const struct hsmrepl_record *record;
	uint64_t tid;
	size_t i;

	MUST(payload && txn);
	for (i = 0; i <= HSMREPL_PAYLOAD_MAX; i++)
		payload[i] = i * 2654435761u >> 24;
	MUST(!add_large(txn, payload));
	MUST(!hsmrepl_txn_submit_async(scene->dev, txn, 0, &tid));
	MUST(!fake_grant(&scene->fake, 1));
	record = fake_expect(&scene->fake, HSMREPL_REC_TL);
	MUST(record && record->len > LARGE_OPS * HSMREPL_PAYLOAD_MAX);
	MUST(record->flags & HSMREPL_REC_LAST);
	MUST(!fake_resolve(&scene->fake, HSMREPL_COMMIT, 0));
	MUST(scene_holds(scene, "00", payload, HSMREPL_PAYLOAD_MAX));
	MUST(scene_holds(scene, "14", payload, HSMREPL_PAYLOAD_MAX));
	hsmrepl_txn_free(txn);
	free(payload);
	return NULL;
}

static const char *play_limits(struct scene *scene)
{
	static char ops[HSMREPL_TL_MAX + 8];
	struct hsmrepl_submit submit = {
		.size = sizeof(submit),
		.kind = HSMREPL_TL_DATA,
		.n_ops = 1,
		.ops = (uintptr_t)ops,
		.ops_len = sizeof(ops),
	};

	MUST(hsmrepl_ioctl(scene->dev, HSMREPL_IOC_SUBMIT, &submit) == -EMSGSIZE);
	submit.ops_len = 0xffffffff;
	MUST(hsmrepl_ioctl(scene->dev, HSMREPL_IOC_SUBMIT, &submit) == -EMSGSIZE);
	submit.ops_len = 4;
	MUST(hsmrepl_ioctl(scene->dev, HSMREPL_IOC_SUBMIT, &submit) == -EINVAL);
	submit.ops = 0;
	submit.ops_len = 128;
	MUST(hsmrepl_ioctl(scene->dev, HSMREPL_IOC_SUBMIT, &submit) == -EFAULT);
	submit.ops = (uintptr_t)ops;
	submit.kind = HSMREPL_TL_FORM;
	MUST(hsmrepl_ioctl(scene->dev, HSMREPL_IOC_SUBMIT, &submit) == -EPERM);
	MUST(scene_state(scene).queue == 0);
	return NULL;
}

const struct scene_entry scenes_content[] = {
	{ "a get waits for what is undecided", play_undecided },
	{ "a get waits while the node catches up", play_catching_up },
	{ "fields of an object", play_object_fields },
	{ "a buffer that is too small", play_small_buffer },
	{ "a list has each object once", play_list },
	{ "restored content", play_restore },
	{ "a transaction of a megabyte", play_large },
	{ "submissions over the limits", play_limits },
	{ 0 }
};
