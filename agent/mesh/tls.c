// SPDX-License-Identifier: GPL-2.0
#include "tls.h"
#include "credential.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define SECURITY_LEVEL		2		/* 112 bits: RSA from 2048, no SHA-1 signatures */
#define CHAIN_BYTES_MAX		(16 * 1024)	/* of certificates that a peer may send */
#define CHAIN_DEPTH_MAX		3		/* intermediate CAs */

/**
 * struct profile - what enum tls_profile stands for
 * @version: the only version of TLS that is spoken
 * @ciphers: cipher suites of TLS 1.2
 * @suites: cipher suites of TLS 1.3, best first
 * @groups: key exchange, best first
 */
struct profile {
	int version;
	const char *ciphers;
	const char *suites;
	const char *groups;
};

static const struct profile profiles[TLS_PROFILES] = {
	[TLS_PROFILE_DEFAULT] = {
		.version = TLS1_3_VERSION,
		.suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384",
		.groups = "X25519:P-256:P-384",
	},
	[TLS_PROFILE_AES128_SHA1] = {
		.version = TLS1_2_VERSION,
		.ciphers = "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:AES128-SHA",
		.groups = "X25519:P-256:P-384",
	},
};

/* X25519 is not approved. */
static const struct profile fips_profile = {
	.version = TLS1_3_VERSION,
	.suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384",
	.groups = "P-256:P-384",
};

static int fail(char error[CONFIG_ERROR_MAX], const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(char error[CONFIG_ERROR_MAX], const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(error, CONFIG_ERROR_MAX, fmt, args);
	va_end(args);
	return -1;
}

/* The root of what failed last; the error queue is then empty. */
static const char *reason(void)
{
	unsigned long e = ERR_peek_error();
	const char *text = ERR_SYSTEM_ERROR(e) ? strerror(ERR_GET_REASON(e)) :
						 ERR_reason_error_string(e);

	ERR_clear_error();
	return text ? text : "unknown error";
}

static int no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1;
}

static int use_profile(SSL_CTX *ctx, const struct profile *p)
{
	SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
			    SSL_OP_NO_RENEGOTIATION);
	/* send what the certificate file has, not the root as well */
	SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_verify_depth(ctx, CHAIN_DEPTH_MAX);
	SSL_CTX_set_max_cert_list(ctx, CHAIN_BYTES_MAX);
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	if (p->ciphers && SSL_CTX_set_cipher_list(ctx, p->ciphers) != 1)
		return -1;
	if (p->suites && SSL_CTX_set_ciphersuites(ctx, p->suites) != 1)
		return -1;
	return SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
	       SSL_CTX_set_min_proto_version(ctx, p->version) == 1 &&
	       SSL_CTX_set_max_proto_version(ctx, p->version) == 1 &&
	       SSL_CTX_set1_groups_list(ctx, p->groups) == 1 ? 0 : -1;
}

static int use_files(SSL_CTX *ctx, const struct config *c, char error[CONFIG_ERROR_MAX])
{
	struct stat st;

	if (SSL_CTX_load_verify_file(ctx, c->ca) != 1)
		return fail(error, "ca = %s: %s: it must hold one or more CA certificates in PEM",
			    c->ca, reason());
	if (SSL_CTX_use_certificate_chain_file(ctx, c->certificate) != 1)
		return fail(error, "certificate = %s: %s: it must hold this node's certificate in "
				   "PEM",
			    c->certificate, reason());
	if (access(c->private_key, R_OK))
		return fail(error, "private-key = %s: %s%s", c->private_key, strerror(errno),
			    credential_remedy(c->private_key, errno));
	if (!stat(c->private_key, &st) && st.st_mode & S_IRWXO)
		return fail(error, "private-key = %s: every user may use it: chmod 600 it, and "
				   "issue a new one if it was read",
			    c->private_key);
	if (SSL_CTX_use_PrivateKey_file(ctx, c->private_key, SSL_FILETYPE_PEM) != 1)
		return fail(error, "private-key = %s: %s: it must hold the certificate's key in "
				   "PEM, without passphrase",
			    c->private_key, reason());
	return 0;
}

