// SPDX-License-Identifier: GPL-2.0
/* Formats and rules: every length, every field, every move of the slot. */
#include <openssl/evp.h>
#include "../suite.h"
#include "replica.h"

#define BUF_WORDS	1024

/* SipHash-2-4 of 00, 00 01, ... under key 00 01 ... 0f: from its authors' reference vectors. */
START_TEST(siphash_vectors)
{
	static const struct {
		size_t len;
		u64 hash;
	} vectors[] = {
		{ 0, 0x726fdb47dd0e0e31ULL }, { 1, 0x74f839c593dc67fdULL },
		{ 7, 0xab0200f58b01d137ULL }, { 8, 0x93f5f5799a932462ULL },
		{ 15, 0xa129ca6149be45e5ULL }, { 63, 0x958a324ceb064572ULL },
	};
	u8 bytes[64], key_bytes[HSMREPL_KEY_LEN];
	siphash_key_t key;
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	memcpy(key_bytes, bytes, sizeof(key_bytes));
	hsm_digest_key(&key, key_bytes);
	for (i = 0; i < ARRAY_SIZE(vectors); i++)
		ck_assert_uint_eq(siphash(bytes, vectors[i].len, &key), vectors[i].hash);
}
END_TEST

START_TEST(labels)
{
	static const struct {
		const char *label;
		size_t len;
		int result;
	} cases[] = {
		{ "a", 1, 0 }, { "", 0, -EINVAL }, { "a\0b", 3, -EINVAL },
		{ "\xc3\xa4", 2, 0 }, { "\xc3", 1, -EINVAL }, { "\xc3(", 2, -EINVAL },
		{ "\xc0\x80", 2, -EINVAL }, { "\xc1\xbf", 2, -EINVAL },
		{ "\xe2\x82\xac", 3, 0 }, { "\xe0\x9f\xbf", 3, -EINVAL },
		{ "\xed\xa0\x80", 3, -EINVAL }, { "\xf0\x9f\x94\x91", 4, 0 },
		{ "\xf0\x8f\xbf\xbf", 4, -EINVAL }, { "\xf4\x90\x80\x80", 4, -EINVAL },
		{ "\xf8\x88\x80\x80\x80", 5, -EINVAL }, { "\x80", 1, -EINVAL },
		{ "\xff", 1, -EINVAL },
	};
	char full[HSMREPL_LABEL_MAX + 1];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_msg(hsm_label_check(cases[i].label, cases[i].len) == cases[i].result,
			      "case %zu", i);
	memset(full, 'x', sizeof(full));
	ck_assert_int_eq(hsm_label_check(full, HSMREPL_LABEL_MAX), 0);
	ck_assert_int_eq(hsm_label_check(full, HSMREPL_LABEL_MAX + 1), -EMSGSIZE);
}
END_TEST

static u32 three_ops(u64 *room)
{
	u8 *at = (u8 *)room;

	at += put_op(at, HSMREPL_OP_CREATE, "key-1", "secret", 0);
	at += put_op(at, HSMREPL_OP_UPDATE, "key-22", "another", 3);
	at += put_op(at, HSMREPL_OP_DELETE, "key-333", NULL, 9);
	return at - (u8 *)room;
}

START_TEST(ops_cut_anywhere)
{
	u64 room[BUF_WORDS];
	u32 len = three_ops(room), i;

	ck_assert_int_eq(hsm_ops_check(HSMREPL_TL_DATA, room, len, 3, 100), 0);
	for (i = 0; i < len; i++)
		ck_assert_int_eq(hsm_ops_check(HSMREPL_TL_DATA, room, i, 3, 100), -EINVAL);
	ck_assert_int_eq(hsm_ops_check(HSMREPL_TL_DATA, room, len, 2, 100), -EINVAL);
	ck_assert_int_eq(hsm_ops_check(HSMREPL_TL_DATA, room, len, 4, 100), -EINVAL);
	ck_assert_int_eq(hsm_ops_check(HSMREPL_TL_DATA, room, len, 0, 100), -EINVAL);
	ck_assert_int_eq(hsm_ops_check(HSMREPL_TL_DATA, room, len, HSMREPL_OPS_MAX + 1, 100),
			 -EMSGSIZE);
	ck_assert_int_eq(hsm_ops_check(HSMREPL_TL_DATA, room, HSMREPL_TL_MAX, 3, 100), -EMSGSIZE);
	ck_assert_int_eq(hsm_ops_check(HSMREPL_TL_DATA, room, len, 3, 6), -EMSGSIZE);
	ck_assert_int_eq(hsm_ops_check(0, room, len, 3, 100), -EINVAL);
	ck_assert_int_eq(hsm_ops_check(HSMREPL_TL_FINALISE + 1, room, len, 3, 100), -EINVAL);
	ck_assert_int_eq(hsm_ops_check(HSMREPL_TL_FORM, room, len, 3, 100), -EINVAL);
}
END_TEST

