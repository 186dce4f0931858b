// SPDX-License-Identifier: GPL-2.0
/* Probes: each condition fails on its own, and what comes after it is not tested. */
#include "../suite.h"
#include "mesh_private.h"
#include "raw.h"
#include "verdict.h"

static struct bed bed;
static struct probe_place place[BED_NODES + 1];
static enum probe_known known[BED_NODES + 1];
static struct probe_report report;
static unsigned int reports;

static void get_place(void *arg, struct probe_place *p)
{
	*p = place[((struct bed_node *)arg)->config.node_id];
}

static enum probe_known get_known(void *arg, const struct probe_place *p)
{
	(void)p;
	return known[((struct bed_node *)arg)->config.node_id];
}

static void host(unsigned int id)
{
	const struct probe_host h = { get_place, get_known, &bed.node[id] };

	bed_start(&bed, id, 0);
	mesh_host_probes(bed.node[id].mesh, &h);
}

static void setup(void)
{
	bed_init(&bed);
	reports = 0;
	for (unsigned int id = 1; id <= BED_NODES; id++)
		place[id] = (struct probe_place){ .pool = "pool", .epoch = 3, .seq = 10, .sp = 77,
						  .chain = "chain" };
	memset(known, 0, sizeof(known));
}

static void teardown(void)
{
	bed_free(&bed);
}

static void done(void *arg, uint64_t id, const struct probe_report *r)
{
	ck_assert_ptr_eq(arg, &bed);
	ck_assert_uint_eq(id, 99);
	report = *r;
	reports++;
}

static void probe(const char *address)
{
	ck_assert_int_eq(probe_start(bed.node[2].mesh, address, done, &bed, 99), 0);
	ck_assert_uint_eq(reports, 0);
	bed_wait(&bed, reports);
}

static void fine(enum probe_condition c)
{
	ck_assert_msg(report.result[c].verdict == PROBE_OK, "%s: %d %s", probe_condition_name(c),
		      report.result[c].verdict, report.result[c].note);
}

/* All is well but @c, and what cannot be known then. */
static void only(enum probe_condition c, const char *why, enum probe_condition last)
{
	const struct probe_result *bad = &report.result[c];

	for (enum probe_condition i = 0; i < PROBE_CONDITIONS; i++) {
		if (i > last)
			ck_assert_int_eq(report.result[i].verdict, PROBE_NOT_TESTED);
		else if (i != c)
			fine(i);
	}
	ck_assert_int_eq(bad->verdict, PROBE_NOT_OK);
	ck_assert_msg(strstr(bad->note, why), "%s", bad->note);
}

static void nothing_bad(void)
{
	for (enum probe_condition i = 0; i < PROBE_CONDITIONS; i++)
		fine(i);
}

static void start(void)
{
	host(1);
	host(2);
}

START_TEST(all_is_well)
{
	start();
	probe(bed.list[0].address);
	nothing_bad();
	ck_assert_uint_eq(report.node, 1);
	ck_assert_str_eq(report.name, "n1");
	ck_assert(strstr(report.result[PROBE_CERTIFICATE].note, "node 1 n1, valid until 20"));
	/* it comes and goes without a word at either end */
	ck_assert(!bed_logged(&bed.node[1], "refused"));
	ck_assert(!bed_logged(&bed.node[1], "clos"));
}
END_TEST

START_TEST(nobody_there)
{
	start();
	probe("127.0.0.1:1");
	only(PROBE_REACHABLE, "refused: start hsmrepld there", PROBE_REACHABLE);
}
END_TEST

START_TEST(no_such_name)
{
	start();
	probe("no-such-host.invalid:4327");
	only(PROBE_REACHABLE, "cannot be looked up", PROBE_REACHABLE);
}
END_TEST

/* It is connected by the kernel, and nobody ever answers. */
START_TEST(no_answer)
{
	struct sockaddr_storage addr;
	socklen_t len;
	int fd;

	host(2);
	ck_assert(address_parse(bed.list[2].address, &addr, &len));
	fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, len), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	probe(bed.list[2].address);
	only(PROBE_CERTIFICATE, "not authenticated within 5 s", PROBE_CERTIFICATE);
	close(fd);
}
END_TEST

START_TEST(other_ca)
{
	struct pki other;

	pki_init(&other);
	pki_node(&other, 2);
	snprintf(bed.node[2].config.certificate, CONFIG_PATH_MAX, "%s/n2.pem", other.dir);
	snprintf(bed.node[2].config.private_key, CONFIG_PATH_MAX, "%s/n2.key", other.dir);
	if (_i)
		strcpy(bed.node[2].config.ca, other.ca);
	start();
	probe(bed.list[0].address);
	only(PROBE_CERTIFICATE, _i ? "its certificate is not of this pool's CA" :
				     "refused our certificate: unknown CA", PROBE_CERTIFICATE);
	bed_wait(&bed, bed_logged(&bed.node[1], _i ? "refused our certificate: unknown CA" :
						     "its certificate is not of this pool's CA"));
	pki_free(&other);
}
END_TEST

