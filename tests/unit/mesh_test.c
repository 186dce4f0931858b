// SPDX-License-Identifier: GPL-2.0
/* Meshes of one process over loopback: frames flow, links are replaced and come back, rotation. */
#include <endian.h>

#include "../suite.h"
#include "mesh_bed.h"
#include "mesh_private.h"

static struct bed bed;

/* SIGHUP on that node: its files again. */
static int reload(unsigned int id, char error[CONFIG_ERROR_MAX])
{
	return mesh_reload(bed.node[id].mesh, &bed.node[id].config, error);
}

static void setup(void)
{
	bed_init(&bed);
}

static void teardown(void)
{
	bed_free(&bed);
}

static bool connected(unsigned int n)
{
	for (unsigned int id = 1; id <= n; id++)
		if (bed.node[id].up != ((2U << n) - 2 - (1U << id)))
			return false;
	return true;
}

static void fill(uint8_t *frame, size_t len)
{
	uint32_t prefix = htole32((uint32_t)len);

	memcpy(frame, &prefix, sizeof(prefix));
	for (size_t i = sizeof(prefix); i < len; i++)
		frame[i] = (uint8_t)random();
	/* not a type of the connection's own */
	if (len > 4)
		frame[4] = 16;
}

static uint8_t frame[MESH_FRAME_MAX];

/* Sends a frame of @len bytes, cut in two after @cut, and checks what arrives. */
static void pass(unsigned int from, unsigned int to, size_t len, size_t cut)
{
	unsigned long before = bed.node[to].frames;

	fill(frame, len);
	mesh_send(bed.node[from].mesh, (uint16_t)to, (struct bytes){ frame, cut },
		  (struct bytes){ frame + cut, len - cut });
	bed_wait(&bed, bed.node[to].frames == before + 1);
	ck_assert_uint_eq(bed.node[to].last_len, len);
	ck_assert_uint_eq(bed.node[to].sum, bed_sum(frame, len));
}

START_TEST(frames_of_all_sizes_pass_both_ways)
{
	static const size_t sizes[] = {
		8, 9, 16, 64, 511, 512, 513, 1200, 4095, 4096, 4097, 16383, 16384, 16385, 20000,
		65536, 1 << 20, HSMREPL_BATCH_MAX, MESH_FRAME_MAX - 1, MESH_FRAME_MAX,
	};
	struct mesh_counters out, in;

	bed_start(&bed, 1, 2);
	bed_start(&bed, 2, 2);
	bed_wait(&bed, connected(2));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		pass(1, 2, sizes[i], sizes[i] / 2 < 4 ? 4 : sizes[i] / 2);
		pass(2, 1, sizes[i], sizes[i]);
	}
	mesh_count(bed.node[1].mesh, &out);
	mesh_count(bed.node[2].mesh, &in);
	ck_assert_uint_eq(out.frames_out, sizeof(sizes) / sizeof(sizes[0]));
	ck_assert_uint_eq(out.frames_out, in.frames_in);
	ck_assert_uint_eq(out.bytes_out, in.bytes_in);
	ck_assert_uint_eq(out.frames_in, in.frames_out);
	ck_assert(bed_logged(&bed.node[1], "connected to n2 (127."));
	ck_assert_str_eq(mesh_trouble(bed.node[1].mesh, 2), "");
}
END_TEST

START_TEST(frames_queued_at_once_stay_in_order)
{
	unsigned long n = 0;

	bed_start(&bed, 1, 2);
	bed_start(&bed, 2, 2);
	bed_wait(&bed, connected(2));
	/* more than a socket takes, less than what drops the link */
	for (size_t total = 0; total < MESH_BACKLOG_MAX * 3 / 4; n++) {
		size_t len = 8 + (size_t)random() % 50000;

		fill(frame, len);
		mesh_send(bed.node[2].mesh, 1, (struct bytes){ frame, len }, (struct bytes){ 0 });
		total += len;
	}
	bed_wait(&bed, bed.node[1].frames == n);
	ck_assert_uint_eq(bed.node[1].sum, bed_sum(frame, bed.node[1].last_len));
	ck_assert_uint_eq(bed.node[1].downs[2], 0);
}
END_TEST