/* What every peer would refuse is found here. */
static int check_own(SSL_CTX *ctx, const struct config *c, struct tls_identity *who,
		     char error[CONFIG_ERROR_MAX])
{
	char why[TLS_WHY_MAX];

	if (tls_identity(SSL_CTX_get0_certificate(ctx), who, why))
		return fail(error, "certificate = %s: %s", c->certificate, why);
	if (who->id != c->node_id || strcmp(who->name, c->node_name))
		return fail(error, "certificate = %s: it is of node %u %s, but this is node %u %s: "
				   "issue one with the pool CA",
			    c->certificate, who->id, who->name, c->node_id, c->node_name);
	return 0;
}

SSL_CTX *tls_context(const struct config *c, struct tls_identity *who,
		     char error[CONFIG_ERROR_MAX])
{
	bool fips = c->mode == HSMREPL_MODE_FIPS;
	SSL_CTX *ctx;

	ERR_clear_error();
	ctx = SSL_CTX_new(TLS_method());
	assert(c->tls_profile < TLS_PROFILES);
	if (!ctx || use_profile(ctx, fips ? &fips_profile : &profiles[c->tls_profile])) {
		fail(error, "TLS cannot be set up: %s", reason());
		SSL_CTX_free(ctx);
		return NULL;
	}
	if (use_files(ctx, c, error) || check_own(ctx, c, who, error)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

/* As a peer does, where we dialled, or where it did. Returns X509_V_OK or why not. */
static int verify_as(SSL_CTX *ctx, int purpose)
{
	X509_STORE_CTX *verify = X509_STORE_CTX_new();
	STACK_OF(X509) *chain = NULL;
	int trouble = X509_V_ERR_OUT_OF_MEM;

	SSL_CTX_get0_chain_certs(ctx, &chain);
	if (verify && X509_STORE_CTX_init(verify, SSL_CTX_get_cert_store(ctx),
					  SSL_CTX_get0_certificate(ctx), chain) &&
	    X509_STORE_CTX_set_purpose(verify, purpose))
		trouble = X509_verify_cert(verify) == 1 ? X509_V_OK
							: X509_STORE_CTX_get_error(verify);
	X509_STORE_CTX_free(verify);
	ERR_clear_error();
	return trouble;
}

int tls_verify_own(SSL_CTX *ctx, const struct config *c, char error[CONFIG_ERROR_MAX])
{
	int trouble = verify_as(ctx, X509_PURPOSE_SSL_CLIENT);

	if (trouble == X509_V_OK)
		trouble = verify_as(ctx, X509_PURPOSE_SSL_SERVER);
	if (trouble == X509_V_OK)
		return 0;
	return fail(error,
		    "certificate = %s: it does not verify with ca = %s (%s): issue a new one with "
		    "the pool CA, or put its CA into that file",
		    c->certificate, c->ca, X509_verify_cert_error_string(trouble));
}

void tls_describe(const SSL_CTX *ctx, char text[TLS_WHY_MAX])
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	X509 *cert = SSL_CTX_get0_certificate(ctx);
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	char *serial = number ? BN_bn2hex(number) : NULL;
	char until[sizeof("2026-11-26")] = "?";
	struct tm end;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &end))
		strftime(until, sizeof(until), "%Y-%m-%d", &end);
	snprintf(text, TLS_WHY_MAX, "certificate %s, valid until %s, %d CA certificates",
		 serial ? serial : "?", until,
		 sk_X509_OBJECT_num(X509_STORE_get0_objects(store)));
	OPENSSL_free(serial);
	BN_free(number);
}

/* Copies an ASN.1 string that has no NUL and fits. */
static bool copy_string(const ASN1_STRING *s, char *buf, size_t size)
{
	unsigned char *utf8 = NULL;
	int n = ASN1_STRING_to_UTF8(&utf8, s);
	bool ok = n > 0 && (size_t)n < size && !memchr(utf8, 0, (size_t)n);

	if (ok) {
		memcpy(buf, utf8, (size_t)n);
		buf[n] = '\0';
	}
	OPENSSL_free(utf8);
	return ok;
}