#define EXPECT_OP(_code, _result, _change)					\
do {										\
	u64 room[BUF_WORDS];							\
	struct hsmrepl_op *op = (struct hsmrepl_op *)room;			\
	u32 len = put_op(op, _code, "label", (_code) == HSMREPL_OP_DELETE ?	\
			 NULL : "payload", 0);					\
										\
	ck_assert_int_eq(hsm_ops_check(HSMREPL_TL_DATA, op, len, 1, 100), 0);	\
	_change;								\
	ck_assert_int_eq(hsm_ops_check(HSMREPL_TL_DATA, op, len, 1, 100), _result); \
} while (0)

START_TEST(op_fields)
{
	EXPECT_OP(HSMREPL_OP_CREATE, -EINVAL, op->code = 0);
	EXPECT_OP(HSMREPL_OP_CREATE, -EINVAL, op->code = cpu_to_le16(4));
	EXPECT_OP(HSMREPL_OP_CREATE, -EINVAL, op->code = cpu_to_le16(HSMREPL_OP_NODES));
	EXPECT_OP(HSMREPL_OP_CREATE, -EINVAL, op->len = 0);
	EXPECT_OP(HSMREPL_OP_CREATE, -EINVAL, op->len = cpu_to_le32(len + 8));
	EXPECT_OP(HSMREPL_OP_CREATE, -EINVAL, op->len = cpu_to_le32(len - 8));
	EXPECT_OP(HSMREPL_OP_CREATE, -EINVAL, op->len = cpu_to_le32(0xffffffff));
	EXPECT_OP(HSMREPL_OP_CREATE, -EINVAL, op->payload_len = cpu_to_le32(0xffffffff));
	EXPECT_OP(HSMREPL_OP_CREATE, -EINVAL, op->label_len = 0);
	EXPECT_OP(HSMREPL_OP_CREATE, -EOPNOTSUPP, op->reserved = cpu_to_le32(1));
	EXPECT_OP(HSMREPL_OP_CREATE, -EINVAL, op->if_version = cpu_to_le64(1));
	EXPECT_OP(HSMREPL_OP_CREATE, 0, op->attrs = ~0ULL);
	EXPECT_OP(HSMREPL_OP_CREATE, 0, op->id[3] = 1);
	EXPECT_OP(HSMREPL_OP_CREATE, 0, memcpy(op->type, "aes-256", 7));
	EXPECT_OP(HSMREPL_OP_CREATE, 0, memset(op->type, 'x', sizeof(op->type)));
	EXPECT_OP(HSMREPL_OP_CREATE, -EINVAL, op->type[1] = 'x');
	EXPECT_OP(HSMREPL_OP_CREATE, -EINVAL, op->type[0] = '\x1f');
	EXPECT_OP(HSMREPL_OP_CREATE, -EINVAL, op->type[0] = '\x7f');
	EXPECT_OP(HSMREPL_OP_CREATE, -EINVAL, ((u8 *)op)[len - 1] = 1);
	EXPECT_OP(HSMREPL_OP_CREATE, -EINVAL, ((u8 *)op)[sizeof(*op)] = 0xff);
	EXPECT_OP(HSMREPL_OP_UPDATE, 0, op->if_version = cpu_to_le64(1));
	EXPECT_OP(HSMREPL_OP_UPDATE, 0, op->attrs = 1);
	EXPECT_OP(HSMREPL_OP_UPDATE, -EINVAL, op->id[0] = 1);
	EXPECT_OP(HSMREPL_OP_DELETE, 0, op->if_version = cpu_to_le64(1));
	EXPECT_OP(HSMREPL_OP_DELETE, -EINVAL, op->attrs = 1);
	EXPECT_OP(HSMREPL_OP_DELETE, -EINVAL, op->id[15] = 1);
	EXPECT_OP(HSMREPL_OP_DELETE, -EINVAL, op->type[0] = 'x');
	EXPECT_OP(HSMREPL_OP_DELETE, -EINVAL, (op->payload_len = cpu_to_le32(1),
		  op->label_len = cpu_to_le16(4)));
}
END_TEST

