// SPDX-License-Identifier: GPL-2.0
/* Objects: staging, ids, digest, limits, and every allocation that may fail. */
#include "../suite.h"
#include "replica.h"

#define LABELS	20
#define ROUNDS	5000

static struct hsm_store store;

static void setup(void)
{
	static const u8 key[HSMREPL_KEY_LEN] = { 3, 1, 4 };

	ck_assert_int_eq(hsm_object_setup(), 0);
	ck_assert_int_eq(hsm_store_init(&store, 100, 1024 * 1024), 0);
	hsm_digest_key(&store.key, key);
}

static void teardown(void)
{
	shim_fail_nth = 0;
	hsm_store_destroy(&store);
	hsm_object_teardown();
}

/* Stages one operation; id is its first byte, 0 for none. */
static int stage(u16 code, const char *label, const char *payload, u8 id, struct hsm_stage *stage)
{
	u64 room[OP_ROOM / 8];
	struct hsmrepl_op *op = (struct hsmrepl_op *)room;

	put_op(op, code, label, payload, 0);
	op->id[0] = id;
	if (code == HSMREPL_OP_CREATE)
		op->type[0] = 't';
	return hsm_store_stage(&store, op, 7, false, stage);
}

static int commit_one(u16 code, const char *label, const char *payload, u8 id)
{
	struct hsm_stage one;
	int err = stage(code, label, payload, id, &one);

	if (err)
		return err;
	hsm_store_apply(&store, &one);
	hsm_store_settle(&store, &one);
	return 0;
}

/* The digest from scratch, and how many objects a list shows. */
static u64 recompute(u64 *objects)
{
	char label[HSMREPL_LABEL_MAX];
	struct hsm_object *object;
	u64 digest = 0, cursor = 0;
	u32 label_len;

	*objects = 0;
	while ((object = hsm_store_list_next(&store, &cursor, "", 0, label, &label_len))) {
		const struct hsm_content content = {
			.label = label,
			.label_len = label_len,
			.payload = object->payload,
			.payload_len = object->payload_len,
			.version = object->version,
			.attrs = object->attrs,
			.id = object->id,
			.type = object->type,
		};

		digest ^= hsm_digest(&content, &store.key);
		++*objects;
		hsm_object_put(object);
	}
	return digest;
}

static void check_consistent(void)
{
	u64 objects;

	ck_assert_uint_eq(recompute(&objects), store.digest);
	ck_assert_uint_eq(objects, store.objects);
	ck_assert_int_eq(store.staged_objects, 0);
	ck_assert_int_eq(store.staged_bytes, 0);
}

static struct hsm_object *get(const char *label, bool *undecided)
{
	return hsm_store_get(&store, label, strlen(label), undecided);
}

START_TEST(stage_is_invisible)
{
	struct hsm_stage one, two;
	struct hsm_object *object;
	bool undecided;

	ck_assert_int_eq(stage(HSMREPL_OP_CREATE, "a", "first", 1, &one), 0);
	ck_assert_int_eq(stage(HSMREPL_OP_CREATE, "a", "again", 2, &two), -EEXIST);
	ck_assert_int_eq(stage(HSMREPL_OP_UPDATE, "a", "second", 0, &two), 0);
	ck_assert(!get("a", &undecided));
	ck_assert(undecided);
	ck_assert_uint_eq(store.objects, 0);
	ck_assert_int_eq(store.staged_objects, 1);
	hsm_store_apply(&store, &one);
	hsm_store_apply(&store, &two);
	ck_assert((object = get("a", &undecided)) && undecided);
	hsm_object_put(object);
	hsm_store_settle(&store, &one);
	hsm_store_settle(&store, &two);
	ck_assert((object = get("a", &undecided)) && !undecided);
	ck_assert_uint_eq(object->version, 2);
	ck_assert_uint_eq(object->seq, 7);
	ck_assert_uint_eq(object->id[0], 1);
	ck_assert_str_eq(object->type, "t");
	ck_assert_mem_eq(object->payload, "second", 6);
	/* A reader's object outlives its deletion. */
	ck_assert_int_eq(commit_one(HSMREPL_OP_DELETE, "a", NULL, 0), 0);
	ck_assert_mem_eq(object->payload, "second", 6);
	hsm_object_put(object);
	ck_assert(!get("a", &undecided) && !undecided);
	check_consistent();
}
END_TEST