/* Decimal, 1 to 65535, without sign or leading zero; 0 if it is not. */
static uint16_t parse_id(const char *text)
{
	size_t n = strspn(text, "0123456789");
	unsigned long v;

	if (!n || n > 5 || text[n] || *text == '0')
		return 0;
	v = strtoul(text, NULL, 10);
	return v <= UINT16_MAX ? (uint16_t)v : 0;
}

/* Node id from the one SAN URI that has it, 0 for none, or for several. */
static uint16_t san_id(const X509 *cert)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	unsigned int found = 0;
	uint16_t id = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		char uri[sizeof(TLS_ID_URI) + 8];

		if (name->type != GEN_URI ||
		    !copy_string(name->d.uniformResourceIdentifier, uri, sizeof(uri)) ||
		    strncmp(uri, TLS_ID_URI, strlen(TLS_ID_URI)))
			continue;
		id = parse_id(uri + strlen(TLS_ID_URI));
		found++;
	}
	GENERAL_NAMES_free(names);
	return found == 1 ? id : 0;
}

static bool common_name(const X509 *cert, char name[HSMREPL_NAME_MAX])
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

	if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
		return false;
	if (!copy_string(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), name,
			 HSMREPL_NAME_MAX))
		return false;
	for (const char *p = name; *p; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return true;
}

int tls_identity(const X509 *cert, struct tls_identity *who, char why[TLS_WHY_MAX])
{
	struct tm end;

	who->id = san_id(cert);
	if (!who->id) {
		snprintf(why, TLS_WHY_MAX, "the certificate names no node id: issue one with "
					   "exactly one URI:" TLS_ID_URI "ID in subjectAltName");
		return -1;
	}
	if (!common_name(cert, who->name)) {
		snprintf(why, TLS_WHY_MAX, "the certificate of node %u names no node: issue one "
					   "with CN=NAME, at most %d characters",
			 who->id, HSMREPL_NAME_MAX - 1);
		return -1;
	}
	if (!ASN1_TIME_to_tm(X509_get0_notAfter(cert), &end)) {
		snprintf(why, TLS_WHY_MAX, "the certificate of node %u has no end of validity: "
					   "issue a new one",
			 who->id);
		return -1;
	}
	who->expiry = timegm(&end);
	return 0;
}

bool tls_bound(const SSL *ssl, char why[TLS_WHY_MAX])
{
	if (SSL_version(ssl) == TLS1_3_VERSION || SSL_get_extms_support((SSL *)ssl) == 1)
		return true;
	snprintf(why, TLS_WHY_MAX, "it speaks TLS 1.2 without extended master secret (RFC 7627): "
				   "update its TLS library");
	return false;
}

static void explain_verify(long result, char why[TLS_WHY_MAX])
{
	const char *text = X509_verify_cert_error_string(result);

	switch (result) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		snprintf(why, TLS_WHY_MAX, "its certificate is no longer valid (%s): issue a new "
					   "one, and compare the clocks of both nodes",
			 text);
		return;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		snprintf(why, TLS_WHY_MAX, "its certificate is not valid yet (%s): compare the "
					   "clocks of both nodes",
			 text);
		return;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		snprintf(why, TLS_WHY_MAX, "its certificate is not of this pool's CA (%s): issue "
					   "one with the pool CA",
			 text);
		return;
	default:
		snprintf(why, TLS_WHY_MAX, "its certificate does not verify (%s): issue a good one "
					   "with the pool CA",
			 text);
	}
}

#define POOL_CA "issue this node's certificate with the CA of the pool, and give all nodes that CA"