START_TEST(expired)
{
	pki_issue(&bed.pki, "n1", "n1", "URI:urn:hsmrepl:node:1", -60);
	start();
	probe(bed.list[0].address);
	only(PROBE_CERTIFICATE, "its certificate is no longer valid", PROBE_CERTIFICATE);
}
END_TEST

START_TEST(soon_to_expire)
{
	pki_issue(&bed.pki, "n1", "n1", "URI:urn:hsmrepl:node:1", 10 * PKI_DAY);
	start();
	probe(bed.list[0].address);
	nothing_bad();
	ck_assert(strstr(report.result[PROBE_CERTIFICATE].note, ": issue a new one soon"));
}
END_TEST

START_TEST(itself)
{
	start();
	probe(bed.list[1].address);
	only(PROBE_CERTIFICATE, "two nodes have id 2", PROBE_CERTIFICATE);
}
END_TEST

/* The listener knows better who has that id. */
START_TEST(other_name)
{
	struct member list[1] = { bed.list[1] };

	strcpy(list[0].name, "m2");
	start();
	mesh_set_peers(bed.node[1].mesh, list, 1);
	probe(bed.list[0].address);
	only(PROBE_CERTIFICATE, "the node list of n1 says m2", PROBE_CERTIFICATE);
}
END_TEST

START_TEST(other_mode)
{
	bed.node[1].config.mode = HSMREPL_MODE_FIPS;
	start();
	probe(bed.list[0].address);
	only(PROBE_MODE, "different modes (n1: fips, n2: normal)", PROBE_KEY_SET);
	ck_assert(bed_logged(&bed.node[2], "different modes (n1: fips, n2: normal): set"));
	bed_wait(&bed, bed_logged(&bed.node[1], "different modes (n2: normal, n1: fips): set"));
}
END_TEST

START_TEST(other_key_set)
{
	host(1);
	bed.secret[0] ^= 1;
	host(2);
	probe(bed.list[0].address);
	only(PROBE_KEY_SET, "n1 and n2 have different key sets", PROBE_KEY_SET);
	bed_wait(&bed, bed_logged(&bed.node[1], "n2 and n1 have different key sets: install"));
}
END_TEST

/* All that is wrong is told at once. */
START_TEST(other_protocol)
{
	start();
	bed.node[1].mesh->protocol_min = 7;
	bed.node[1].mesh->protocol_max = 9;
	probe(bed.list[0].address);
	only(PROBE_PROTOCOL, "no common protocol version (n1: 7 to 9, n2: 1 to 2): update the "
			     "older one", PROBE_KEY_SET);
	bed_wait(&bed, bed_logged(&bed.node[1], "no common protocol version (n2: 1 to 2, n1: 7"));
}
END_TEST

START_TEST(below_what_the_pool_was_finalised_at)
{
	start();
	mesh_set_protocol(bed.node[1].mesh, 2, 2);
	bed.node[2].mesh->protocol_max = 1;
	probe(bed.list[0].address);
	only(PROBE_PROTOCOL, "no common protocol version (n1: 2 to 2, n2: 1 to 1): update the "
			     "older one", PROBE_KEY_SET);
	bed_wait(&bed, bed_logged(&bed.node[1], "the pool of n1 was finalised at protocol 2, n2 "
						"speaks only up to 1: upgrade n2"));
}
END_TEST

START_TEST(mode_and_key_set)
{
	bed.node[1].config.mode = HSMREPL_MODE_FIPS;
	host(1);
	bed.secret[0] ^= 1;
	host(2);
	probe(bed.list[0].address);
	ck_assert_int_eq(report.result[PROBE_MODE].verdict, PROBE_NOT_OK);
	ck_assert_int_eq(report.result[PROBE_KEY_SET].verdict, PROBE_NOT_OK);
	fine(PROBE_PROTOCOL);
	ck_assert_int_eq(report.result[PROBE_CLOCK].verdict, PROBE_NOT_TESTED);
}
END_TEST

START_TEST(clock_off)
{
	start();
	bed.node[1].mesh->clock_shift_ms = _i ? 60000 : -60000;
	probe(bed.list[0].address);
	only(PROBE_CLOCK, _i ? "the clock of n1 is 60 s ahead of this node's: set both by NTP" :
			       "s behind", PROBE_HISTORY);
}
END_TEST

START_TEST(other_pool)
{
	start();
	place[1].pool[0] ^= 1;
	probe(bed.list[0].address);
	only(PROBE_POOL, "n1 belongs to another pool: zeroize", PROBE_POOL);
}
END_TEST