START_TEST(who_takes_nothing_is_dropped_at_the_limit)
{
	fill(frame, MESH_FRAME_MAX);
	bed_start(&bed, 1, 2);
	bed_start(&bed, 2, 2);
	bed_wait(&bed, connected(2));
	for (unsigned int i = 0; i < 16; i++)
		mesh_send(bed.node[1].mesh, 2, (struct bytes){ frame, MESH_FRAME_MAX },
			  (struct bytes){ 0 });
	bed_wait(&bed, bed.node[1].downs[2] == 1);
	ck_assert(strstr(bed.node[1].why, "it does not take what is sent"));
	bed_wait(&bed, bed.node[1].ups[2] == 2 && bed.node[2].ups[1] == 2 && connected(2));
}
END_TEST

START_TEST(three_nodes_all_see_each_other)
{
	time_t soon = time(NULL) + 360 * PKI_DAY;

	for (unsigned int id = 1; id <= 3; id++)
		bed_start(&bed, id, 3);
	bed_wait(&bed, connected(3));
	for (unsigned int a = 1; a <= 3; a++)
		for (unsigned int b = 1; b <= 3; b++) {
			ck_assert(mesh_expiry(bed.node[a].mesh, (uint16_t)b) > soon);
			if (a != b)
				pass(a, b, 1200, 64);
		}
	ck_assert_int_eq(mesh_expiry(bed.node[1].mesh, 9), 0);
}
END_TEST

START_TEST(a_node_that_dies_comes_back)
{
	bed_start(&bed, 1, 2);
	bed_start(&bed, 2, 2);
	bed_wait(&bed, connected(2));
	bed_stop(&bed.node[2]);
	bed_wait(&bed, !bed.node[1].up);
	bed_start(&bed, 2, 2);
	bed_wait(&bed, connected(2));
	/* the one that is dialled dies */
	bed_stop(&bed.node[1]);
	bed_wait(&bed, !bed.node[2].up);
	bed_wait(&bed, strstr(mesh_trouble(bed.node[2].mesh, 1), "Connection refused"));
	ck_assert(bed_logged(&bed.node[2], "cannot connect to n1 (127."));
	bed_start(&bed, 1, 2);
	bed_wait(&bed, connected(2));
	pass(1, 2, 100, 100);
}
END_TEST

START_TEST(a_new_connection_replaces_the_old)
{
	struct bed_node old;

	bed_start(&bed, 1, 2);
	bed_start(&bed, 2, 2);
	bed_wait(&bed, connected(2));
	/* the old node 2 is as good as gone, but its connection is not */
	old = bed.node[2];
	strcpy(bed.node[2].config.listen, bed.list[2].address);
	bed_start(&bed, 2, 2);
	bed_wait(&bed, bed.node[1].ups[2] == 2 && bed.node[1].downs[2] == 1);
	ck_assert_str_eq(bed.node[1].why, "replaced by a newer connection");
	mesh_free(old.mesh);
	bed_wait(&bed, connected(2));
	pass(2, 1, 100, 100);
	ck_assert(bed_logged(&bed.node[1], "a newer connection replaces"));
}
END_TEST

START_TEST(drop_tells_the_other_side_why)
{
	bed_start(&bed, 1, 2);
	bed_start(&bed, 2, 2);
	bed_wait(&bed, connected(2));
	mesh_drop(bed.node[1].mesh, 2, "heartbeats stopped\x1b[2J");
	ck_assert_uint_eq(bed.node[1].downs[2], 1);
	bed_wait(&bed, bed.node[2].downs[1] == 1);
	ck_assert_str_eq(bed.node[2].why, "heartbeats stopped?[2J");
	ck_assert(bed_logged(&bed.node[1], "closing the connection to n2"));
	ck_assert(bed_logged(&bed.node[2], "closed the connection: heartbeats stopped?[2J"));
	bed_wait(&bed, connected(2));
	mesh_drop(bed.node[2].mesh, 1, "the other way");
	bed_wait(&bed, bed.node[1].downs[2] == 2 && bed.node[2].ups[1] == 3 && connected(2));
}
END_TEST

START_TEST(who_leaves_the_list_is_closed_and_may_return)
{
	for (unsigned int id = 1; id <= 3; id++)
		bed_start(&bed, id, 3);
	bed_wait(&bed, connected(3));
	mesh_set_peers(bed.node[1].mesh, bed.list, 2);
	ck_assert_uint_eq(bed.node[1].downs[3], 1);
	ck_assert_uint_eq(bed.node[1].downs[2], 0);
	bed_wait(&bed, bed_logged(&bed.node[3], "node 3 n3 is no longer in the node list of n1"));
	bed_wait(&bed, bed_logged(&bed.node[3], "node 3 n3 is not in the node list of n1"));
	mesh_set_peers(bed.node[1].mesh, bed.list, 3);
	bed_wait(&bed, connected(3));
	ck_assert_uint_eq(bed.node[2].downs[1] + bed.node[2].downs[3], 0);
	mesh_set_peers(bed.node[1].mesh, NULL, 0);
	ck_assert_uint_eq(bed.node[1].up, 0);
}
END_TEST