/* Alerts by which a peer refuses us (RFC 8446 section 6.2), in words. */
static const struct {
	int alert;
	const char *why;
} alerts[] = {
	{ SSL_AD_UNKNOWN_CA, "refused our certificate: unknown CA: " POOL_CA },
	{ SSL_AD_DECRYPT_ERROR, "refused our certificate: bad signature: " POOL_CA },
	{ SSL_AD_CERTIFICATE_EXPIRED, "refused our certificate: expired: issue a new one, and "
				      "compare the clocks of both nodes" },
	{ SSL_AD_CERTIFICATE_REVOKED, "refused our certificate: revoked: issue a new one" },
	{ SSL_AD_BAD_CERTIFICATE, "refused our certificate: bad, or not valid yet: issue a good "
				  "one with the pool CA, and compare the clocks of both nodes" },
	{ SSL_AD_UNSUPPORTED_CERTIFICATE, "refused our certificate: not for this purpose: issue "
					  "one for clientAuth and serverAuth" },
	{ SSL_AD_CERTIFICATE_UNKNOWN, "refused our certificate: issue a good one with the pool "
				      "CA" },
	{ SSL_AD_CERTIFICATE_REQUIRED, "refused us: it wants a certificate: set 'certificate' "
				       "and 'private-key'" },
	{ SSL_AD_PROTOCOL_VERSION, "refused us: no common version of TLS: give all nodes the same "
				   "tls-profile" },
	{ SSL_AD_HANDSHAKE_FAILURE, "refused us: no common cipher or signature: give all nodes "
				    "the same tls-profile" },
	{ SSL_AD_INSUFFICIENT_SECURITY, "refused us: our ciphers or keys are too weak: issue a "
					"stronger certificate" },
};

static void explain_alert(int alert, char why[TLS_WHY_MAX])
{
	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
		if (alerts[i].alert == alert) {
			snprintf(why, TLS_WHY_MAX, "%s", alerts[i].why);
			return;
		}
	}
	snprintf(why, TLS_WHY_MAX, "refused us: TLS alert \"%s\"",
		 SSL_alert_desc_string_long(alert));
}

static enum tls_failure explain_error(unsigned long error, char why[TLS_WHY_MAX])
{
	const char *text = ERR_reason_error_string(error);

	switch (ERR_GET_REASON(error)) {
	case SSL_R_UNEXPECTED_EOF_WHILE_READING:
		snprintf(why, TLS_WHY_MAX, "the other side closed it");
		return TLS_LOST;
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_BAD_RECORD_TYPE:
	case SSL_R_UNEXPECTED_MESSAGE:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
		snprintf(why, TLS_WHY_MAX, "it does not speak TLS (%s): is it hsmrepld?", text);
		return TLS_REFUSED;
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
		snprintf(why, TLS_WHY_MAX, "no common version of TLS (%s): give all nodes the same "
					   "tls-profile, if it is hsmrepld",
			 text);
		return TLS_REFUSED;
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
		snprintf(why, TLS_WHY_MAX, "it shows no certificate: issue one with the pool CA");
		return TLS_REFUSED;
	case SSL_R_NO_SHARED_CIPHER:
		snprintf(why, TLS_WHY_MAX, "no common cipher: give all nodes the same tls-profile");
		return TLS_REFUSED;
	default:
		snprintf(why, TLS_WHY_MAX, "TLS failed (%s)", text ? text : "unknown error");
		return TLS_REFUSED;
	}
}

enum tls_failure tls_explain(const SSL *ssl, unsigned long error, int sys_error,
			     char why[TLS_WHY_MAX])
{
	long result = SSL_get_verify_result(ssl);

	if (ERR_GET_LIB(error) == ERR_LIB_SSL) {
		if (ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET) {
			explain_alert(ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET, why);
			return TLS_REFUSED_US;
		}
		if (ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
			explain_verify(result, why);
			return TLS_REFUSED;
		}
		return explain_error(error, why);
	}
	if (sys_error && sys_error != EAGAIN)
		snprintf(why, TLS_WHY_MAX, "%s", strerror(sys_error));
	else
		snprintf(why, TLS_WHY_MAX, "the other side closed it");
	return TLS_LOST;
}
