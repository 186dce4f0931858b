// SPDX-License-Identifier: GPL-2.0
/*
 * hsmreplctl without a device: options, values, JSON lines, exit statuses.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../suite.h"
#include "ctl.h"
#include "line.h"
#include "print.h"

static const struct ctl_verb verb = { "verb", NULL, "[--flag] [--value V] A [B]", "a test" };

#define ARGV_MAX	10

/* What options and operands came to be. */
struct parsed {
	struct ctl ctl;
	const char *value;
	bool flag;
	struct ctl_operands operands;
	char *argv[ARGV_MAX];
};

static int parse(struct parsed *parsed, char **argv)
{
	const struct ctl_option options[] = {
		{ .name = "value", .value = &parsed->value },
		{ .name = "flag", .flag = &parsed->flag },
		{ 0 }
	};
	int argc = 0;

	memset(parsed, 0, sizeof(*parsed));
	parsed->ctl.verb = &verb;
	for (; argv[argc]; argc++)
		parsed->argv[argc] = argv[argc];
	return ctl_options(&parsed->ctl, argc, parsed->argv, options, 1, 2, &parsed->operands);
}

#define ARGV(...)	((char *[]) { "verb", ##__VA_ARGS__, NULL })

START_TEST(options)
{
	struct parsed parsed;

	ck_assert_int_eq(parse(&parsed, ARGV("a", "--flag", "-", "--value", "v")), CTL_GO_ON);
	ck_assert(parsed.flag);
	ck_assert_str_eq(parsed.value, "v");
	ck_assert_int_eq(parsed.operands.n, 2);
	ck_assert_str_eq(parsed.operands.at[0], "a");
	ck_assert_str_eq(parsed.operands.at[1], "-");

	ck_assert_int_eq(parse(&parsed, ARGV("--json", "--device", "d", "--", "--flag")),
			 CTL_GO_ON);
	ck_assert(parsed.ctl.json && !parsed.flag);
	ck_assert_str_eq(parsed.ctl.device, "d");
	ck_assert_str_eq(parsed.operands.at[0], "--flag");

	ck_assert_int_eq(parse(&parsed, ARGV("--help")), CTL_DONE);
	ck_assert_int_eq(parse(&parsed, ARGV()), CTL_USAGE);
	ck_assert_int_eq(parse(&parsed, ARGV("a", "b", "c")), CTL_USAGE);
	ck_assert_int_eq(parse(&parsed, ARGV("a", "--value")), CTL_USAGE);
	ck_assert_int_eq(parse(&parsed, ARGV("a", "--flag=1")), CTL_USAGE);
	ck_assert_int_eq(parse(&parsed, ARGV("a", "--other")), CTL_USAGE);
	ck_assert_int_eq(parse(&parsed, ARGV("a", "-x")), CTL_USAGE);
}
END_TEST

START_TEST(numbers)
{
	static const char *const bad[] = { "", "-1", "+1", " 1", "1x", "0x1", "9",
					   "99999999999999999999999" };
	struct ctl ctl = { .verb = &verb };
	uint64_t value;
	size_t i;

	ck_assert_int_eq(ctl_number(&ctl, "n", "10", 10, &value), CTL_GO_ON);
	ck_assert_uint_eq(value, 10);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(ctl_number(&ctl, "n", bad[i], 10, &value), CTL_USAGE);
	ck_assert_int_eq(ctl_tid(&ctl, "00ffA1b2c3d4e5f6", &value), CTL_GO_ON);
	ck_assert_uint_eq(value, 0x00ffa1b2c3d4e5f6ULL);
	ck_assert_int_eq(ctl_tid(&ctl, "00ff", &value), CTL_USAGE);
	ck_assert_int_eq(ctl_tid(&ctl, "00ffA1b2c3d4e5fg", &value), CTL_USAGE);
}
END_TEST

START_TEST(timeouts)
{
	static const char *const bad[] = { "", "-1", "x", "1s", "nan", "inf", "1e30" };
	struct ctl ctl = { .verb = &verb };
	unsigned int ms;
	size_t i;

	ck_assert_int_eq(ctl_timeout(&ctl, NULL, &ms), CTL_GO_ON);
	ck_assert_uint_eq(ms, 0);
	ck_assert_int_eq(ctl_timeout(&ctl, "1.5", &ms), CTL_GO_ON);
	ck_assert_uint_eq(ms, 1500);
	ck_assert_int_eq(ctl_timeout(&ctl, "0", &ms), CTL_GO_ON);
	ck_assert_uint_eq(ms, 1);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(ctl_timeout(&ctl, bad[i], &ms), CTL_USAGE);
}
END_TEST

START_TEST(exit_statuses)
{
	ck_assert_int_eq(ctl_exit_status(0), 0);
	ck_assert_int_eq(ctl_exit_status(-EEXIST), 1);
	ck_assert_int_eq(ctl_exit_status(-ECANCELED), 1);
	ck_assert_int_eq(ctl_exit_status(-EINPROGRESS), 3);
	ck_assert_int_eq(ctl_exit_status(-EINTR), 3);
	ck_assert_int_eq(ctl_exit_status(-ETIMEDOUT), 4);
	ck_assert_int_eq(CTL_USAGE, 2);
}
END_TEST

START_TEST(verb_table)
{
	const struct ctl_verb *entry, *before;

	for (entry = ctl_verbs(); entry->name; entry++) {
		ck_assert(entry->function && entry->synopsis && entry->help);
		for (before = ctl_verbs(); before != entry; before++)
			ck_assert_str_ne(before->name, entry->name);
	}
}
END_TEST