/* A TL of three operations by node 1, next after point. */
static struct hsmrepl_tl *data_tl(u64 *room, const struct hsm_point *point)
{
	struct hsmrepl_nl nl = node_list(1, 3);
	struct hsmrepl_tl *tl = (struct hsmrepl_tl *)room;
	static const u8 id[HSMREPL_ID_LEN] = { 1 };
	u32 len;

	memset(tl, 0, sizeof(*tl));
	len = three_ops((u64 *)(tl + 1));
	hsm_op_complete(hsm_tl_ops(tl), id);
	tl->len = cpu_to_le32(sizeof(*tl) + len);
	tl->kind = cpu_to_le16(HSMREPL_TL_DATA);
	tl->tid = cpu_to_le64(0x1122334455667788ULL);
	tl->n_ops = cpu_to_le16(3);
	hsm_tl_cut(tl, point, &nl, 1);
	return tl;
}

static const struct hsm_point here = { .epoch = 1, .seq = 41, .sync_point = 99 };

START_TEST(tl_cut_anywhere)
{
	u64 room[BUF_WORDS];
	struct hsmrepl_tl *tl = data_tl(room, &here);
	u32 len = le32_to_cpu(tl->len), i;

	ck_assert_int_eq(hsm_tl_check(tl, len, 100), 0);
	ck_assert_int_eq(hsm_tl_check(tl, len + 8, 100), 0);
	for (i = 0; i < len; i++)
		ck_assert_int_eq(hsm_tl_check(tl, i, 100), -EBADMSG);
	for (i = 0; i < len; i++) {
		tl->len = cpu_to_le32(i);
		ck_assert_int_eq(hsm_tl_check(tl, len, 100), -EBADMSG);
	}
	tl->len = cpu_to_le32(len);
	ck_assert_int_eq(hsm_tl_check(tl, len, 6), -EMSGSIZE);
}
END_TEST

#define EXPECT_TL(_result, _change)						\
do {										\
	u64 room[BUF_WORDS];							\
	struct hsmrepl_nl nl = node_list(1, 3);					\
	struct hsmrepl_tl *tl = data_tl(room, &here);				\
	u32 len = le32_to_cpu(tl->len);						\
	int result = hsm_tl_check(tl, len, 100) ?: hsm_tl_fits(tl, &here, &nl);	\
										\
	ck_assert_int_eq(result, 0);						\
	_change;								\
	result = hsm_tl_check(tl, len, 100) ?: hsm_tl_fits(tl, &here, &nl);	\
	ck_assert_int_eq(result, _result);					\
} while (0)

