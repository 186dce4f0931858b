// SPDX-License-Identifier: GPL-2.0
/* The metrics as a text: labels are escaped, and the largest pool finds room in one answer. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "../suite.h"
#include "metrics.h"
#include "prometheus.h"

static struct agent agent;
static struct pump_counters count;
static struct phases phases;
static struct node_list nl;
static struct readings r;

static void name_of(unsigned int id, char name[HSMREPL_NAME_MAX])
{
	memset(name, 'n', HSMREPL_NAME_MAX - 1);
	snprintf(name, 4, "n%02u", id);
	name[3] = 'n';
}

/* Every name as long as it may be, every number with all the digits that a sample can have. */
static void setup(void)
{
	memset(&count, 0x7f, sizeof(count));
	memset(&phases, 0x7f, sizeof(phases));
	memset(&r, 0, sizeof(r));
	memset(agent.config.node_name, 'n', HSMREPL_NAME_MAX - 1);
	agent.crossed.at = 1;
	nl.n = HSMREPL_NODES_MAX;
	r.scene = (struct scene){ .a = &agent, .now_ms = 1ull << 52 };
	r.count = &count;
	r.phases = &phases;
	r.now = 1ll << 52;
	r.disk_bytes = UINT64_MAX;
	memset(&r.mesh, 0x7f, sizeof(r.mesh));
	r.scene.view.id = 1;
	r.scene.view.nl = &nl;
	r.scene.roster.n = HSMREPL_NODES_MAX;
	for (unsigned int i = 0; i < HSMREPL_NODES_MAX; i++) {
		uint16_t id = (uint16_t)(i + 1);
		struct peer_view *p = &r.scene.view.peer[i];

		r.scene.roster.node[i].id = id;
		name_of(id, r.scene.roster.node[i].name);
		r.expiry[i] = 1ll << 52;
		phases.voter[i].id = id;
		*p = (struct peer_view){ .id = id, .link = LINK_MEMBER, .rtt_ms = UINT32_MAX,
					 .last_heard_ms = 1 };
		r.scene.view.n_peers++;
	}
}

static void ck_has(const char *text, const char *line)
{
	ck_assert_msg(strstr(text, line) != NULL, "no line %s", line);
}

START_TEST(largest_pool_finds_room)
{
	char *text = metrics_text(&r);
	struct json_object *o = json_object_new_object();
	const char *json;

	ck_assert_ptr_nonnull(text);
	json_object_object_add(o, "text", json_object_new_string(text));
	json = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	ck_assert_msg(strlen(json) <= HSMREPL_ADMIN_MAX, "%zu bytes", strlen(json));
	ck_has(text, "hsmrepl_peer_vote_seconds_count{peer=\"n16nnnnnnnnnnnnnnnnnnnnnnnnnnnn\"} ");
	json_object_put(o);
	free(text);
}
END_TEST

START_TEST(pending)
{
	char *text;

	r.scene.now_ms = 90000;
	r.scene.view.peer[1].link = LINK_DOWN;
	phases.queued_ns = 30000ull * 1000000;
	text = metrics_text(&r);
	ck_has(text, "hsmrepl_pending_age_seconds 0\n");
	ck_has(text, "hsmrepl_pending_waits_for{peer=\"n02nnnnnnnnnnnnnnnnnnnnnnnnnnnn\"} 0\n");
	free(text);
	r.device.queued = 1;
	text = metrics_text(&r);
	ck_has(text, "hsmrepl_pending_age_seconds 60\n");
	ck_has(text, "hsmrepl_pending_waits_for{peer=\"n02nnnnnnnnnnnnnnnnnnnnnnnnnnnn\"} 1\n");
	ck_has(text, "hsmrepl_pending_waits_for{peer=\"n03nnnnnnnnnnnnnnnnnnnnnnnnnnnn\"} 0\n");
	free(text);
	r.scene.view.slot = SLOT_HELD;
	r.scene.view.slot_since_ms = 85000;
	text = metrics_text(&r);
	ck_has(text, "hsmrepl_pending_age_seconds 5\n");
	free(text);
}
END_TEST

static char *written(void (*write)(FILE *f))
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	write(f);
	fclose(f);
	return text;
}

static void write_labels(FILE *f)
{
	prom_sample(f, "x", 0.25, "a", "say \"hi\" \\ there\nand", "b", "", NULL);
	prom_sample(f, "y", 1234567890123, NULL);
}

START_TEST(labels_are_escaped)
{
	char *text = written(write_labels);

	ck_assert_str_eq(text, "x{a=\"say \\\"hi\\\" \\\\ there\\nand\",b=\"\"} 0.25\n"
			       "y 1234567890123\n");
	free(text);
}
END_TEST

static void write_histogram(FILE *f)
{
	struct histogram h = { .sum_ns = 1500000000, .count = { 1, 2, 4 } };

	h.count[PHASE_BUCKETS - 1] = 8;
	prom_histogram(f, "h", "p", "q", &h, 2);
}

/* Each bucket holds those below it; two are told as one. */
START_TEST(histogram)
{
	char *text = written(write_histogram);

	ck_assert_ptr_eq(strstr(text, "h_bucket{p=\"q\",le=\"3.2e-05\"} 3\n"), text);
	ck_has(text, "h_bucket{p=\"q\",le=\"0.000128\"} 7\n");
	ck_has(text, "h_bucket{p=\"q\",le=\"+Inf\"} 15\nh_sum{p=\"q\"} 1.5\nh_count{p=\"q\"} 15\n");
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metrics");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, setup, NULL);
	tcase_add_test(all, largest_pool_finds_room);
	tcase_add_test(all, pending);
	tcase_add_test(all, labels_are_escaped);
	tcase_add_test(all, histogram);
	suite_add_tcase(suite, all);
	return suite_run(suite);
}