START_TEST(a_kick_dials_at_once_and_a_new_address_is_followed)
{
	struct member list[2] = { bed.list[0], bed.list[1] };

	bed_start(&bed, 1, 2);
	bed_start(&bed, 2, 0);
	/* nothing listens there */
	strcpy(list[0].address, bed.list[3].address);
	mesh_set_peers(bed.node[2].mesh, list, 2);
	bed_wait(&bed, strstr(mesh_trouble(bed.node[2].mesh, 1), "refused"));
	mesh_kick(bed.node[2].mesh);
	mesh_set_peers(bed.node[2].mesh, bed.list, 2);
	bed_wait(&bed, connected(2));
	mesh_kick(bed.node[2].mesh);
	pass(1, 2, 8, 8);
	ck_assert_uint_eq(bed.node[2].downs[1], 0);
}
END_TEST

START_TEST(a_host_name_is_looked_up)
{
	struct member list[2] = { bed.list[0], bed.list[1] };
	int port = 10000 + getpid() % 20000;	/* below those that the kernel hands out */

	snprintf(bed.node[1].config.listen, HSMREPL_ADDRESS_MAX, "127.0.0.1:%d", port);
	snprintf(list[0].address, HSMREPL_ADDRESS_MAX, "localhost:%d", port);
	bed_start(&bed, 1, 2);
	bed_start(&bed, 2, 0);
	mesh_set_peers(bed.node[2].mesh, list, 2);
	bed_wait(&bed, connected(2));
}
END_TEST

/* The bundle file with the CA certificates of both. */
static void bundle(const char *path, struct pki *a, struct pki *b)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	PEM_write_X509(f, a->cert);
	PEM_write_X509(f, b->cert);
	fclose(f);
}

START_TEST(certificates_and_ca_rotate_while_frames_flow)
{
	char error[CONFIG_ERROR_MAX], command[400];
	unsigned long sent = 0;
	struct pki next;

	pki_init(&next);
	pki_node(&next, 1);
	pki_node(&next, 2);
	bed_start(&bed, 1, 2);
	bed_start(&bed, 2, 2);
	bed.node[1].echo = true;
	bed_wait(&bed, connected(2));
	/* both CAs are trusted, then certificates of the new one come into use, node by node */
	bundle(bed.pki.ca, &bed.pki, &next);
	for (unsigned int id = 1; id <= 2; id++)
		ck_assert_int_eq(reload(id, error), 0);
	for (unsigned int id = 1; id <= 2; id++) {
		snprintf(command, sizeof(command), "cp -p %s/n%u.pem %s/n%u.key %s", next.dir, id,
			 next.dir, id, bed.pki.dir);
		ck_assert_int_eq(system(command), 0);
		ck_assert_msg(!reload(id, error), "%s", error);
		for (unsigned int i = 0; i < 200; i++, sent++)
			pass(2, 1, 8 + (size_t)random() % 3000, 8);
		bed_wait(&bed, bed.node[2].frames == sent);
		ck_assert_uint_eq(bed.node[1].downs[2], id - 1);
		/* now over a connection with the new files */
		mesh_drop(bed.node[2].mesh, 1, "test");
		bed_wait(&bed, bed.node[1].ups[2] == id + 1 && connected(2));
	}
	/* the old CA is trusted no longer */
	pki_write(bed.pki.ca, next.cert, NULL);
	for (unsigned int id = 1; id <= 2; id++)
		ck_assert_int_eq(reload(id, error), 0);
	mesh_drop(bed.node[2].mesh, 1, "test again");
	bed_wait(&bed, bed.node[1].ups[2] == 4 && connected(2));
	pki_free(&next);
}
END_TEST

