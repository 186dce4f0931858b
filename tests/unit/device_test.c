// SPDX-License-Identifier: GPL-2.0
/* The agent's calls as the ABI has them, and records as they come; a scripted device stands in. */
#include <check.h>
#include <endian.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "device.h"
#include "device_bed.h"
#include "hsmrepl.h"
#include "standing.h"

static struct device *device;

static void setup(void)
{
	char error[DEVICE_ERROR_MAX];

	memset(&fake, 0, sizeof(fake));
	device = device_open("there", error);
	ck_assert_ptr_nonnull(device);
	fake.calls = 0;
}

static void teardown(void)
{
	device_close(device);
}

START_TEST(a_device_that_is_not_there_is_a_clear_error)
{
	char error[DEVICE_ERROR_MAX];

	ck_assert_ptr_null(device_open("/dev/none", error));
	ck_assert_ptr_nonnull(strstr(error, "/dev/none"));
	ck_assert_ptr_nonnull(strstr(error, "load the module"));
}
END_TEST

START_TEST(another_device_is_a_clear_error)
{
	char error[DEVICE_ERROR_MAX];

	fake.answer = -ENOTTY;
	ck_assert_ptr_null(device_open("there", error));
	ck_assert_ptr_nonnull(strstr(error, "device there: it is none of hsmrepl (ENOTTY)"));
}
END_TEST

START_TEST(an_older_device_speaks_less)
{
	uint16_t protocol;

	fake.features = HSMREPL_FEATURE_ASYNC | HSMREPL_FEATURE_SOFT;
	ck_assert_int_eq(device_protocol(device, &protocol), 0);
	ck_assert_uint_eq(protocol, PROTOCOL_MIN);
	fake.features |= HSMREPL_FEATURE_PROTOCOL;
	ck_assert_int_eq(device_protocol(device, &protocol), 0);
	ck_assert_uint_eq(protocol, PROTOCOL_MAX);
	fake.answer = -ENODEV;
	ck_assert_int_eq(device_protocol(device, &protocol), -ENODEV);
}
END_TEST

START_TEST(attach_tells_what_is_there)
{
	const uint8_t key[HSMREPL_KEY_LEN] = "sixteen letters";
	char error[DEVICE_ERROR_MAX];
	struct device_content c;

	ck_assert_int_eq(device_attach(device, 4, "n4", HSMREPL_MODE_NORMAL, key, &c, error), 0);
	ck_assert(c.loaded && c.slot_claimed);
	ck_assert_uint_eq(c.position.seq, 12);
	ck_assert_uint_eq(c.position.sp, 0xabc);
	ck_assert_uint_eq(c.position.digest, 0xd1);
	ck_assert_uint_eq(c.slot.coordinator, 4);
	ck_assert_uint_eq(c.slot.number, 99);
}
END_TEST

START_TEST(attach_refusals_say_what_to_do)
{
	static const struct {
		int error;
		const char *word;
	} refusal[] = {
		{ EBUSY, "another agent" }, { EKEYREJECTED, "node-id" }, { EPERM, "CAP_SYS_ADMIN" },
	};
	const uint8_t key[HSMREPL_KEY_LEN] = { 0 };
	char error[DEVICE_ERROR_MAX];
	struct device_content c;

	for (size_t i = 0; i < sizeof(refusal) / sizeof(refusal[0]); i++) {
		fake.answer = -refusal[i].error;
		ck_assert_int_eq(device_attach(device, 4, "n4", 0, key, &c, error),
				 -refusal[i].error);
		ck_assert_ptr_nonnull(strstr(error, refusal[i].word));
	}
}
END_TEST

static struct store_object object(const char *label, const void *payload, size_t len)
{
	return (struct store_object){
		.label = label, .label_len = strlen(label), .payload = payload,
		.payload_len = len, .version = 2, .seq = 7, .attrs = 5, .type = "aes",
	};
}

