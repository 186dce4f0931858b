// SPDX-License-Identifier: GPL-2.0
/* Who does not belong is refused, and both logs have a line that says who, why, and what to do. */
#include "../suite.h"
#include "raw.h"

static struct bed bed;

static void setup(void)
{
	bed_init(&bed);
}

static void teardown(void)
{
	bed_free(&bed);
}

/* n1 and n2 start; n1's and n2's log must have these lines; nobody was ever up. */
static void refused(const char *line1, const char *line2)
{
	bed_start(&bed, 1, 2);
	bed_start(&bed, 2, 2);
	bed_wait(&bed, bed_logged(&bed.node[1], line1) && bed_logged(&bed.node[2], line2));
	/* and again, at the next try */
	bed_wait(&bed, *mesh_trouble(bed.node[1].mesh, 2) && *mesh_trouble(bed.node[2].mesh, 1));
	ck_assert_uint_eq(bed.node[1].ups[2] + bed.node[2].ups[1], 0);
}

static void copy(const char *from, const char *to)
{
	char command[2 * CONFIG_PATH_MAX + 16];

	snprintf(command, sizeof(command), "cp -p %s %s", from, to);
	ck_assert_int_eq(system(command), 0);
}

/* Node 2 of another pool: its own CA and certificate. */
static void other_pool(struct pki *other)
{
	char path[PKI_PATH_MAX];

	pki_init(other);
	pki_node(other, 2);
	snprintf(path, sizeof(path), "%s/n2.pem", other->dir);
	copy(path, bed.node[2].config.certificate);
	snprintf(path, sizeof(path), "%s/n2.key", other->dir);
	copy(path, bed.node[2].config.private_key);
}

START_TEST(other_ca_seen_by_the_dialler)
{
	struct pki other;

	other_pool(&other);
	strcpy(bed.node[2].config.ca, other.ca);
	refused("refused our certificate: unknown CA: issue this node's certificate with the CA of "
		"the pool",
		"refused n1 (127.");
	ck_assert(bed_logged(&bed.node[2], "its certificate is not of this pool's CA (unable to "
					   "get local issuer certificate): issue one with the pool "
					   "CA"));
	pki_free(&other);
}
END_TEST

START_TEST(other_ca_seen_by_the_listener)
{
	struct pki other;

	other_pool(&other);
	refused("refused 127.", "n1 (127.");
	ck_assert(bed_logged(&bed.node[1], ": its certificate is not of this pool's CA ("));
	ck_assert(bed_logged(&bed.node[2], ") refused our certificate: unknown CA: "));
	pki_free(&other);
}
END_TEST

START_TEST(expired_dialler)
{
	pki_issue(&bed.pki, "n2", "n2", "URI:urn:hsmrepl:node:2", -60);
	refused("its certificate is no longer valid (certificate has expired): issue a new one",
		"refused our certificate: expired");
	ck_assert(bed_logged(&bed.node[2], "it has expired, all peers will refuse it"));
}
END_TEST

START_TEST(expired_listener)
{
	pki_issue(&bed.pki, "n1", "n1", "URI:urn:hsmrepl:node:1", -60);
	refused("refused our certificate: expired",
		"its certificate is no longer valid (certificate has expired): issue a new one");
}
END_TEST

START_TEST(other_key_set)
{
	bed_start(&bed, 1, 2);
	bed.secret[31] ^= 1;
	bed_start(&bed, 2, 2);
	bed_wait(&bed, bed_logged(&bed.node[2], ") refused us: n2 and n1 have different key sets: "
						"install"));
	ck_assert(bed_logged(&bed.node[1], "refused n2 (127.0.0.1:"));
	ck_assert(bed_logged(&bed.node[1], "): n2 and n1 have different key sets: install the "
					   "pool's key set on both"));
	ck_assert_uint_eq(bed.node[1].ups[2] + bed.node[2].ups[1], 0);
	ck_assert(strstr(mesh_trouble(bed.node[1].mesh, 2), "different key sets"));
	ck_assert(strstr(mesh_trouble(bed.node[2].mesh, 1), "different key sets"));
}
END_TEST