/* n1 speaks 1 to 2, n2 and n3 more: each pair uses the most that both can. */
START_TEST(each_pair_runs_on_the_highest_common_version)
{
	static const uint16_t range[][2] = { { 1, 2 }, { 2, 5 }, { 2, 4 }, { 5, 6 } };

	for (unsigned int id = 1; id <= 4; id++) {
		struct mesh *m = bed_start(&bed, id, 0)->mesh;

		m->protocol_min = range[id - 1][0];
		m->protocol_max = range[id - 1][1];
	}
	ck_assert_uint_eq(mesh_pool_protocol(bed.node[2].mesh), 5);
	for (unsigned int id = 2; id <= 3; id++)
		mesh_set_peers(bed.node[id].mesh, bed.list + 1, 2);
	bed_wait(&bed, bed.node[2].up && bed.node[3].up);
	ck_assert_uint_eq(mesh_protocol(bed.node[2].mesh, 3), 4);
	ck_assert_uint_eq(mesh_protocol(bed.node[3].mesh, 2), 4);
	ck_assert_uint_eq(mesh_protocol(bed.node[3].mesh, 3), 4);
	ck_assert_uint_eq(mesh_protocol(bed.node[2].mesh, 1), 0);
	ck_assert_uint_eq(mesh_pool_protocol(bed.node[2].mesh), 4);
	for (unsigned int id = 1; id <= 3; id++)
		mesh_set_peers(bed.node[id].mesh, bed.list, 3);
	bed_wait(&bed, connected(3));
	for (unsigned int id = 1; id <= 3; id++)
		ck_assert_uint_eq(mesh_pool_protocol(bed.node[id].mesh), 2);
	ck_assert_uint_eq(mesh_protocol(bed.node[2].mesh, 3), 4);
	/* and 5 is too much for n1 and n3, but not for n2 */
	for (unsigned int id = 1; id <= 4; id++)
		mesh_set_peers(bed.node[id].mesh, bed.list, 4);
	bed_wait(&bed, bed.node[4].up == 1U << 2 &&
		       bed_logged(&bed.node[4], "no common protocol version (n4: 5 to") &&
		       bed_logged(&bed.node[3], "protocol version (n4: 5 to 6, n3: 2 to 4)"));
	ck_assert_uint_eq(mesh_protocol(bed.node[4].mesh, 2), 5);
	ck_assert(bed_logged(&bed.node[1], "): no common protocol version (n4: 5 to 6, n1: 1 to "
					   "2): update the older one"));
}
END_TEST

/* n3 speaks 1 only; once n1's pool is finalised at 2, it is sent away, and not let in again. */
START_TEST(who_speaks_less_than_the_pool_is_sent_away)
{
	static const char why[] = "the pool of n1 was finalised at protocol 2, n3 speaks only up "
				  "to 1";

	for (unsigned int id = 1; id <= 3; id++)
		bed_start(&bed, id, 0)->mesh->protocol_max = id == 3 ? 1 : 2;
	for (unsigned int id = 1; id <= 3; id++)
		mesh_set_peers(bed.node[id].mesh, bed.list, 3);
	bed_wait(&bed, connected(3));
	mesh_set_protocol(bed.node[1].mesh, 2, 2);
	bed_wait(&bed, bed.node[1].up == 1U << 2 && bed_logged(&bed.node[1], why) &&
		       bed_logged(&bed.node[3], why));
	ck_assert(strstr(mesh_trouble(bed.node[1].mesh, 3), why));
	ck_assert_uint_eq(mesh_pool_protocol(bed.node[1].mesh), 2);
	ck_assert(strstr(mesh_trouble(bed.node[3].mesh, 1), why));
	/* nor after it was started anew */
	bed_stop(&bed.node[3]);
	bed_start(&bed, 3, 0)->mesh->protocol_max = 1;
	mesh_set_peers(bed.node[3].mesh, bed.list, 3);
	bed_wait(&bed, bed.node[3].up == 1U << 2 &&
		       bed_logged(&bed.node[3], ") refused us: the pool of n1"));
	ck_assert_uint_eq(bed.node[1].ups[3], 1);
	/* upgraded, it is welcome */
	mesh_set_protocol(bed.node[3].mesh, 1, 2);
	mesh_kick(bed.node[3].mesh);
	bed_wait(&bed, bed.node[1].ups[3] == 2);
	ck_assert_uint_eq(mesh_protocol(bed.node[1].mesh, 3), 2);
}
END_TEST