START_TEST(objects_are_loaded_as_entries)
{
	const struct store_object o = object("abc", "12345", 5);
	const struct position p = { .seq = 7, .digest = 0xd };
	const struct node_list none = { .n = 0 };
	const struct hsmrepl_load_entry *e = (const void *)fake.copy;

	ck_assert_int_eq(device_load_begin(device), 0);
	ck_assert_uint_eq(fake.arg.load.flags, HSMREPL_LOAD_BEGIN);
	ck_assert_uint_eq(fake.arg.load.entries_len, 0);
	ck_assert_int_eq(device_load_object(device, &o), 0);
	ck_assert_int_eq(device_load_end(device, &p, &none), 0);
	ck_assert_uint_eq(fake.arg.load.flags, HSMREPL_LOAD_END);
	ck_assert_uint_eq(fake.arg.load.nl, 0);
	ck_assert_uint_eq(fake.arg.load.seq, 7);
	ck_assert_uint_eq(le32toh(e->len), sizeof(*e) + 8);
	ck_assert_uint_eq(le64toh(e->version), 2);
	ck_assert_str_eq(e->type, "aes");
	ck_assert_mem_eq(e + 1, "abc12345", 8);
}
END_TEST

START_TEST(many_objects_are_loaded_in_parts)
{
	static uint8_t payload[HSMREPL_PAYLOAD_MAX];
	const struct store_object o = object("k", payload, sizeof(payload));
	const struct position p = { .seq = 7 };
	const struct node_list nl = { .epoch = 1, .n = 1, .node = { { .id = 4, .name = "n4" } } };
	size_t one = sizeof(struct hsmrepl_load_entry) + sizeof(payload) + 8;

	ck_assert_int_eq(device_load_begin(device), 0);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(device_load_object(device, &o), 0);
	ck_assert_int_eq(device_load_end(device, &p, &nl), 0);
	ck_assert_uint_ne(fake.arg.load.nl, 0);
	ck_assert_uint_eq(fake.loaded_bytes, 100 * one);
	/* BEGIN, full chunks of 15, END with the rest */
	ck_assert_uint_eq(fake.calls, 1 + 99 / (HSMREPL_TL_MAX / one) + 1);
}
END_TEST

START_TEST(load_errors_come_back)
{
	static const int errors[] = { EBADMSG, EEXIST, ENOSPC, ENOMEM, ENODEV };
	const struct position p = { .seq = 7 };
	const struct node_list none = { .n = 0 };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake.answer = 0;
		ck_assert_int_eq(device_load_begin(device), 0);
		fake.answer = -errors[i];
		ck_assert_int_eq(device_load_end(device, &p, &none), -errors[i]);
	}
}
END_TEST

START_TEST(an_error_on_the_way_comes_back)
{
	static uint8_t payload[HSMREPL_PAYLOAD_MAX];
	const struct store_object o = object("k", payload, sizeof(payload));
	int ret = 0, n;

	ck_assert_int_eq(device_load_begin(device), 0);
	fake.answer = -ENOSPC;
	for (n = 0; n < 100 && !ret; n++)
		ret = device_load_object(device, &o);
	ck_assert_int_eq(ret, -ENOSPC);
	/* What the first chunk came to, the second one tells at the latest. */
	ck_assert_int_le(n, 2 * 16);
	device_load_done(device);
	fake.answer = 0;
	ck_assert_int_eq(device_load_begin(device), 0);
	device_load_done(device);
}
END_TEST

static int ended(int *refusal, struct position *after)
{
	return device_end(device, refusal, after);
}

START_TEST(grants_and_revokes)
{
	struct position after;
	int refusal;

	device_begin_grant(device, 88, 3, 64);
	device_give(device);
	ck_assert_uint_eq(fake.arg.grant.batch, 88);
	ck_assert_uint_eq(fake.arg.grant.epoch, 3);
	ck_assert_uint_eq(fake.arg.grant.max_tls, 64);
	ck_assert_uint_eq(fake.arg.grant.max_bytes, DEVICE_GRANT_BYTES);
	ck_assert_int_eq(ended(&refusal, &after), 0);
	ck_assert_int_eq(device_revoke(device), 0);
	ck_assert_uint_eq(fake.arg.grant.batch, 0);
	fake.answer = -EBUSY;
	ck_assert_int_eq(device_revoke(device), -EBUSY);
}
END_TEST