START_TEST(other_mode)
{
	bed.node[2].config.mode = HSMREPL_MODE_FIPS;
	refused("): different modes (n2: fips, n1: normal): set the same mode on all nodes",
		"refused us: different modes (n2: fips, n1: normal): set the same mode");
}
END_TEST

START_TEST(not_listed)
{
	bed_start(&bed, 1, 1);
	bed_start(&bed, 2, 2);
	bed_wait(&bed, bed_logged(&bed.node[2], "refused us: node 2 n2 is not in the node list of "
						"n1: list it there"));
	ck_assert(bed_logged(&bed.node[1], "refused n2 (127."));
	mesh_set_peers(bed.node[1].mesh, bed.list, 2);
	bed_wait(&bed, bed.node[1].up && bed.node[2].up);
}
END_TEST

/* Node @id is in @epoch of a pool of all nodes but @but. */
static void in_pool(unsigned int id, uint64_t epoch, unsigned int but)
{
	struct member list[BED_NODES];
	unsigned int n = 0;

	for (unsigned int i = 0; i < 3; i++)
		if (i + 1 != but)
			list[n++] = bed.list[i];
	bed_start(&bed, id, 0);
	mesh_set_epoch(bed.node[id].mesh, epoch);
	mesh_set_peers(bed.node[id].mesh, list, n);
}

/* Also node 1, whom all others dial, hears that nobody will any more. */
START_TEST(removed)
{
	in_pool(2, 6, 1);
	in_pool(3, 6, 1);
	in_pool(1, 5, 0);
	bed_wait(&bed, bed.node[1].removed == (1U << 2 | 1U << 3));
	ck_assert(bed_logged(&bed.node[1], "node 1 n1 is not in the node list of n2"));
	ck_assert_uint_eq(bed.node[2].removed | bed.node[3].removed, 0);
}
END_TEST

START_TEST(removed_while_connected)
{
	in_pool(1, 5, 0);
	in_pool(2, 5, 0);
	bed_wait(&bed, bed.node[1].up && bed.node[2].up);
	mesh_set_epoch(bed.node[1].mesh, 6);
	mesh_set_peers(bed.node[1].mesh, bed.list, 1);
	bed_wait(&bed, bed.node[2].removed == 1U << 1);
}
END_TEST

/* Whoever lags behind, or has no pool, cannot say who is out of it. */
START_TEST(refused_but_not_removed)
{
	in_pool(1, 5, 2);
	in_pool(2, 5, 0);
	in_pool(3, 0, 2);
	bed_wait(&bed, bed_logged(&bed.node[2], "not in the node list of n1") &&
		       bed_logged(&bed.node[3], "refused n2"));
	bed_wait(&bed, bed_logged(&bed.node[2], "not in the node list of n3"));
	ck_assert_uint_eq(bed.node[2].removed, 0);
}
END_TEST

/* Node 2 does not get through to node 1, which asks it: nothing to warn of on either side. */
START_TEST(asked_to_dial)
{
	struct member list[2] = { bed.list[0], bed.list[1] };

	strcpy(list[0].address, "127.0.0.1:1");
	bed_start(&bed, 1, 2);
	bed_start(&bed, 2, 0);
	mesh_set_peers(bed.node[2].mesh, list, 2);
	bed_wait(&bed, strstr(mesh_trouble(bed.node[1].mesh, 2), "it was asked to"));
	ck_assert(!bed_logged(&bed.node[1], "warning"));
	ck_assert(!bed_logged(&bed.node[2], "warning refused n1"));
	ck_assert(bed_logged(&bed.node[2], "cannot connect to n1"));
}
END_TEST

/* In a pool a stranger is told how it becomes a member. */
START_TEST(not_in_the_pool)
{
	in_pool(1, 5, 2);
	bed_start(&bed, 2, 2);
	bed_wait(&bed, bed_logged(&bed.node[2], "not in the node list of n1: run live-sync on it"));
}
END_TEST