static unsigned int count(const struct bed_node *n, const char *text)
{
	static char log[BED_TEXT_MAX];
	unsigned int found = 0;

	log[pread(n->log_fd, log, sizeof(log) - 1, 0)] = '\0';
	for (const char *at = log; (at = strstr(at, text)); at++)
		found++;
	return found;
}

/* At the start, when a peer connects, and then day by day; a new certificate ends it. */
START_TEST(certificates_that_run_out_are_told_of)
{
	static const char own[] = "it expires in 10 days: issue a new one";
	static const char other[] = "the certificate with which n1 connected expires in 10 days";
	static const char third[] = "the certificate with which n3 connected expires in 10 days";
	char error[CONFIG_ERROR_MAX];
	unsigned int before, told, days;

	pki_issue(&bed.pki, "n1", "n1", "URI:urn:hsmrepl:node:1", 10 * PKI_DAY + 3600);
	pki_issue(&bed.pki, "n3", "n3", "URI:urn:hsmrepl:node:3", 10 * PKI_DAY + 3600);
	for (unsigned int id = 1; id <= 3; id++)
		bed_start(&bed, id, 3);
	bed_wait(&bed, connected(3));
	ck_assert_uint_eq(count(&bed.node[1], own), 1);
	ck_assert_uint_eq(count(&bed.node[2], other), 1);
	ck_assert_uint_eq(count(&bed.node[1], "with which n2 connected"), 0);
	/* not again for another connection with it */
	mesh_drop(bed.node[2].mesh, 1, "test");
	bed_wait(&bed, bed.node[1].ups[2] == 2 && connected(3));
	ck_assert_uint_eq(count(&bed.node[2], other), 1);
	for (unsigned int id = 1; id <= 2; id++)
		ck_assert_int_eq(expiry_watch(bed.node[id].mesh, 1), 0);
	bed_wait(&bed, count(&bed.node[1], own) >= 3 && count(&bed.node[2], other) >= 3);
	pki_node(&bed.pki, 1);
	ck_assert_int_eq(reload(1, error), 0);
	before = count(&bed.node[1], own);
	mesh_drop(bed.node[2].mesh, 1, "test");
	bed_wait(&bed, bed.node[1].ups[2] == 3 && connected(3));
	told = count(&bed.node[2], other);
	days = count(&bed.node[2], third);
	bed_wait(&bed, count(&bed.node[2], third) >= days + 2);
	ck_assert_uint_eq(count(&bed.node[1], own), before);
	ck_assert_uint_eq(count(&bed.node[2], other), told);
}
END_TEST

/* Not its certificate's key, a key that is nobody's business, an empty CA bundle: one line each. */
START_TEST(each_bad_file_is_told_and_the_old_ones_stay)
{
	struct config *c = &bed.node[2].config;
	char error[CONFIG_ERROR_MAX] = "", path[CONFIG_PATH_MAX], command[3 * CONFIG_PATH_MAX];
	static const struct {
		const char *break_it, *error;
	} cases[] = {
		{ "cp %1$s/n3.key %2$s", "key values mismatch" },
		{ "cp %1$s/n3.key %2$s && chmod 666 %2$s", "every user may use it" },
		{ "echo junk of %1$s >%2$s", "it must hold the certificate's key" },
	};

	bed_start(&bed, 1, 2);
	bed_start(&bed, 2, 2);
	bed_wait(&bed, connected(2));
	strcpy(path, c->private_key);
	snprintf(command, sizeof(command), "chmod 600 %s/n3.key", bed.pki.dir);
	ck_assert_int_eq(system(command), 0);
	snprintf(command, sizeof(command), cases[_i].break_it, bed.pki.dir, path);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(reload(2, error), -1);
	ck_assert_msg(strstr(error, cases[_i].error), "%s", error);
	ck_assert_msg(strstr(error, path), "%s", error);
	ck_assert_ptr_null(strchr(error, '\n'));
	pass(1, 2, 100, 100);
	mesh_drop(bed.node[2].mesh, 1, "test");
	bed_wait(&bed, bed.node[1].ups[2] == 2 && connected(2));
}
END_TEST

START_TEST(a_bad_reload_keeps_what_is_there)
{
	char error[CONFIG_ERROR_MAX] = "";

	bed_start(&bed, 1, 2);
	bed_start(&bed, 2, 2);
	bed_wait(&bed, connected(2));
	ck_assert_int_eq(truncate(bed.node[2].config.certificate, 10), 0);
	ck_assert_int_eq(reload(2, error), -1);
	ck_assert(strstr(error, bed.node[2].config.certificate));
	mesh_drop(bed.node[2].mesh, 1, "test");
	bed_wait(&bed, bed.node[1].ups[2] == 2 && connected(2));
}
END_TEST