START_TEST(prepare_tells_a_refusal_from_a_lost_device)
{
	const struct bytes tls = { "TLTLTLTL", 8 };
	struct position after;
	int refusal;

	device_begin_prepare(device, (struct batch_id){ 2, 5 }, tls, 3, false);
	ck_assert_int_eq(ended(&refusal, &after), 0);
	ck_assert_int_eq(refusal, 0);
	ck_assert_uint_eq(fake.arg.prepare.coordinator, 2);
	ck_assert_uint_eq(fake.arg.prepare.n_tls, 3);
	ck_assert_uint_eq(fake.arg.prepare.tls_len, 8);
	ck_assert_uint_eq(after.seq, 0);
	fake.foretells = true;
	device_begin_prepare(device, (struct batch_id){ 2, 5 }, tls, 3, true);
	ck_assert_int_eq(ended(&refusal, &after), 0);
	ck_assert_uint_eq(after.seq, 13);
	ck_assert_uint_eq(after.digest, 0xd2);
	fake.foretells = false;
	fake.answer = -ESTALE;
	device_begin_prepare(device, (struct batch_id){ 2, 5 }, tls, 3, false);
	ck_assert_int_eq(ended(&refusal, &after), 0);
	ck_assert_int_eq(refusal, ESTALE);
	fake.answer = -ENODEV;
	device_begin_prepare(device, (struct batch_id){ 2, 5 }, tls, 3, false);
	ck_assert_int_eq(ended(&refusal, &after), -ENODEV);
}
END_TEST

START_TEST(resolve_yields_the_position)
{
	struct position p;
	int refusal;

	device_begin_resolve(device, (struct batch_id){ 2, 5 }, HSMREPL_COMMIT, 0);
	ck_assert_int_eq(ended(&refusal, &p), 0);
	ck_assert_uint_eq(fake.arg.resolve.resolution, HSMREPL_COMMIT);
	ck_assert_uint_eq(p.seq, 13);
	ck_assert_uint_eq(p.digest, 0xd2);
}
END_TEST

START_TEST(resolving_what_is_not_there_is_an_assertion)
{
	struct position p;
	int refusal;

	fake.answer = -ENOENT;
	device_begin_resolve(device, (struct batch_id){ 2, 5 }, HSMREPL_COMMIT, 0);
	ended(&refusal, &p);
}
END_TEST

START_TEST(what_was_begun_ends_in_its_order_whatever_is_called_between)
{
	const struct bytes tls = { "TLTLTLTL", 8 };
	struct position p = { 0 };
	struct device_view view;
	int refusal = 0;

	for (int round = 0; round < 3; round++) {
		device_begin_resolve(device, (struct batch_id){ 2, 5 }, HSMREPL_COMMIT, 0);
		device_begin_grant(device, 88, 3, 64);
		ck_assert_uint_eq(fake.begun, 0);
		device_give(device);
		ck_assert_uint_eq(fake.begun, 2);
		ck_assert_uint_eq(fake.begins, 1);
		ck_assert_int_eq(device_look(device, &view), 0);
		ck_assert_uint_eq(fake.begun, 0);
		fake.answer = -EEXIST;
		device_begin_prepare(device, (struct batch_id){ 3, 1 }, tls, 3, false);
		device_give(device);
		fake.begins = 0;
		fake.answer = 0;
		ck_assert_int_eq(ended(&refusal, &p), 0);
		ck_assert_uint_eq(p.seq, 13);
		ck_assert_int_eq(ended(&refusal, &p), 0);
		ck_assert_int_eq(ended(&refusal, &p), 0);
		ck_assert_int_eq(refusal, EEXIST);
	}
}
END_TEST

START_TEST(a_form_is_one_operation_with_the_list)
{
	const struct node_list nl = { .pool = "pool", .epoch = 1, .n = 2,
		.node = { { 1, "n1", "127.0.0.1:1" }, { 2, "n2", "127.0.0.1:2" } } };
	const struct hsmrepl_op *op = (const void *)fake.copy;
	const struct hsmrepl_nl *list = (const void *)(op + 1);

	int refusal = 1;

	ck_assert_int_eq(device_nodes(device, HSMREPL_TL_FORM, &nl, &refusal), 0);
	ck_assert_int_eq(refusal, 0);
	ck_assert_uint_eq(fake.arg.submit.kind, HSMREPL_TL_FORM);
	ck_assert_uint_eq(fake.arg.submit.flags, HSMREPL_SUBMIT_ASYNC);
	ck_assert_uint_eq(fake.arg.submit.ops_len, sizeof(*op) + sizeof(*list));
	ck_assert_uint_eq(le16toh(op->code), HSMREPL_OP_NODES);
	ck_assert_uint_eq(le32toh(op->payload_len), sizeof(*list));
	ck_assert_uint_eq(le16toh(list->n_nodes), 2);
	ck_assert_str_eq(list->nodes[1].name, "n2");
}
END_TEST