START_TEST(base64)
{
	static const char *const bad[] = { "A", "AA", "AAA", "====", "A===", "AA=A", "AAA\n",
					   "A A=", "AA==AAAA", "-_-_" };
	uint8_t bytes[32];
	char text[32];
	size_t i;

	ck_assert_int_eq(base64_decode("", 0, bytes), 0);
	ck_assert_int_eq(base64_decode("AA==", 4, bytes), 1);
	ck_assert_int_eq(base64_decode("a2V5", 4, bytes), 3);
	ck_assert_mem_eq(bytes, "key", 3);
	ck_assert_int_eq(base64_decode("a2V5MQ==", 8, bytes), 4);
	ck_assert_mem_eq(bytes, "key1", 4);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(base64_decode(bad[i], strlen(bad[i]), bytes), -1);
	base64_encode((const uint8_t *)"key1", 4, text);
	ck_assert_str_eq(text, "a2V5MQ==");
}
END_TEST

START_TEST(line_good)
{
	static const char text[] = "{\"op\":\"update\",\"label\":\"k\xc3\xa9\",\"type\":\"aes\","
				   "\"payload_b64\":\"a2V5\",\"if_version\":3}";
	static const char with_id[] = "{\"label\":\"a\",\"payload_b64\":\"\","
				      "\"id\":\"000102030405060708090a0b0c0d0eFF\"}";
	struct line line;

	ck_assert_ptr_null(line_parse(&line, text, strlen(text)));
	ck_assert_uint_eq(line.change.code, HSMREPL_OP_UPDATE);
	ck_assert_uint_eq(line.change.label_len, 3);
	ck_assert_mem_eq(line.change.label, "k\xc3\xa9", 3);
	ck_assert_str_eq(line.change.type, "aes");
	ck_assert_uint_eq(line.change.payload_len, 3);
	ck_assert_mem_eq(line.change.payload, "key", 3);
	ck_assert_uint_eq(line.change.if_version, 3);
	ck_assert_ptr_null(line.change.id);
	line_clear(&line);

	ck_assert_ptr_null(line_parse(&line, with_id, strlen(with_id)));
	ck_assert_uint_eq(line.change.code, HSMREPL_OP_CREATE);
	ck_assert_uint_eq(line.change.payload_len, 0);
	ck_assert_uint_eq(line.change.id[1], 1);
	ck_assert_uint_eq(line.change.id[15], 0xff);
	line_clear(&line);
}
END_TEST

static const char *const bad_lines[] = {
	"x",
	"{",
	"[]",
	"null",
	"{}",
	"{} {}",
	"{\"label\":\"a\",\"payload_b64\":\"\"} x",
	"{\"label\":\"a\"}",
	"{\"payload_b64\":\"\"}",
	"{\"label\":1,\"payload_b64\":\"\"}",
	"{\"label\":\"a\",\"payload_b64\":1}",
	"{\"label\":\"a\",\"payload_b64\":\"?\"}",
	"{\"label\":\"a\",\"payload_b64\":\"\",\"op\":\"erase\"}",
	"{\"label\":\"a\",\"payload_b64\":\"\",\"op\":null}",
	"{\"label\":\"a\",\"payload_b64\":\"\",\"type\":7}",
	"{\"label\":\"a\",\"payload_b64\":\"\",\"type\":\"a\\u0000b\"}",
	"{\"label\":\"a\",\"payload_b64\":\"\",\"if_version\":\"3\"}",
	"{\"label\":\"a\",\"payload_b64\":\"\",\"if_version\":-3}",
	"{\"label\":\"a\",\"payload_b64\":\"\",\"if_version\":0}",
	"{\"label\":\"a\",\"payload_b64\":\"\",\"id\":\"00\"}",
	"{\"label\":\"a\",\"payload_b64\":\"\",\"id\":\"zz0102030405060708090a0b0c0d0eff\"}",
	"{\"label\":\"a\",\"payload_b64\":\"\",\"other\":1}",
	"{\"label\":\"\xff\",\"payload_b64\":\"\"}",
};

START_TEST(line_bad)
{
	struct line line;
	const char *wrong = line_parse(&line, bad_lines[_i], strlen(bad_lines[_i]));

	ck_assert_msg(wrong, "taken: %s", bad_lines[_i]);
	ck_assert_uint_gt(strlen(wrong), 5);
	line_clear(&line);
}
END_TEST

START_TEST(json_shapes)
{
	struct json_object *committed = json_outcome(0xab, "committed", 7, 0xcd);
	struct json_object *pending = json_outcome(0xab, "pending", 0, 0);
	struct json_object *seq;

	ck_assert_str_eq(json_text(committed, "tid", ""), "00000000000000ab");
	ck_assert_str_eq(json_text(committed, "sync_point", ""), "00000000000000cd");
	ck_assert_int_eq(json_number(committed, "seq"), 7);
	ck_assert_str_eq(json_text(pending, "outcome", ""), "pending");
	ck_assert(json_object_object_get_ex(pending, "seq", &seq) && !seq);
	ck_assert_str_eq(json_text(pending, "nothing", "absent"), "absent");
	json_object_put(committed);
	json_object_put(pending);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ctl");
	TCase *cases = tcase_create("ctl");

	tcase_add_test(cases, options);
	tcase_add_test(cases, numbers);
	tcase_add_test(cases, timeouts);
	tcase_add_test(cases, exit_statuses);
	tcase_add_test(cases, verb_table);
	tcase_add_test(cases, base64);
	tcase_add_test(cases, line_good);
	tcase_add_loop_test(cases, line_bad, 0, sizeof(bad_lines) / sizeof(bad_lines[0]));
	tcase_add_test(cases, json_shapes);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
