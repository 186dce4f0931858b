// SPDX-License-Identifier: GPL-2.0
/* Service connections: who may have one, what passes, back pressure, and every way to end. */
#include "../suite.h"
#include "conn.h"
#include "mesh_private.h"
#include "raw.h"
#include "service_bed.h"

#define BULK (64UL << 20)
#define BULK_FRAME (40 * 1024)
/* what sockets, TLS and libevent hold beside what service_waiting() says */
#define ON_THE_WAY (24UL << 20)

static struct bed bed;
static struct end near, far;

static void setup(void)
{
	bed_init(&bed);
	memset(&near, 0, sizeof(near));
	memset(&far, 0, sizeof(far));
}

static void teardown(void)
{
	bed_free(&bed);
}

static void dial(unsigned int from, unsigned int to)
{
	struct service *s = service_dial(bed.node[from].mesh, bed.list[to - 1].address, &end_sink,
					 &near);

	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(near.opened + near.closed, 0);
	near.s = s;
}

/* n1, which serves, and n2, neither lists any; n2 is connected to n1. */
static void open_patient(unsigned int idle_ms)
{
	bed_start(&bed, 1, 0);
	bed_start(&bed, 2, 0);
	bed.node[1].mesh->idle_ms = idle_ms;
	mesh_serve(bed.node[1].mesh, &end_sink, &far);
	dial(2, 1);
	bed_wait(&bed, near.opened && far.opened);
}

static void open_one(void)
{
	open_patient(SERVICE_IDLE_MS);
}

START_TEST(either_side_dials_and_frames_pass_both_ways)
{
	static const size_t sizes[] = { 16, 17, 1200, 16384, 65536, 65537, 1 << 20,
					MESH_FRAME_MAX };
	size_t n = sizeof(sizes) / sizeof(sizes[0]);
	unsigned int from = 1 + (unsigned int)_i, to = 2 - (unsigned int)_i;

	bed_start(&bed, 1, 2);
	bed_start(&bed, 2, 2);
	bed_wait(&bed, bed.node[1].up && bed.node[2].up);
	mesh_serve(bed.node[to].mesh, &end_sink, &far);
	far.echo = true;
	dial(from, to);
	bed_wait(&bed, near.opened && far.opened);
	ck_assert_uint_eq(service_node(near.s), to);
	ck_assert_uint_eq(service_node(far.s), from);
	ck_assert_str_eq(service_name(near.s), bed.list[to - 1].name);
	ck_assert_str_eq(service_name(far.s), bed.list[from - 1].name);
	ck_assert_str_eq(service_address(near.s), bed.list[to - 1].address);
	ck_assert(strstr(service_address(far.s), "127."));
	for (size_t i = 0; i < n; i++)
		end_send(near.s, i, sizes[i]);
	bed_wait(&bed, near.frames == n);
	ck_assert_uint_eq(near.bytes, far.bytes);
	/* one ends without harm to the other */
	mesh_set_peers(bed.node[1].mesh, bed.list, 0);
	bed_wait(&bed, !bed.node[2].up);
	end_send(near.s, n, 100);
	bed_wait(&bed, near.frames == n + 1);
	mesh_set_peers(bed.node[1].mesh, bed.list, 2);
	bed_wait(&bed, bed.node[1].up && bed.node[2].up);
	service_close(near.s, NULL);
	bed_wait(&bed, far.closed);
	ck_assert_uint_eq(bed.node[1].downs[2], 1);
}
END_TEST

/* Sends until too much waits; the frames so far. */
static uint64_t pump(uint64_t sent)
{
	while (sent * BULK_FRAME < BULK && service_waiting(near.s) <= SERVICE_HIGH_WATER)
		end_send(near.s, sent++, BULK_FRAME);
	return sent;
}