START_TEST(tl_fields)
{
	EXPECT_TL(-EBADMSG, tl->format = 0);
	EXPECT_TL(-EBADMSG, tl->format = cpu_to_le16(2));
	EXPECT_TL(-EBADMSG, tl->kind = 0);
	EXPECT_TL(-EBADMSG, tl->kind = cpu_to_le16(HSMREPL_TL_FORM));
	EXPECT_TL(-EBADMSG, tl->kind = cpu_to_le16(6));
	EXPECT_TL(-EBADMSG, tl->tid = 0);
	EXPECT_TL(-EBADMSG, tl->seq = 0);
	EXPECT_TL(-EBADMSG, tl->coordinator = 0);
	EXPECT_TL(-EBADMSG, tl->coordinator = cpu_to_le16(4));
	EXPECT_TL(-EBADMSG, tl->reserved = 1);
	EXPECT_TL(-EBADMSG, tl->n_ops = 0);
	EXPECT_TL(-EBADMSG, tl->n_ops = cpu_to_le16(2));
	EXPECT_TL(-EBADMSG, tl->n_ops = cpu_to_le16(4));
	EXPECT_TL(-EBADMSG, tl->n_voters = 0);
	EXPECT_TL(-EBADMSG, tl->n_voters = cpu_to_le16(2));
	EXPECT_TL(-EBADMSG, tl->n_voters = cpu_to_le16(17));
	EXPECT_TL(-EBADMSG, tl->voters[0] = 0);
	EXPECT_TL(-EBADMSG, tl->voters[1] = tl->voters[0]);
	EXPECT_TL(-EBADMSG, tl->voters[2] = cpu_to_le16(7));
	EXPECT_TL(-EBADMSG, tl->voters[15] = cpu_to_le16(7));
	EXPECT_TL(-EBADMSG, memset(hsm_tl_ops(tl)->id, 0, HSMREPL_ID_LEN));
	EXPECT_TL(-EBADMSG, memset(hsm_tl_ops(tl)->type, 0, HSMREPL_TYPE_MAX));
	EXPECT_TL(-EBADMSG, hsm_tl_ops(tl)->reserved = 1);
	EXPECT_TL(-ESTALE, tl->epoch = cpu_to_le64(2));
	EXPECT_TL(-ESTALE, tl->seq = cpu_to_le64(41));
	EXPECT_TL(-ESTALE, tl->seq = cpu_to_le64(43));
	EXPECT_TL(-ESTALE, tl->sync_point = cpu_to_le64(98));
	EXPECT_TL(0, tl->coordinator = cpu_to_le16(3));
}
END_TEST

START_TEST(create_defaults)
{
	static const u8 drawn[HSMREPL_ID_LEN] = { 9, 9 };
	u64 room[BUF_WORDS];
	struct hsmrepl_op *op = (struct hsmrepl_op *)room;

	put_op(op, HSMREPL_OP_CREATE, "k", "p", 0);
	hsm_op_complete(op, drawn);
	ck_assert_mem_eq(op->id, drawn, sizeof(drawn));
	ck_assert_str_eq(op->type, "opaque");
	memcpy(op->type, "rsa\0\0\0", 6);
	hsm_op_complete(op, drawn);
	ck_assert_str_eq(op->type, "rsa");
}
END_TEST

START_TEST(operations_on_objects)
{
	static const struct {
		u16 code;
		u64 if_version;
		bool exists;
		u64 version;
		int result;
		u64 version_after;
	} cases[] = {
		{ HSMREPL_OP_CREATE, 0, false, 0, 0, 1 },
		{ HSMREPL_OP_CREATE, 0, true, 5, -EEXIST, 5 },
		{ HSMREPL_OP_UPDATE, 0, false, 0, -ENOENT, 0 },
		{ HSMREPL_OP_UPDATE, 0, true, 5, 0, 6 },
		{ HSMREPL_OP_UPDATE, 5, true, 5, 0, 6 },
		{ HSMREPL_OP_UPDATE, 4, true, 5, -ESTALE, 5 },
		{ HSMREPL_OP_UPDATE, 6, true, 5, -ESTALE, 5 },
		{ HSMREPL_OP_UPDATE, 1, false, 0, -ENOENT, 0 },
		{ HSMREPL_OP_DELETE, 0, false, 0, -ENOENT, 0 },
		{ HSMREPL_OP_DELETE, 0, true, 5, 0, 0 },
		{ HSMREPL_OP_DELETE, 5, true, 5, 0, 0 },
		{ HSMREPL_OP_DELETE, 4, true, 5, -ESTALE, 5 },
	};
	u64 room[BUF_WORDS];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct hsm_view view = { .exists = cases[i].exists, .version = cases[i].version };
		bool gone = cases[i].code == HSMREPL_OP_DELETE;

		put_op(room, cases[i].code, "k", gone ? NULL : "p", cases[i].if_version);
		ck_assert_int_eq(hsm_op_step((void *)room, &view), cases[i].result);
		ck_assert_uint_eq(view.version, cases[i].version_after);
		if (!cases[i].result)
			ck_assert(view.exists == !gone);
		else
			ck_assert(view.exists == cases[i].exists);
	}
}
END_TEST