START_TEST(unstage_leaves_no_trace)
{
	struct hsm_stage stages[4];
	bool undecided;
	u64 digest;
	int i;

	ck_assert_int_eq(commit_one(HSMREPL_OP_CREATE, "a", "1", 1), 0);
	digest = store.digest;
	ck_assert_int_eq(stage(HSMREPL_OP_UPDATE, "a", "2", 0, &stages[0]), 0);
	ck_assert_int_eq(stage(HSMREPL_OP_DELETE, "a", NULL, 0, &stages[1]), 0);
	ck_assert_int_eq(stage(HSMREPL_OP_CREATE, "b", "3", 1, &stages[2]), 0);
	ck_assert_int_eq(stage(HSMREPL_OP_UPDATE, "b", "4", 0, &stages[3]), 0);
	for (i = 3; i >= 0; i--)
		hsm_store_unstage(&store, &stages[i]);
	ck_assert_uint_eq(store.digest, digest);
	ck_assert(!get("b", &undecided) && !undecided);
	check_consistent();
	ck_assert_int_eq(commit_one(HSMREPL_OP_CREATE, "c", "5", 1), -EEXIST);
	ck_assert_int_eq(commit_one(HSMREPL_OP_CREATE, "b", "5", 2), 0);
}
END_TEST

START_TEST(an_id_is_free_once_deleted)
{
	struct hsm_stage stages[3];
	struct hsm_object *object;
	bool undecided;
	int i;

	ck_assert_int_eq(commit_one(HSMREPL_OP_CREATE, "a", "1", 1), 0);
	ck_assert_int_eq(commit_one(HSMREPL_OP_CREATE, "b", "1", 1), -EEXIST);
	ck_assert_int_eq(stage(HSMREPL_OP_DELETE, "a", NULL, 0, &stages[0]), 0);
	ck_assert_int_eq(stage(HSMREPL_OP_CREATE, "b", "2", 1, &stages[1]), 0);
	ck_assert_int_eq(stage(HSMREPL_OP_CREATE, "a", "3", 1, &stages[2]), -EEXIST);
	ck_assert_int_eq(stage(HSMREPL_OP_CREATE, "a", "3", 2, &stages[2]), 0);
	for (i = 0; i < 3; i++)
		hsm_store_apply(&store, &stages[i]);
	for (i = 0; i < 3; i++)
		hsm_store_settle(&store, &stages[i]);
	check_consistent();
	ck_assert((object = get("b", &undecided)) && object->id[0] == 1);
	hsm_object_put(object);
	ck_assert_int_eq(commit_one(HSMREPL_OP_CREATE, "c", "1", 1), -EEXIST);
	ck_assert_int_eq(commit_one(HSMREPL_OP_CREATE, "c", "1", 2), -EEXIST);
	ck_assert_int_eq(commit_one(HSMREPL_OP_DELETE, "b", NULL, 0), 0);
	ck_assert_int_eq(commit_one(HSMREPL_OP_CREATE, "c", "1", 1), 0);
}
END_TEST

START_TEST(limits_hold)
{
	struct hsm_stage held[100];
	struct hsm_stage one;
	char label[16];
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(label, sizeof(label), "k%d", i);
		ck_assert_int_eq(stage(HSMREPL_OP_CREATE, label, "x", i + 1, &held[i]), 0);
	}
	ck_assert_int_eq(stage(HSMREPL_OP_CREATE, "over", "x", 101, &one), -ENOSPC);
	for (i = 99; i >= 0; i--)
		hsm_store_unstage(&store, &held[i]);
	check_consistent();
	store.bytes_max = hsm_cost(1, 10);
	ck_assert_int_eq(commit_one(HSMREPL_OP_CREATE, "a", "0123456789", 1), 0);
	ck_assert_int_eq(commit_one(HSMREPL_OP_CREATE, "b", "0", 2), -ENOSPC);
	ck_assert_int_eq(commit_one(HSMREPL_OP_UPDATE, "a", "01234567890123456", 0), -ENOSPC);
	ck_assert_int_eq(commit_one(HSMREPL_OP_UPDATE, "a", "0", 0), 0);
	ck_assert_uint_eq(store.bytes, hsm_cost(1, 1));
	store.bytes_max = 0;
	ck_assert_int_eq(commit_one(HSMREPL_OP_UPDATE, "a", "1", 0), 0);
	ck_assert_int_eq(commit_one(HSMREPL_OP_DELETE, "a", NULL, 0), 0);
	ck_assert_uint_eq(store.bytes, 0);
}
END_TEST

/* The nth allocation fails: nothing has changed, and the same works afterwards. */
START_TEST(staging_survives_no_memory)
{
	static const struct {
		u16 code;
		const char *label;
		u8 id;
	} cases[] = {
		{ HSMREPL_OP_CREATE, "new", 9 },
		{ HSMREPL_OP_UPDATE, "old", 0 },
		{ HSMREPL_OP_DELETE, "old", 0 },
	};
	struct hsm_stage one;
	unsigned long nth;
	u64 digest;
	size_t i;
	int err;

	ck_assert_int_eq(commit_one(HSMREPL_OP_CREATE, "old", "value", 1), 0);
	digest = store.digest;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		for (nth = 1;; nth++) {
			const char *payload = cases[i].code == HSMREPL_OP_DELETE ? NULL : "data";

			shim_fail_nth = nth;
			err = stage(cases[i].code, cases[i].label, payload, cases[i].id, &one);
			if (!err)
				break;
			ck_assert_int_eq(err, -ENOMEM);
			ck_assert_uint_eq(store.digest, digest);
			check_consistent();
		}
		ck_assert_uint_gt(nth, 1);
		/* Applying takes no memory. */
		shim_fail_nth = 1;
		hsm_store_apply(&store, &one);
		hsm_store_settle(&store, &one);
		ck_assert_uint_eq(shim_fail_nth, 1);
		shim_fail_nth = 0;
		check_consistent();
		digest = store.digest;
	}
}
END_TEST