START_TEST(an_answer_to_a_caller_that_left_is_no_error)
{
	ck_assert_int_eq(device_answer(device, 9, EBUSY, "{}"), 0);
	ck_assert_uint_eq(fake.arg.answer.request, 9);
	ck_assert_uint_eq(fake.arg.answer.status, EBUSY);
	ck_assert_mem_eq(fake.copy, "{}", 2);
	fake.answer = -ENOENT;
	ck_assert_int_eq(device_answer(device, 9, 0, "{}"), 0);
}
END_TEST

/* What device_read() reported. */
struct heard {
	unsigned int queued;
	unsigned int claims;
	uint64_t number;
	unsigned int n_tls;
	char tls[64];
	unsigned int admins;
	struct device_request admin;
	char json[64];
};

static void on_queued(void *arg)
{
	((struct heard *)arg)->queued++;
}

static void on_claimed(void *arg, uint64_t number, struct bytes tls, unsigned int n_tls)
{
	struct heard *h = arg;

	h->claims++;
	h->number = number;
	h->n_tls = n_tls;
	memcpy(h->tls, tls.p, tls.n);
}

static void on_admin(void *arg, const struct device_request *r)
{
	struct heard *h = arg;

	h->admins++;
	h->admin = *r;
	memcpy(h->json, r->json, r->json_len);
}

static void put_record(uint16_t type, uint16_t flags, uint64_t id, const void *body, size_t len)
{
	struct hsmrepl_record r = { .len = (uint32_t)(sizeof(r) + len), .type = type,
				    .flags = flags, .id = id };

	memcpy(fake.records + fake.records_len, &r, sizeof(r));
	if (len)
		memcpy(fake.records + fake.records_len + sizeof(r), body, len);
	fake.records_len += r.len;
}

static int read_all(struct heard *h)
{
	const struct device_sink sink = { on_queued, on_claimed, on_admin, h };

	return device_read(device, &sink);
}

START_TEST(a_batch_is_put_together_from_several_reads)
{
	struct heard h = { 0 };

	put_record(HSMREPL_REC_TL, 0, 42, "one_____", 8);
	ck_assert_int_eq(read_all(&h), 0);
	ck_assert_uint_eq(h.claims, 0);
	put_record(HSMREPL_REC_TL, 0, 42, "two_____", 8);
	put_record(HSMREPL_REC_TL, HSMREPL_REC_LAST, 42, "three___", 8);
	put_record(HSMREPL_REC_QUEUED, 0, 3, NULL, 0);
	ck_assert_int_eq(read_all(&h), 0);
	ck_assert_uint_eq(h.claims, 1);
	ck_assert_uint_eq(h.number, 42);
	ck_assert_uint_eq(h.n_tls, 3);
	ck_assert_mem_eq(h.tls, "one_____two_____three___", 24);
	ck_assert_uint_eq(h.queued, 1);
}
END_TEST

START_TEST(half_a_batch_that_was_dropped_does_not_spoil_the_next)
{
	struct heard h = { 0 };

	put_record(HSMREPL_REC_TL, 0, 42, "stale___", 8);
	put_record(HSMREPL_REC_TL, HSMREPL_REC_LAST, 43, "fresh___", 8);
	ck_assert_int_eq(read_all(&h), 0);
	ck_assert_uint_eq(h.claims, 1);
	ck_assert_uint_eq(h.number, 43);
	ck_assert_uint_eq(h.n_tls, 1);
	ck_assert_mem_eq(h.tls, "fresh___", 8);
}
END_TEST

START_TEST(an_administrative_request_comes_with_its_text)
{
	struct {
		struct hsmrepl_admin_request head;
		char json[8];
	} body = { { HSMREPL_VERB_OUTCOME, 7 }, "{\"a\":1}" };
	struct heard h = { 0 };

	put_record(HSMREPL_REC_ADMIN, 0, 5, &body, sizeof(body));
	ck_assert_int_eq(read_all(&h), 0);
	ck_assert_uint_eq(h.admins, 1);
	ck_assert_uint_eq(h.admin.id, 5);
	ck_assert_uint_eq(h.admin.verb, HSMREPL_VERB_OUTCOME);
	ck_assert_str_eq(h.json, "{\"a\":1}");
	ck_assert_int_eq(read_all(&h), 0);
}
END_TEST

/* standing_of(): a store at seq 7 with one undecided TL of tid 0x0f. */