START_TEST(memory_of_an_object)
{
	/* 1 KiB under a label of 16 bytes stays under 1.2 KiB; the sizes that it rests on. */
	ck_assert_uint_lt(hsm_cost(16, 1024), 1024 * 12 / 10);
	ck_assert_uint_eq(sizeof(struct hsm_object), 96);
	ck_assert_uint_eq(offsetof(struct hsm_entry, label), 34);
	ck_assert_uint_eq(hsm_cost(30, 0), 98 + 26 + 64);
	ck_assert_uint_eq(hsm_cost(31, 0), 98 + 26 + 96);
	ck_assert_uint_eq(hsm_cost(30, 1025) - hsm_cost(30, 0), 2048);
	ck_assert_uint_eq(hsm_cost(30, 65536) - hsm_cost(30, 0), 65536);
}
END_TEST

#define EXPECT_NL(_result, _change)			\
do {							\
	struct hsmrepl_nl nl = node_list(1, 3);		\
							\
	ck_assert_int_eq(hsm_nl_check(&nl), 0);		\
	_change;					\
	ck_assert_int_eq(hsm_nl_check(&nl), _result);	\
} while (0)

START_TEST(node_list_fields)
{
	EXPECT_NL(-EINVAL, memset(nl.pool, 0, sizeof(nl.pool)));
	EXPECT_NL(-EINVAL, nl.epoch = 0);
	EXPECT_NL(-EINVAL, nl.n_nodes = 0);
	EXPECT_NL(-EINVAL, nl.n_nodes = cpu_to_le16(2));
	EXPECT_NL(-EINVAL, nl.n_nodes = cpu_to_le16(4));
	EXPECT_NL(-EINVAL, nl.n_nodes = cpu_to_le16(17));
	EXPECT_NL(-EINVAL, nl.reserved[3] = 1);
	EXPECT_NL(0, nl.protocol = cpu_to_le16(2));
	EXPECT_NL(-EINVAL, nl.nodes[0].id = 0);
	EXPECT_NL(-EINVAL, nl.nodes[1].id = nl.nodes[0].id);
	EXPECT_NL(-EINVAL, nl.nodes[1].id = nl.nodes[2].id);
	EXPECT_NL(-EINVAL, nl.nodes[1].reserved[0] = 1);
	EXPECT_NL(-EINVAL, nl.nodes[1].name[0] = 0);
	EXPECT_NL(-EINVAL, nl.nodes[1].name[31] = 'x');
	EXPECT_NL(-EINVAL, memset(nl.nodes[1].name, 'x', HSMREPL_NAME_MAX));
	EXPECT_NL(-EINVAL, nl.nodes[1].name[1] = '1');
	EXPECT_NL(-EINVAL, nl.nodes[2].address[0] = 0);
	EXPECT_NL(-EINVAL, memset(nl.nodes[2].address, 'x', HSMREPL_ADDRESS_MAX));
	EXPECT_NL(-EINVAL, nl.nodes[15].address[7] = 1);
	EXPECT_NL(0, nl.nodes[2].id = cpu_to_le16(65535));
}
END_TEST

START_TEST(node_list_changes)
{
	const struct hsmrepl_nl none = { }, three = node_list(4, 3);
	struct hsmrepl_nl two = node_list(5, 2), four = node_list(5, 4), same = node_list(5, 3);
	struct hsmrepl_nl first = node_list(1, 3), late = node_list(6, 4), other = four;

	other.pool[0]++;
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_FORM, &first, &none, 0), 0);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_FORM, &four, &none, 0), -ESTALE);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_FORM, &four, &three, 4), -ESTALE);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_NODE_ADD, &first, &none, 0), -ENONET);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_NODE_ADD, &four, &three, 4), 0);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_NODE_ADD, &late, &three, 4), -ESTALE);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_NODE_ADD, &other, &three, 4), -EINVAL);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_NODE_ADD, &same, &three, 4), -EINVAL);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_NODE_ADD, &two, &three, 4), -EINVAL);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_NODE_REMOVE, &two, &three, 4), 0);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_NODE_REMOVE, &same, &three, 4), -EINVAL);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_NODE_REMOVE, &four, &three, 4), -EINVAL);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_NODE_DOWN, &two, &three, 4), 0);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_NODE_DOWN, &same, &three, 4), 0);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_NODE_DOWN, &four, &three, 4), -EINVAL);
	two.nodes[1].id = cpu_to_le16(9);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_NODE_DOWN, &two, &three, 4), -EINVAL);
}
END_TEST