/* The receiver takes nothing for a while: the sender finds that it must wait. */
START_TEST(bulk_waits_for_who_takes_it)
{
	uint64_t sent = 0, stuck;

	open_one();
	far.pause_at = 1;
	do {
		stuck = sent;
		sent = pump(sent);
		for (unsigned int i = 0; i < 5; i++)
			event_base_loop(bed.base, EVLOOP_ONCE);
	} while (sent > stuck);
	ck_assert_uint_eq(far.frames, 1);
	ck_assert_uint_lt(sent * BULK_FRAME, ON_THE_WAY);
	ck_assert_uint_gt(service_waiting(near.s), SERVICE_HIGH_WATER);
	ck_assert_uint_lt(service_waiting(near.s), SERVICE_HIGH_WATER + 2 * BULK_FRAME);
	/* one at a time */
	for (unsigned long n = 2; n < 10; n++) {
		service_resume(far.s);
		ck_assert_uint_eq(far.frames, n - 1);
		bed_wait(&bed, far.frames == n);
	}
	far.pause_at = 0;
	service_resume(far.s);
	while (far.bytes < BULK - BULK_FRAME) {
		unsigned int drained = near.drained;

		bed_wait(&bed, near.drained > drained || far.frames == sent);
		sent = pump(sent);
	}
	bed_wait(&bed, far.frames == sent);
	ck_assert_uint_eq(far.next, sent);
	ck_assert_uint_eq(near.closed + far.closed, 0);
}
END_TEST

/* Few records: each costs 22 bytes and more. */
START_TEST(small_frames_leave_together)
{
	SSL *ssl;

	open_one();
	for (uint64_t i = 0; i < 10000; i++)
		end_send(near.s, i, 64);
	ck_assert_uint_eq(service_waiting(near.s), 640000);
	bed_wait(&bed, far.frames == 10000);
	ck_assert_uint_eq(service_waiting(near.s), 0);
	ssl = link_ssl(TAILQ_FIRST(&bed.node[2].mesh->conns)->link);
	ck_assert_uint_lt(BIO_number_written(SSL_get_wbio(ssl)), 640000 * 102 / 100);
}
END_TEST

/* What the other side sent before it went is taken first, also after a pause. */
START_TEST(nothing_that_was_sent_is_lost_at_the_end)
{
	open_one();
	far.pause_at = 1;
	for (uint64_t i = 0; i < 100; i++)
		end_send(near.s, i, 1000);
	service_close(near.s, NULL);
	near.s = NULL;
	bed_wait(&bed, far.frames == 1);
	for (unsigned int i = 0; i < 20; i++)
		event_base_loop(bed.base, EVLOOP_ONCE);
	ck_assert_uint_eq(far.closed, 0);
	far.pause_at = 0;
	service_resume(far.s);
	bed_wait(&bed, far.closed);
	ck_assert_uint_eq(far.frames, 100);
	ck_assert_str_eq(far.why, "the other side closed it");
	ck_assert_uint_eq(near.closed, 0);
	ck_assert(!bed_logged(&bed.node[1], "closed it"));
}
END_TEST

START_TEST(why_it_is_closed_is_on_both_logs)
{
	open_one();
	service_close(far.s, "the store is busy: try again later");
	far.s = NULL;
	bed_wait(&bed, near.closed == 1);
	ck_assert_str_eq(near.why, "the store is busy: try again later");
	ck_assert_uint_eq(far.closed, 0);
	ck_assert(bed_logged(&bed.node[1], "closing the connection to n2 (127."));
	ck_assert(bed_logged(&bed.node[2], "closed the connection: the store is busy: try again"));
}
END_TEST

START_TEST(an_idle_one_ends_unless_it_is_kept)
{
	struct end other_near = { 0 }, other_far = { 0 };

	open_patient(300);
	service_keep(far.s);
	mesh_serve(bed.node[1].mesh, &end_sink, &other_far);
	other_near.s = service_dial(bed.node[2].mesh, bed.list[0].address, &end_sink, &other_near);
	bed_wait(&bed, other_near.opened && other_far.opened);
	end_send(other_near.s, 0, 100);
	bed_wait(&bed, other_near.closed && other_far.closed);
	ck_assert(strstr(other_near.why, "nothing was said for 0 s"));
	ck_assert(strstr(other_far.why, "nothing was said for 0 s"));
	ck_assert_uint_eq(other_far.frames, 1);
	ck_assert_uint_eq(near.closed + far.closed, 0);
	end_send(near.s, 0, 100);
	bed_wait(&bed, far.frames == 1);
}
END_TEST