START_TEST(a_list_has_each_object_once)
{
	char label[HSMREPL_LABEL_MAX], name[16];
	struct hsm_object *object;
	u32 seen[50] = { }, label_len, n;
	u64 cursor = 0;
	int i;

	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "%c%d", i % 2 ? 'o' : 'e', i);
		ck_assert_int_eq(commit_one(HSMREPL_OP_CREATE, name, "x", i + 1), 0);
	}
	for (i = 0; (object = hsm_store_list_next(&store, &cursor, "o", 1, label, &label_len));
	     i++) {
		ck_assert_int_eq(label[0], 'o');
		seen[object->id[0] - 1]++;
		hsm_object_put(object);
		/* Others come and go meanwhile. */
		snprintf(name, sizeof(name), "e%d", i * 2);
		ck_assert_int_eq(commit_one(HSMREPL_OP_DELETE, name, NULL, 0), 0);
		snprintf(name, sizeof(name), "x%d", i);
		ck_assert_int_eq(commit_one(HSMREPL_OP_CREATE, name, "y", 100 + i), 0);
	}
	for (n = 0; n < 50; n++)
		ck_assert_uint_eq(seen[n], n % 2);
	ck_assert(!hsm_store_list_next(&store, &cursor, "o", 1, label, &label_len));
}
END_TEST

START_TEST(digest_stays_what_it_must_be)
{
	char label[16], payload[64];
	int round, err;

	srandom(_i + 1);
	for (round = 0; round < ROUNDS; round++) {
		u16 code = HSMREPL_OP_CREATE + random() % 3;

		snprintf(label, sizeof(label), "label-%ld", random() % LABELS);
		snprintf(payload, sizeof(payload), "%0*ld", (int)(random() % 50) + 1, random());
		err = commit_one(code, label, code == HSMREPL_OP_DELETE ? NULL : payload,
				 code == HSMREPL_OP_CREATE ? random() % 30 + 1 : 0);
		ck_assert(!err || err == -EEXIST || err == -ENOENT);
		if (round % 50 == 0)
			check_consistent();
	}
	check_consistent();
}
END_TEST

static struct hsmrepl_load_entry *load_entry(u64 *room, const char *label, u8 id)
{
	struct hsmrepl_load_entry *entry = (struct hsmrepl_load_entry *)room;
	u32 label_len = strlen(label);

	memset(entry, 0, sizeof(*entry));
	entry->len = cpu_to_le32(ALIGN(sizeof(*entry) + label_len, HSM_ALIGN));
	entry->label_len = cpu_to_le16(label_len);
	entry->version = cpu_to_le64(5);
	entry->seq = cpu_to_le64(6);
	entry->id[0] = id;
	entry->type[0] = 't';
	memcpy(entry + 1, label, label_len);
	return entry;
}

START_TEST(load_adds_or_leaves)
{
	struct hsm_object *object;
	unsigned long nth = 0;
	bool undecided;
	u64 room[64];
	int err;

	do {
		shim_fail_nth = ++nth;
		err = hsm_store_load(&store, load_entry(room, "a", 1));
		check_consistent();
		ck_assert(!err || err == -ENOMEM);
		ck_assert_uint_eq(store.objects, !err);
	} while (err);
	shim_fail_nth = 0;
	ck_assert_uint_gt(nth, 1);
	ck_assert((object = get("a", &undecided)));
	ck_assert_uint_eq(object->version, 5);
	ck_assert_uint_eq(object->seq, 6);
	hsm_object_put(object);
	ck_assert_int_eq(hsm_store_load(&store, load_entry(room, "a", 2)), -EEXIST);
	ck_assert_int_eq(hsm_store_load(&store, load_entry(room, "b", 1)), -EEXIST);
	store.objects_max = 1;
	ck_assert_int_eq(hsm_store_load(&store, load_entry(room, "b", 2)), -ENOSPC);
	hsm_store_unload(&store, load_entry(room, "a", 1));
	ck_assert_uint_eq(store.objects, 0);
	check_consistent();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store");
	TCase *tcase = tcase_create("store");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, stage_is_invisible);
	tcase_add_test(tcase, unstage_leaves_no_trace);
	tcase_add_test(tcase, an_id_is_free_once_deleted);
	tcase_add_test(tcase, limits_hold);
	tcase_add_test(tcase, staging_survives_no_memory);
	tcase_add_test(tcase, a_list_has_each_object_once);
	tcase_add_loop_test(tcase, digest_stays_what_it_must_be, 0, 4);
	tcase_add_test(tcase, load_adds_or_leaves);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