/* Only FINALISE raises the protocol; all others carry it over. */
START_TEST(protocol_of_a_pool)
{
	static const u32 kinds[] = {
		HSMREPL_TL_NODE_ADD, HSMREPL_TL_NODE_REMOVE, HSMREPL_TL_NODE_DOWN,
	};
	static const u16 members[] = { 4, 2, 2 };
	const struct hsmrepl_nl none = { };
	struct hsmrepl_nl present = node_list(4, 3), next = node_list(5, 3);
	struct hsmrepl_nl first = node_list(1, 3);
	unsigned int i;

	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_FINALISE, &next, &present, 4), -EINVAL);
	next.protocol = cpu_to_le16(2);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_FINALISE, &next, &present, 4), 0);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_FINALISE, &next, &present, 3), -ESTALE);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_FINALISE, &first, &none, 0), -ENONET);
	present.protocol = cpu_to_le16(2);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_FINALISE, &next, &present, 4), -EINVAL);
	next.protocol = cpu_to_le16(3);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_FINALISE, &next, &present, 4), 0);
	for (i = 0; i < 3; i++) {
		next = node_list(5, members[i]);
		ck_assert_int_eq(hsm_nl_follows(kinds[i], &next, &present, 4), -EINVAL);
		ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_FINALISE, &next, &present, 4), -EINVAL);
		next.protocol = cpu_to_le16(3);
		ck_assert_int_eq(hsm_nl_follows(kinds[i], &next, &present, 4), -EINVAL);
		ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_FINALISE, &next, &present, 4), -EINVAL);
		next.protocol = cpu_to_le16(2);
		ck_assert_int_eq(hsm_nl_follows(kinds[i], &next, &present, 4), 0);
	}
	first.protocol = cpu_to_le16(2);
	ck_assert_int_eq(hsm_nl_follows(HSMREPL_TL_FORM, &first, &none, 0), -EINVAL);
}
END_TEST

START_TEST(voters_of_each_kind)
{
	const struct hsmrepl_nl none = { }, three = node_list(4, 3);
	struct hsmrepl_nl two = node_list(5, 2), four = node_list(5, 4);
	__le16 voters[HSMREPL_NODES_MAX];
	int i;

	ck_assert_uint_eq(hsm_voters(HSMREPL_TL_DATA, NULL, &three, voters), 3);
	for (i = 0; i < HSMREPL_NODES_MAX; i++)
		ck_assert_uint_eq(le16_to_cpu(voters[i]), i < 3 ? i + 1 : 0);
	ck_assert_uint_eq(hsm_voters(HSMREPL_TL_NODE_REMOVE, &two, &three, voters), 3);
	ck_assert_uint_eq(hsm_voters(HSMREPL_TL_NODE_DOWN, &two, &three, voters), 2);
	ck_assert_uint_eq(hsm_voters(HSMREPL_TL_NODE_ADD, &four, &three, voters), 4);
	ck_assert_uint_eq(hsm_voters(HSMREPL_TL_FINALISE, &three, &three, voters), 3);
	ck_assert_uint_eq(hsm_voters(HSMREPL_TL_FORM, &four, &none, voters), 4);
}
END_TEST

/* The same by hand. */
static void chain_by_hand(u8 *chain, const void *tl, u32 len)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	EVP_DigestUpdate(context, chain, 32);
	EVP_DigestUpdate(context, tl, len);
	EVP_DigestFinal_ex(context, chain, NULL);
	EVP_MD_CTX_free(context);
}

START_TEST(points_advance)
{
	struct hsm_point point = here;
	u64 room[BUF_WORDS];
	u8 chain[32] = { };
	u64 sp = 99;
	int i;

	for (i = 0; i < 5; i++) {
		struct hsmrepl_tl *tl = data_tl(room, &point);

		ck_assert_uint_eq(le64_to_cpu(tl->sync_point), sp);
		ck_assert_uint_eq(le64_to_cpu(tl->seq), 42 + i);
		hsm_point_advance(&point, tl);
		chain_by_hand(chain, tl, le32_to_cpu(tl->len));
		sp ^= 0x1122334455667788ULL;
		ck_assert_uint_eq(point.sync_point, sp);
		ck_assert_uint_eq(point.seq, 42 + i);
		ck_assert_uint_eq(point.epoch, 1);
		ck_assert_mem_eq(point.chain, chain, 32);
	}
}
END_TEST