struct undecided {
	struct hsmrepl_tl tl;
	uint8_t op[72];
};

static struct store_image image(const struct undecided *u)
{
	return (struct store_image){
		.position = { .epoch = 3, .seq = 7, .sp = 0xa0, .digest = 0xd },
		.slot_id = { .coordinator = 2, .number = 5 },
		.slot = { u, sizeof(*u) },
		.slot_n_tls = 1,
	};
}

START_TEST(how_the_device_stands_to_the_store)
{
	/* SHA-256 of 32 zero bytes and the TL, worked out elsewhere */
	static const uint8_t chain[HSMREPL_CHAIN_LEN] = {
		0xdb, 0xfd, 0x07, 0x29, 0x44, 0xfa, 0xc8, 0x78,
		0x70, 0xdf, 0x74, 0x2f, 0x30, 0xe8, 0x47, 0xc3,
		0x4d, 0x8c, 0x64, 0x5c, 0x98, 0xe0, 0xea, 0x60,
		0x13, 0x0a, 0xac, 0xe4, 0xe5, 0x3c, 0xe7, 0x44,
	};
	const struct undecided undecided = {
		.tl = { .len = htole32(sizeof(struct undecided)), .format = htole16(1),
			.kind = htole16(HSMREPL_TL_DATA), .tid = htole64(0x0f),
			.sync_point = htole64(0xa0),
			.seq = htole64(8), .epoch = htole64(3), .coordinator = htole16(2),
			.n_ops = htole16(1), .n_voters = htole16(2),
			.voters = { htole16(1), htole16(2) } },
	};
	const struct store_image with = image(&undecided);
	struct store_image without = with;
	struct device_content c = { .loaded = false };

	without.slot_id = (struct batch_id){ 0 };
	ck_assert_int_eq(standing_of(&c, &with), STANDING_EMPTY);
	c.loaded = true;
	c.position = with.position;
	ck_assert_int_eq(standing_of(&c, &with), STANDING_SAME);
	c.position.digest++;
	ck_assert_int_eq(standing_of(&c, &with), STANDING_ELSEWHERE);
	c.position.seq = 6;
	ck_assert_int_eq(standing_of(&c, &with), STANDING_BEHIND);
	c.position.seq = 8;
	c.position.sp = 0xaf;
	memcpy(c.position.chain, chain, sizeof(chain));
	ck_assert_int_eq(standing_of(&c, &with), STANDING_AFTER_SLOT);
	ck_assert_int_eq(standing_of(&c, &without), STANDING_ELSEWHERE);
	c.position.chain[5]++;
	ck_assert_int_eq(standing_of(&c, &with), STANDING_ELSEWHERE);
	memcpy(c.position.chain, chain, sizeof(chain));
	c.position.sp++;
	ck_assert_int_eq(standing_of(&c, &with), STANDING_ELSEWHERE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("device");
	TCase *t = tcase_create("device");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_device_that_is_not_there_is_a_clear_error);
	tcase_add_test(t, another_device_is_a_clear_error);
	tcase_add_test(t, an_older_device_speaks_less);
	tcase_add_test(t, attach_tells_what_is_there);
	tcase_add_test(t, attach_refusals_say_what_to_do);
	tcase_add_test(t, objects_are_loaded_as_entries);
	tcase_add_test(t, many_objects_are_loaded_in_parts);
	tcase_add_test(t, load_errors_come_back);
	tcase_add_test(t, an_error_on_the_way_comes_back);
	tcase_add_test(t, grants_and_revokes);
	tcase_add_test(t, prepare_tells_a_refusal_from_a_lost_device);
	tcase_add_test(t, resolve_yields_the_position);
	tcase_add_test(t, what_was_begun_ends_in_its_order_whatever_is_called_between);
	tcase_add_test_raise_signal(t, resolving_what_is_not_there_is_an_assertion, SIGABRT);
	tcase_add_test(t, a_form_is_one_operation_with_the_list);
	tcase_add_test(t, an_answer_to_a_caller_that_left_is_no_error);
	tcase_add_test(t, a_batch_is_put_together_from_several_reads);
	tcase_add_test(t, half_a_batch_that_was_dropped_does_not_spoil_the_next);
	tcase_add_test(t, an_administrative_request_comes_with_its_text);
	tcase_add_test(t, how_the_device_stands_to_the_store);
	suite_add_tcase(s, t);
	return suite_run(s);
}