START_TEST(it_may_be_closed_from_every_call)
{
	open_one();
	service_close(near.s, NULL);
	bed_wait(&bed, far.closed);
	memset(&near, 0, sizeof(near));
	memset(&far, 0, sizeof(far));
	far.close_at = _i < 2 ? (unsigned int)_i + 1 : 0;
	near.close_at = _i == 2 ? 3 : 0;
	dial(2, 1);
	if (_i == 0) {
		bed_wait(&bed, near.closed == 1);
		return;
	}
	bed_wait(&bed, near.opened);
	for (uint64_t i = 0; service_waiting(near.s) <= SERVICE_HIGH_WATER; i++)
		end_send(near.s, i, BULK_FRAME);
	bed_wait(&bed, near.closed + far.closed == 1);
	ck_assert_str_eq(_i == 2 ? far.why : near.why, "closed by the test");
}
END_TEST

START_TEST(the_mesh_goes_with_services_open)
{
	open_one();
	end_send(near.s, 0, MESH_FRAME_MAX);
	bed_stop(&bed.node[2]);
	ck_assert_uint_eq(near.closed, 0);
	bed_wait(&bed, far.closed == 1);
}
END_TEST

/* Refused: both logs, and the dialler's owner, have the reason. */
static void refused(const char *why)
{
	bed_start(&bed, 2, 0);
	dial(2, 1);
	bed_wait(&bed, near.closed);
	ck_assert_msg(strstr(near.why, why), "%s", near.why);
	ck_assert_uint_eq(near.opened, 0);
	bed_wait(&bed, bed_logged(&bed.node[1], why) && bed_logged(&bed.node[2], why));
	ck_assert_uint_eq(far.opened, 0);
}

static void serve(void)
{
	bed_start(&bed, 1, 2);
	mesh_serve(bed.node[1].mesh, &end_sink, &far);
}

START_TEST(refused_key_set)
{
	serve();
	bed.secret[3] ^= 1;
	refused("n2 and n1 have different key sets: install the pool's key set on both");
}
END_TEST

START_TEST(refused_mode)
{
	serve();
	bed.node[2].config.mode = HSMREPL_MODE_FIPS;
	refused("different modes (n2: fips, n1: normal): set the same mode on all nodes");
}
END_TEST

START_TEST(refused_id)
{
	serve();
	pki_issue(&bed.pki, "n2", "m1", "URI:urn:hsmrepl:node:1", PKI_DAY);
	bed.node[2].config.node_id = 1;
	strcpy(bed.node[2].config.node_name, "m1");
	refused("two nodes have id 1 (");
}
END_TEST

START_TEST(refused_name)
{
	serve();
	pki_issue(&bed.pki, "n2", "n1", "URI:urn:hsmrepl:node:7", PKI_DAY);
	bed.node[2].config.node_id = 7;
	strcpy(bed.node[2].config.node_name, "n1");
	refused("are both called n1: give each a name and a certificate of its own");
}
END_TEST

START_TEST(refused_name_of_another_in_the_list)
{
	serve();
	pki_issue(&bed.pki, "n2", "m2", "URI:urn:hsmrepl:node:2", PKI_DAY);
	strcpy(bed.node[2].config.node_name, "m2");
	refused("the certificate says node 2 is m2, the node list of n1 says n2: correct");
}
END_TEST

START_TEST(refused_where_nobody_serves)
{
	bed_start(&bed, 1, 2);
	refused("n1 serves no such connections: ");
}
END_TEST

START_TEST(refused_ca)
{
	struct pki other;

	serve();
	pki_init(&other);
	pki_node(&other, 2);
	snprintf(bed.node[2].config.certificate, CONFIG_PATH_MAX, "%s/n2.pem", other.dir);
	snprintf(bed.node[2].config.private_key, CONFIG_PATH_MAX, "%s/n2.key", other.dir);
	bed_start(&bed, 2, 0);
	dial(2, 1);
	bed_wait(&bed, near.closed);
	ck_assert(strstr(near.why, "unknown CA: issue this node's certificate with the CA of"));
	bed_wait(&bed, bed_logged(&bed.node[1], "its certificate is not of this pool's CA"));
	ck_assert(bed_logged(&bed.node[2], "unknown CA: issue this node's certificate"));
	pki_free(&other);
}
END_TEST

