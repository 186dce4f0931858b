// SPDX-License-Identifier: GPL-2.0
/* Certificates and keys: whom they name, and which are refused with which line. */
#include <errno.h>

#include <openssl/err.h>

#include "../suite.h"
#include "pki.h"
#include "tls.h"

static struct pki pki;
static struct config config;
static struct tls_identity who;
static char error[CONFIG_ERROR_MAX];

static void setup(void)
{
	pki_init(&pki);
	pki_node(&pki, 7);
	memset(&config, 0, sizeof(config));
	config.node_id = 7;
	strcpy(config.node_name, "n7");
	strcpy(config.ca, pki.ca);
	snprintf(config.certificate, CONFIG_PATH_MAX, "%s/n7.pem", pki.dir);
	snprintf(config.private_key, CONFIG_PATH_MAX, "%s/n7.key", pki.dir);
}

static void teardown(void)
{
	pki_free(&pki);
}

static void refused(const char *begin, const char *end)
{
	SSL_CTX *ctx = tls_context(&config, &who, error);

	ck_assert_ptr_null(ctx);
	ck_assert_msg(strstr(error, begin) == error && strstr(error, end), "%s", error);
}

START_TEST(good_files_are_taken)
{
	SSL_CTX *ctx = tls_context(&config, &who, error);
	time_t year = time(NULL) + 365 * PKI_DAY;

	ck_assert_msg(ctx, "%s", error);
	ck_assert_uint_eq(who.id, 7);
	ck_assert_str_eq(who.name, "n7");
	ck_assert(who.expiry > year - 60 && who.expiry < year + 60);
	ck_assert_int_eq(SSL_CTX_get_min_proto_version(ctx), TLS1_3_VERSION);
	ck_assert_int_eq(SSL_CTX_get_verify_mode(ctx),
			 SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
	ck_assert_uint_eq(SSL_CTX_get_num_tickets(ctx), 0);
	SSL_CTX_free(ctx);
}
END_TEST

static void overwrite(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

START_TEST(missing_and_broken_files_are_named)
{
	struct config good = config;

	strcat(config.ca, "x");
	refused("ca = ", "No such file");
	config = good;
	strcat(config.certificate, "x");
	refused("certificate = ", "No such file");
	config = good;
	strcat(config.private_key, "x");
	refused("private-key = ", "No such file");
	config = good;
	overwrite(config.ca, "nothing\n");
	refused("ca = ", "it must hold one or more CA certificates in PEM");
	pki_write(config.ca, pki.cert, NULL);
	overwrite(config.certificate, "");
	refused("certificate = ", "it must hold this node's certificate");
	ck_assert_int_eq(ERR_peek_error(), 0);
}
END_TEST

START_TEST(keys_must_fit_and_be_private)
{
	ck_assert_int_eq(chmod(config.private_key, 0604), 0);
	refused("private-key = ", "every user may use it: chmod 600 it");
	pki_write(config.private_key, NULL, pki.key);
	refused("private-key = ", "key values mismatch");
	overwrite(config.private_key, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n");
	refused("private-key = ", "without passphrase");
}
END_TEST

START_TEST(a_key_with_passphrase_does_not_ask_for_it)
{
	FILE *f = fopen(config.private_key, "w");

	ck_assert_int_eq(PEM_write_PrivateKey(f, pki.key, EVP_aes_128_cbc(),
					      (const unsigned char *)"abcd", 4, NULL, NULL), 1);
	fclose(f);
	refused("private-key = ", "without passphrase");
}
END_TEST

START_TEST(the_certificate_must_be_of_this_node)
{
	config.node_id = 8;
	refused("certificate = ", "it is of node 7 n7, but this is node 8 n7");
	config.node_id = 7;
	strcpy(config.node_name, "n8");
	refused("certificate = ", "it is of node 7 n7, but this is node 7 n8");
}
END_TEST

static const struct {
	const char *cn;
	const char *san;
	uint16_t id;	/* 0: refused */
} names[] = {
	{ "n1", "URI:urn:hsmrepl:node:1", 1 },
	{ "n1", "URI:urn:hsmrepl:node:65535", 65535 },
	{ "n1", "DNS:n1,IP:10.0.0.1,URI:http://x/,URI:urn:hsmrepl:node:3", 3 },
	{ "n1", "URI:urn:hsmrepl:node:0", 0 },
	{ "n1", "URI:urn:hsmrepl:node:01", 0 },
	{ "n1", "URI:urn:hsmrepl:node:65536", 0 },
	{ "n1", "URI:urn:hsmrepl:node:-1", 0 },
	{ "n1", "URI:urn:hsmrepl:node:1x", 0 },
	{ "n1", "URI:urn:hsmrepl:node:", 0 },
	{ "n1", "URI:urn:hsmrepl:node:1,URI:urn:hsmrepl:node:2", 0 },
	{ "n1", "URI:urn:hsmrepl:node:1,URI:urn:hsmrepl:node:1", 0 },
	{ "n1", "DNS:urn:hsmrepl:node:1", 0 },
	{ "n1", "URI:urn:hsmrepl:node:1111111111111111111111111111", 0 },
	{ "n1", NULL, 0 },
	{ "n 1", "URI:urn:hsmrepl:node:1", 0 },
	{ "n\n1", "URI:urn:hsmrepl:node:1", 0 },
	{ "0123456789012345678901234567890", "URI:urn:hsmrepl:node:1", 1 },
	{ "01234567890123456789012345678901", "URI:urn:hsmrepl:node:1", 0 },
	{ "\xc3\xbc", "URI:urn:hsmrepl:node:1", 0 },
};

START_TEST(certificates_name_exactly_one_node)
{
	char path[PKI_PATH_MAX], why[TLS_WHY_MAX] = "";
	X509 *cert;
	FILE *f;
	int ret;

	pki_issue(&pki, "x", names[_i].cn, names[_i].san, PKI_DAY);
	snprintf(path, sizeof(path), "%s/x.pem", pki.dir);
	f = fopen(path, "r");
	cert = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	ret = tls_identity(cert, &who, why);
	X509_free(cert);
	if (names[_i].id) {
		ck_assert_msg(!ret, "%s", why);
		ck_assert_uint_eq(who.id, names[_i].id);
		ck_assert_str_eq(who.name, names[_i].cn);
	} else {
		ck_assert_int_eq(ret, -1);
		ck_assert(strstr(why, "issue one with"));
	}
}
END_TEST

static const struct {
	unsigned long error;
	int sys;
	long verify;
	enum tls_failure failure;
	const char *text;
} failures[] = {
	{ 0, ECONNRESET, 0, TLS_LOST, "Connection reset by peer" },
	{ 0, 0, 0, TLS_LOST, "the other side closed it" },
	{ 0, EAGAIN, 0, TLS_LOST, "the other side closed it" },
	{ SSL_R_UNEXPECTED_EOF_WHILE_READING, 0, 0, TLS_LOST, "the other side closed it" },
	{ SSL_R_TLSV1_ALERT_UNKNOWN_CA, 0, 0, TLS_REFUSED_US, "unknown CA" },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, 0, 0, TLS_REFUSED_US, "expired" },
	{ SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, 0, 0, TLS_REFUSED_US, "no common version" },
	{ SSL_R_TLSV1_ALERT_INTERNAL_ERROR, 0, 0, TLS_REFUSED_US, "TLS alert \"internal error\"" },
	{ SSL_R_HTTP_REQUEST, 0, 0, TLS_REFUSED, "it does not speak TLS" },
	{ SSL_R_CERTIFICATE_VERIFY_FAILED, 0, X509_V_ERR_CERT_HAS_EXPIRED, TLS_REFUSED,
	  "no longer valid" },
	{ SSL_R_CERTIFICATE_VERIFY_FAILED, 0, X509_V_ERR_CERT_NOT_YET_VALID, TLS_REFUSED,
	  "compare the clocks" },
	{ SSL_R_CERTIFICATE_VERIFY_FAILED, 0, X509_V_ERR_CERT_SIGNATURE_FAILURE, TLS_REFUSED,
	  "not of this pool's CA" },
	{ SSL_R_CERTIFICATE_VERIFY_FAILED, 0, X509_V_ERR_INVALID_PURPOSE, TLS_REFUSED,
	  "does not verify" },
	{ SSL_R_BAD_SIGNATURE, 0, 0, TLS_REFUSED, "TLS failed (bad signature)" },
};

START_TEST(failures_are_told_in_words)
{
	SSL_CTX *ctx = tls_context(&config, &who, error);
	SSL *ssl = SSL_new(ctx);
	char why[TLS_WHY_MAX];
	unsigned long e = failures[_i].error ? ERR_PACK(ERR_LIB_SSL, 0, failures[_i].error) : 0;

	SSL_set_verify_result(ssl, failures[_i].verify);
	ck_assert_int_eq(tls_explain(ssl, e, failures[_i].sys, why), failures[_i].failure);
	ck_assert_msg(strstr(why, failures[_i].text), "%s", why);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tls");
	TCase *t = tcase_create("tls");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, good_files_are_taken);
	tcase_add_test(t, missing_and_broken_files_are_named);
	tcase_add_test(t, keys_must_fit_and_be_private);
	tcase_add_test(t, a_key_with_passphrase_does_not_ask_for_it);
	tcase_add_test(t, the_certificate_must_be_of_this_node);
	tcase_add_loop_test(t, certificates_name_exactly_one_node, 0,
			    (int)(sizeof(names) / sizeof(names[0])));
	tcase_add_loop_test(t, failures_are_told_in_words, 0,
			    (int)(sizeof(failures) / sizeof(failures[0])));
	suite_add_tcase(s, t);
	return suite_run(s);
}