START_TEST(other_name)
{
	struct member list[2] = { bed.list[0], bed.list[1] };

	strcpy(list[1].name, "m2");
	bed_start(&bed, 1, 0);
	mesh_set_peers(bed.node[1].mesh, list, 2);
	bed_start(&bed, 2, 2);
	bed_wait(&bed, bed_logged(&bed.node[2], "refused us: the certificate says node 2 is n2, "
						"the node list of n1 says m2"));
	ck_assert(bed_logged(&bed.node[1], "the node list of n1 says m2: correct the one that is "
					   "wrong"));
}
END_TEST

START_TEST(other_id_at_the_address)
{
	struct member list[2] = { bed.list[0], bed.list[1] };

	strcpy(list[1].address, bed.list[0].address);
	bed_start(&bed, 1, 3);
	bed_start(&bed, 3, 0);
	mesh_set_peers(bed.node[3].mesh, list, 2);
	bed_wait(&bed, bed_logged(&bed.node[1], "refused us: node 1 n1 answers at the address of "
						"node 2: correct the address on n3"));
	ck_assert(bed_logged(&bed.node[3], "node 1 n1 answers at the address of node 2"));
	bed_wait(&bed, bed.node[1].up == 1U << 3);
}
END_TEST

START_TEST(repeated_refusals_do_not_flood_the_log)
{
	static char log[BED_TEXT_MAX];
	unsigned int lines = 0;		/* one at the start, one about n2 */
	time_t end;
	ssize_t len;

	bed_start(&bed, 1, 1);
	bed_start(&bed, 2, 2);
	end = time(NULL) + 5;
	while (time(NULL) < end)
		event_base_loop(bed.base, EVLOOP_ONCE);
	len = pread(bed.node[1].log_fd, log, sizeof(log), 0);
	for (ssize_t i = 0; i < len; i++)
		lines += log[i] == '\n';
	ck_assert_uint_eq(lines, 2);
}
END_TEST

static int talk_strange(SSL *ssl, const struct bed *b)
{
	struct auth a = raw_auth(ssl, b);

	a.node = 4;
	raw_send_auth(ssl, &a);
	return raw_refused(ssl, "node 4 n4 is not in the node list of n1");
}

static int talk_purpose(SSL *ssl, const struct bed *b)
{
	struct auth a = raw_auth(ssl, b);

	a.purpose = AUTH_PURPOSES;
	raw_send_auth(ssl, &a);
	return raw_refused(ssl, "a connection for an unknown purpose: run the same version");
}

static int talk_version(SSL *ssl, const struct bed *b)
{
	struct auth a = raw_auth(ssl, b);

	a.protocol_min = 7;
	a.protocol_max = 9;
	raw_send_auth(ssl, &a);
	return raw_refused(ssl, "no common protocol version (n2: 7 to 9, n1: 1 to 2): update the "
				"older one");
}

static int talk_mode(SSL *ssl, const struct bed *b)
{
	struct auth a = raw_auth(ssl, b);

	a.mode = 200;
	raw_send_auth(ssl, &a);
	return raw_refused(ssl, "different modes (n2: unknown, n1: normal)");
}

static int talk_id(SSL *ssl, const struct bed *b)
{
	struct auth a = raw_auth(ssl, b);

	a.node = 3;
	raw_send_auth(ssl, &a);
	return raw_refused(ssl, "the certificate is of node 2, but it calls itself node 3");
}

static int talk_proof(SSL *ssl, const struct bed *b)
{
	struct auth a = raw_auth(ssl, b);

	a.proof[AUTH_PROOF_LEN - 1] ^= 0x80;
	raw_send_auth(ssl, &a);
	return raw_refused(ssl, "n2 and n1 have different key sets");
}

static int talk_other_frame(SSL *ssl, const struct bed *b)
{
	static const uint8_t frame[16] = { 16, 0, 0, 0, 16, 0 };

	(void)b;
	SSL_write(ssl, frame, sizeof(frame));
	return raw_refused(ssl, "the first frame is no AUTH");
}