/* sha256 of eight zero bytes begins af5570f5; of 01 00 .. 00, 7c9fa136. */
START_TEST(check_codes)
{
	ck_assert_uint_eq(hsm_check_code(0), 0xf57055afu % 10000);
	ck_assert_uint_eq(hsm_check_code(1), 0x36a19f7cu % 10000);
}
END_TEST

static const int slot_after[3][HSM_SLOT_EVENTS] = {
	{ HSMREPL_SLOT_CLAIMED, HSMREPL_SLOT_PREPARED, -ENOENT, HSMREPL_SLOT_FREE },
	{ -EBUSY, -EBUSY, HSMREPL_SLOT_FREE, HSMREPL_SLOT_FREE },
	{ -EBUSY, -EBUSY, HSMREPL_SLOT_FREE, HSMREPL_SLOT_FREE },
};

START_TEST(slot_moves)
{
	int event;

	for (event = 0; event < HSM_SLOT_EVENTS; event++)
		ck_assert_int_eq(hsm_slot_move(_i, event), slot_after[_i][event]);
}
END_TEST

START_TEST(load_entries)
{
	u64 room[BUF_WORDS] = { };
	struct hsmrepl_load_entry *entry = (struct hsmrepl_load_entry *)room;
	u32 len = ALIGN(sizeof(*entry) + 5 + 7, HSM_ALIGN), i;

	entry->len = cpu_to_le32(len);
	entry->label_len = cpu_to_le16(5);
	entry->payload_len = cpu_to_le32(7);
	entry->version = cpu_to_le64(3);
	entry->id[0] = 1;
	entry->type[0] = 'x';
	memcpy(entry + 1, "labelpayload", 12);
	ck_assert_int_eq(hsm_load_entry_check(entry, len, 100), 0);
	for (i = 0; i < len; i++)
		ck_assert_int_eq(hsm_load_entry_check(entry, i, 100), -EINVAL);
	ck_assert_int_eq(hsm_load_entry_check(entry, len, 6), -EMSGSIZE);
	entry->reserved = 1;
	ck_assert_int_eq(hsm_load_entry_check(entry, len, 100), -EOPNOTSUPP);
	entry->reserved = 0;
	entry->reserved2 = 1;
	ck_assert_int_eq(hsm_load_entry_check(entry, len, 100), -EOPNOTSUPP);
	entry->reserved2 = 0;
	entry->version = 0;
	ck_assert_int_eq(hsm_load_entry_check(entry, len, 100), -EINVAL);
	entry->version = 1;
	entry->type[0] = 0;
	ck_assert_int_eq(hsm_load_entry_check(entry, len, 100), -EINVAL);
	entry->type[0] = 'x';
	entry->id[0] = 0;
	ck_assert_int_eq(hsm_load_entry_check(entry, len, 100), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core");
	TCase *tcase = tcase_create("core");

	tcase_add_test(tcase, siphash_vectors);
	tcase_add_test(tcase, labels);
	tcase_add_test(tcase, ops_cut_anywhere);
	tcase_add_test(tcase, op_fields);
	tcase_add_test(tcase, tl_cut_anywhere);
	tcase_add_test(tcase, tl_fields);
	tcase_add_test(tcase, create_defaults);
	tcase_add_test(tcase, operations_on_objects);
	tcase_add_test(tcase, memory_of_an_object);
	tcase_add_test(tcase, node_list_fields);
	tcase_add_test(tcase, node_list_changes);
	tcase_add_test(tcase, protocol_of_a_pool);
	tcase_add_test(tcase, voters_of_each_kind);
	tcase_add_test(tcase, points_advance);
	tcase_add_test(tcase, check_codes);
	tcase_add_loop_test(tcase, slot_moves, 0, 3);
	tcase_add_test(tcase, load_entries);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