START_TEST(nobody_there)
{
	static const struct {
		const char *address, *why;
	} c[] = {
		{ "127.0.0.1:1", "refused" },
		{ "no-such-host.invalid:4327", "cannot be looked up" },
	};

	bed_start(&bed, 2, 0);
	ck_assert_ptr_nonnull(service_dial(bed.node[2].mesh, c[_i].address, &end_sink, &near));
	ck_assert_uint_eq(near.closed, 0);
	bed_wait(&bed, near.closed == 1);
	ck_assert(strstr(near.why, c[_i].why));
	ck_assert(bed_logged(&bed.node[2], c[_i].address));
	/* given up before anything is known */
	near.s = service_dial(bed.node[2].mesh, c[_i].address, &end_sink, &near);
	ck_assert_uint_eq(service_node(near.s), 0);
	service_close(near.s, "not wanted");
	near.s = service_dial(bed.node[2].mesh, c[_i].address, &end_sink, &near);
	ck_assert_ptr_nonnull(near.s);
}
END_TEST

START_TEST(no_more_than_the_limit_at_a_time)
{
	struct end served = { 0 }, ends[SERVICE_INCOMING_MAX] = { 0 };

	bed_start(&bed, 1, 0);
	bed_start(&bed, 2, 0);
	mesh_serve(bed.node[1].mesh, &end_sink, &served);
	for (unsigned int i = 0; i < SERVICE_INCOMING_MAX; i++) {
		ck_assert_ptr_nonnull(service_dial(bed.node[2].mesh, bed.list[0].address,
						   &end_sink, &ends[i]));
		bed_wait(&bed, ends[i].opened && served.opened == i + 1);
	}
	dial(2, 1);
	bed_wait(&bed, near.closed == 1);
	ck_assert(strstr(near.why, "n1 serves 8 connections already: try again later"));
	ck_assert(bed_logged(&bed.node[1], "n1 serves 8 connections already"));
	service_close(ends[0].s, NULL);
	served.s = NULL;
	bed_wait(&bed, served.closed == 1);
	memset(&near, 0, sizeof(near));
	dial(2, 1);
	bed_wait(&bed, near.opened == 1);
}
END_TEST

/* A candidate connects as a peer, becomes a member on the same connection, and goes. */
START_TEST(a_candidate_may_connect)
{
	bed_start(&bed, 1, 2);
	bed_start(&bed, 2, 2);
	bed_start(&bed, 3, 3);
	bed_wait(&bed, bed_logged(&bed.node[1], "node 3 n3 is not in the node list"));
	for (unsigned int id = 1; id <= 2; id++)
		mesh_set_extra(bed.node[id].mesh, &bed.list[2], 1);
	bed_wait(&bed, bed.node[3].up == (1U << 1 | 1U << 2) && bed.node[1].up & 1U << 3 &&
		       bed.node[2].up & 1U << 3);
	/* two lists, one connection */
	mesh_set_peers(bed.node[1].mesh, bed.list, 3);
	mesh_set_extra(bed.node[1].mesh, NULL, 0);
	ck_assert_uint_eq(bed.node[1].downs[3], 0);
	ck_assert(bed.node[1].up & 1U << 3);
	mesh_set_extra(bed.node[2].mesh, NULL, 0);
	ck_assert_uint_eq(bed.node[2].downs[3], 1);
	ck_assert_uint_eq(bed.node[1].downs[2] + bed.node[2].downs[1], 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("service");
	TCase *t = tcase_create("service");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, either_side_dials_and_frames_pass_both_ways, 0, 2);
	tcase_add_test(t, bulk_waits_for_who_takes_it);
	tcase_add_test(t, small_frames_leave_together);
	tcase_add_test(t, nothing_that_was_sent_is_lost_at_the_end);
	tcase_add_test(t, why_it_is_closed_is_on_both_logs);
	tcase_add_test(t, an_idle_one_ends_unless_it_is_kept);
	tcase_add_loop_test(t, it_may_be_closed_from_every_call, 0, 3);
	tcase_add_test(t, the_mesh_goes_with_services_open);
	tcase_add_test(t, refused_key_set);
	tcase_add_test(t, refused_mode);
	tcase_add_test(t, refused_id);
	tcase_add_test(t, refused_name);
	tcase_add_test(t, refused_name_of_another_in_the_list);
	tcase_add_test(t, refused_where_nobody_serves);
	tcase_add_test(t, refused_ca);
	tcase_add_loop_test(t, nobody_there, 0, 2);
	tcase_add_test(t, no_more_than_the_limit_at_a_time);
	tcase_add_test(t, a_candidate_may_connect);
	suite_add_tcase(s, t);
	return suite_run(s);
}