static int talk_long(SSL *ssl, const struct bed *b)
{
	static const uint8_t frame[16] = { 1, 2, 0, 0, 1, 0 };

	(void)b;
	SSL_write(ssl, frame, sizeof(frame));
	return raw_refused(ssl, "it sent a frame of 513 bytes, allowed are 8 to 512");
}

static int talk_http(SSL *ssl, const struct bed *b)
{
	(void)b;
	SSL_write(ssl, "GET / HTTP/1.1\r\n\r\n", 18);
	return raw_refused(ssl, "it sent a frame of 542393671 bytes");
}

/* All is well until a frame of four bytes. */
static int talk_short(SSL *ssl, const struct bed *b)
{
	static const uint8_t frame[4] = { 4, 0, 0, 0 };
	struct auth a = raw_auth(ssl, b);
	uint8_t answer[AUTH_LEN];

	raw_send_auth(ssl, &a);
	if (SSL_read(ssl, answer, sizeof(answer)) != AUTH_LEN || !auth_decode(answer, AUTH_LEN, &a))
		return 105;
	SSL_write(ssl, frame, sizeof(frame));
	return raw_refused(ssl, "it sent a frame of 4 bytes, allowed are 8 to ");
}

/* A good client, byte by byte, and the peer is up. The proofs of both sides differ. */
static int talk_good(SSL *ssl, const struct bed *b)
{
	struct auth a = raw_auth(ssl, b);
	uint8_t frame[AUTH_LEN], answer[AUTH_LEN];

	auth_encode(&a, frame);
	for (unsigned int i = 0; i < AUTH_LEN; i++)
		SSL_write(ssl, frame + i, 1);
	if (SSL_read(ssl, answer, sizeof(answer)) != AUTH_LEN)
		return 106;
	if (!auth_decode(answer, AUTH_LEN, &a) || a.node != 1)
		return 107;
	if (!memcmp(answer + AUTH_LEN - AUTH_PROOF_LEN, frame + AUTH_LEN - AUTH_PROOF_LEN,
		    AUTH_PROOF_LEN))
		return 108;
	return SSL_session_reused(ssl) || SSL_SESSION_has_ticket(SSL_get_session(ssl)) ? 109 : 0;
}

static int talk_nothing(SSL *ssl, const struct bed *b)
{
	uint8_t byte;

	(void)b;
	/* refused by an alert, which a client sees only after its own handshake is done */
	return SSL_read(ssl, &byte, 1) <= 0 ? 99 : 0;
}

static const struct {
	struct raw raw;
	int status;
	const char *line;
} raw_cases[] = {
	{ { 2, TLS1_3_VERSION, talk_version, 0, NULL },
	  0, "): no common protocol version (n2: 7 to 9" },
	{ { 2, TLS1_3_VERSION, talk_mode, 0, NULL }, 0, "): different modes (n2: unknown" },
	{ { 2, TLS1_3_VERSION, talk_id, 0, NULL }, 0, "): the certificate is of node 2, but" },
	{ { 2, TLS1_3_VERSION, talk_proof, 0, NULL }, 0, "): n2 and n1 have different key sets" },
	{ { 2, TLS1_3_VERSION, talk_other_frame, 0, NULL }, 0, "): the first frame is no AUTH" },
	{ { 2, TLS1_3_VERSION, talk_long, 0, NULL }, 0, "): it sent a frame of 513 bytes" },
	{ { 2, TLS1_3_VERSION, talk_http, 0, NULL }, 0, "): it sent a frame of 542393671 bytes" },
	{ { 2, TLS1_3_VERSION, talk_short, 0, NULL }, 0, "): it sent a frame of 4 bytes" },
	{ { 2, TLS1_3_VERSION, talk_good, 0, NULL }, 0, "connected to n2" },
	{ { 0, TLS1_3_VERSION, talk_nothing, 0, NULL }, 99, ": it shows no certificate" },
	{ { 2, TLS1_2_VERSION, talk_nothing, 0, NULL }, 100, ": no common version of TLS" },
	{ { 2, TLS1_3_VERSION, talk_purpose, 0, NULL }, 0, "a connection for an unknown purpose" },
	{ { 4, TLS1_3_VERSION, talk_strange, 0, NULL },
	  0, "node 4 n4 is not in the node list of n1" },
};