START_TEST(other_epoch)
{
	start();
	place[1 + _i].epoch = 4;
	probe(bed.list[0].address);
	only(PROBE_EPOCH, _i ? "4 here, 3 on n1: the node list changed without n1" :
			       "3 here, 4 on n1: the node list changed without this node",
	     PROBE_HISTORY);
}
END_TEST

/* Who is behind, whether the other one knows the place, and what is said. */
static const struct {
	uint64_t seq;	/* of n1; n2 is at 10 */
	enum probe_known here, there;
	enum probe_verdict verdict;
	const char *note;
} histories[] = {
	{ 8, PROBE_KNOWN_YES, 0, PROBE_OK, "n1 is 2 transactions behind this node: live-sync" },
	{ 8, PROBE_KNOWN_NO, PROBE_KNOWN_YES, PROBE_NOT_OK, "histories that went apart: decide" },
	{ 8, 0, PROBE_KNOWN_NO, PROBE_OK, "is not remembered: live-sync brings all" },
	{ 13, 0, PROBE_KNOWN_YES, PROBE_OK, "this node is 3 transactions behind n1" },
	{ 13, PROBE_KNOWN_YES, PROBE_KNOWN_NO, PROBE_NOT_OK, "histories that went apart" },
	{ 10, PROBE_KNOWN_YES, PROBE_KNOWN_YES, PROBE_NOT_OK, "histories that went apart" },
};

START_TEST(other_history)
{
	start();
	place[1].seq = histories[_i].seq;
	place[1].sp = 78;
	known[2] = histories[_i].here;
	known[1] = histories[_i].there;
	probe(bed.list[0].address);
	ck_assert_int_eq(report.result[PROBE_HISTORY].verdict, histories[_i].verdict);
	ck_assert_msg(strstr(report.result[PROBE_HISTORY].note, histories[_i].note), "%s",
		      report.result[PROBE_HISTORY].note);
	for (enum probe_condition i = 0; i < PROBE_HISTORY; i++)
		fine(i);
}
END_TEST

START_TEST(other_chain)
{
	start();
	place[1].chain[31] = 1;
	probe(bed.list[0].address);
	only(PROBE_HISTORY, "went apart", PROBE_HISTORY);
	/* one that is not known yet says nothing */
	reports = 0;
	memset(place[1].chain, 0, sizeof(place[1].chain));
	probe(bed.list[0].address);
	nothing_bad();
}
END_TEST

START_TEST(blank)
{
	start();
	place[1 + _i] = (struct probe_place){ 0 };
	probe(bed.list[0].address);
	nothing_bad();
	ck_assert_str_eq(report.result[PROBE_POOL].note, _i ? "this node is in none" :
							      "n1 is in none");
	reports = 0;
	place[1 + _i].seq = 5;
	probe(bed.list[0].address);
	only(PROBE_HISTORY, "is in no pool but has a history: zeroize it", PROBE_HISTORY);
}
END_TEST

START_TEST(many_at_a_time)
{
	start();
	for (unsigned int i = 0; i < PROBES_MAX; i++)
		ck_assert_int_eq(probe_start(bed.node[2].mesh, bed.list[0].address, done, &bed, 99),
				 0);
	ck_assert_int_eq(probe_start(bed.node[2].mesh, bed.list[0].address, done, &bed, 99), -1);
	bed_wait(&bed, reports == PROBES_MAX);
	/* and mesh_free() forgets one */
	ck_assert_int_eq(probe_start(bed.node[2].mesh, bed.list[0].address, done, &bed, 99), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("probe");
	TCase *t = tcase_create("probe");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, all_is_well);
	tcase_add_test(t, nobody_there);
	tcase_add_test(t, no_such_name);
	tcase_add_test(t, no_answer);
	tcase_add_loop_test(t, other_ca, 0, 2);
	tcase_add_test(t, expired);
	tcase_add_test(t, soon_to_expire);
	tcase_add_test(t, itself);
	tcase_add_test(t, other_name);
	tcase_add_test(t, other_mode);
	tcase_add_test(t, other_key_set);
	tcase_add_test(t, other_protocol);
	tcase_add_test(t, below_what_the_pool_was_finalised_at);
	tcase_add_test(t, mode_and_key_set);
	tcase_add_loop_test(t, clock_off, 0, 2);
	tcase_add_test(t, other_pool);
	tcase_add_loop_test(t, other_epoch, 0, 2);
	tcase_add_loop_test(t, other_history, 0, (int)(sizeof(histories) / sizeof(histories[0])));
	tcase_add_test(t, other_chain);
	tcase_add_loop_test(t, blank, 0, 2);
	tcase_add_test(t, many_at_a_time);
	suite_add_tcase(s, t);
	return suite_run(s);
}