/* What no peer would take does not replace what they take. */
static const struct {
	bool other_ca;
	long to_s;
	const char *usage;
	const char *why;
} bad_issues[] = {
	{ true, PKI_DAY, "clientAuth,serverAuth", "unable to get local issuer" },
	{ false, -3600, "clientAuth,serverAuth", "has expired" },
	{ false, PKI_DAY, "serverAuth", "certificate purpose" },
	{ false, PKI_DAY, "clientAuth", "certificate purpose" },
};

START_TEST(a_certificate_that_peers_would_refuse_is_not_taken)
{
	struct pki other, signer;
	char error[CONFIG_ERROR_MAX] = "";
	const struct config *c = &bed.node[2].config;

	pki_init(&other);
	bed_start(&bed, 1, 2);
	bed_start(&bed, 2, 2);
	bed_wait(&bed, connected(2));
	signer = bad_issues[_i].other_ca ? other : bed.pki;
	strcpy(signer.dir, bed.pki.dir);
	signer.usage = bad_issues[_i].usage;
	pki_issue(&signer, "n2", "n2", "URI:urn:hsmrepl:node:2", bad_issues[_i].to_s);
	ck_assert_int_eq(reload(2, error), -1);
	ck_assert_msg(strstr(error, bad_issues[_i].why), "%s", error);
	ck_assert_msg(strstr(error, c->certificate), "%s", error);
	ck_assert_ptr_null(strchr(error, '\n'));
	mesh_drop(bed.node[2].mesh, 1, "test");
	bed_wait(&bed, bed.node[1].ups[2] == 2 && connected(2));
	pki_free(&other);
}
END_TEST

START_TEST(what_cannot_start_says_why)
{
	const struct mesh_sink sink = { bed_up, bed_down, bed_frame, bed_removed, &bed.node[1] };
	char error[CONFIG_ERROR_MAX] = "";
	struct config c = bed.node[1].config;

	bed_start(&bed, 1, 2);
	ck_assert_ptr_null(mesh_new(bed.base, &c, bed.secret, bed.node[1].log, &sink, error));
	ck_assert(strstr(error, "listen = 127.") && strstr(error, "in use"));
	strcpy(c.listen, "somewhere:1");
	ck_assert_ptr_null(mesh_new(bed.base, &c, bed.secret, bed.node[1].log, &sink, error));
	ck_assert(strstr(error, "numeric"));
	c.node_id = 7;
	ck_assert_ptr_null(mesh_new(bed.base, &c, bed.secret, bed.node[1].log, &sink, error));
	ck_assert(strstr(error, "it is of node 1 n1, but this is node 7 n1"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mesh");
	TCase *t = tcase_create("mesh");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, frames_of_all_sizes_pass_both_ways);
	tcase_add_test(t, frames_queued_at_once_stay_in_order);
	tcase_add_test(t, who_takes_nothing_is_dropped_at_the_limit);
	tcase_add_test(t, three_nodes_all_see_each_other);
	tcase_add_test(t, a_node_that_dies_comes_back);
	tcase_add_test(t, a_new_connection_replaces_the_old);
	tcase_add_test(t, drop_tells_the_other_side_why);
	tcase_add_test(t, who_leaves_the_list_is_closed_and_may_return);
	tcase_add_test(t, a_kick_dials_at_once_and_a_new_address_is_followed);
	tcase_add_test(t, a_host_name_is_looked_up);
	tcase_add_test(t, certificates_and_ca_rotate_while_frames_flow);
	tcase_add_test(t, each_pair_runs_on_the_highest_common_version);
	tcase_add_test(t, who_speaks_less_than_the_pool_is_sent_away);
	tcase_add_test(t, certificates_that_run_out_are_told_of);
	tcase_add_loop_test(t, each_bad_file_is_told_and_the_old_ones_stay, 0, 3);
	tcase_add_test(t, a_bad_reload_keeps_what_is_there);
	tcase_add_loop_test(t, a_certificate_that_peers_would_refuse_is_not_taken, 0,
			    sizeof(bad_issues) / sizeof(bad_issues[0]));
	tcase_add_test(t, what_cannot_start_says_why);
	suite_add_tcase(s, t);
	return suite_run(s);
}