static int talk_unbound(SSL *ssl, const struct bed *b)
{
	(void)b;
	return raw_refused(ssl, "TLS 1.2 without extended master secret (RFC 7627): update");
}

/*
 * The same proofs over TLS 1.2, with EC and with RSA keys; a session that is not bound to its
 * handshake is refused.
 */
START_TEST(the_old_profile)
{
	const struct raw good = { 2, TLS1_2_VERSION, talk_good, 0, NULL };
	const struct raw plain = { 2, TLS1_2_VERSION, talk_good, 0, "AES128-SHA" };
	const struct raw unbound = { 2, TLS1_2_VERSION, talk_unbound,
				     SSL_OP_NO_EXTENDED_MASTER_SECRET, NULL };

	bed.pki.rsa = _i;
	for (unsigned int id = 1; id <= 2; id++) {
		bed.node[id].config.tls_profile = TLS_PROFILE_AES128_SHA1;
		pki_node(&bed.pki, id);
	}
	bed_start(&bed, 1, 2);
	ck_assert_int_eq(raw_run(&bed, 1, &good), 0);
	ck_assert_int_eq(raw_run(&bed, 1, &plain), _i ? 0 : 100);
	ck_assert_int_eq(raw_run(&bed, 1, &unbound), 0);
	bed_start(&bed, 2, 2);
	bed_wait(&bed, bed.node[1].up && bed.node[2].up);
	ck_assert(bed_logged(&bed.node[1], "connected to n2 (127."));
	ck_assert(bed_logged(&bed.node[1], _i ? "ECDHE-RSA-AES128-SHA" :
						     "ECDHE-ECDSA-AES128-SHA"));
	ck_assert(bed_logged(&bed.node[1], "tls-profile = aes128-sha1: connections are protected"));
}
END_TEST

START_TEST(profiles_that_differ)
{
	bed.node[1 + _i].config.tls_profile = TLS_PROFILE_AES128_SHA1;
	refused("no common version of TLS", "no common version of TLS");
	ck_assert(bed_logged(&bed.node[1], "give all nodes the same tls-profile"));
	ck_assert(bed_logged(&bed.node[2], "give all nodes the same tls-profile"));
}
END_TEST

START_TEST(odd_clients_are_told_why)
{
	bed_start(&bed, 1, 2);
	ck_assert_int_eq(raw_run(&bed, 1, &raw_cases[_i].raw), raw_cases[_i].status);
	bed_wait(&bed, bed_logged(&bed.node[1], raw_cases[_i].line));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mesh_refuse");
	TCase *t = tcase_create("mesh_refuse");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, other_ca_seen_by_the_dialler);
	tcase_add_test(t, other_ca_seen_by_the_listener);
	tcase_add_test(t, expired_dialler);
	tcase_add_test(t, expired_listener);
	tcase_add_test(t, other_key_set);
	tcase_add_test(t, other_mode);
	tcase_add_test(t, not_listed);
	tcase_add_test(t, removed);
	tcase_add_test(t, removed_while_connected);
	tcase_add_test(t, refused_but_not_removed);
	tcase_add_test(t, asked_to_dial);
	tcase_add_test(t, not_in_the_pool);
	tcase_add_test(t, other_name);
	tcase_add_test(t, other_id_at_the_address);
	tcase_add_test(t, repeated_refusals_do_not_flood_the_log);
	tcase_add_loop_test(t, the_old_profile, 0, 2);
	tcase_add_loop_test(t, profiles_that_differ, 0, 2);
	tcase_add_loop_test(t, odd_clients_are_told_why, 0,
			    (int)(sizeof(raw_cases) / sizeof(raw_cases[0])));
	suite_add_tcase(s, t);
	return suite_run(s);
}
