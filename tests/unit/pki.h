/* SPDX-License-Identifier: GPL-2.0 */
/* Certificates for tests, made in memory and written to a folder of the test's own. */
#ifndef TESTS_UNIT_PKI_H
#define TESTS_UNIT_PKI_H

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define PKI_PATH_MAX 128
#define PKI_DAY 86400L

/**
 * struct pki - a certificate authority
 * @dir: folder of its files
 * @ca: path of its certificate
 * @rsa: issue certificates with RSA keys
 * @usage: their extendedKeyUsage
 */
struct pki {
	char dir[PKI_PATH_MAX - 64];
	char ca[PKI_PATH_MAX];
	bool rsa;
	const char *usage;
	X509 *cert;
	EVP_PKEY *key;
};

static inline void pki_extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ck_assert_ptr_nonnull(ext);
	ck_assert_int_eq(X509_add_ext(cert, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

static inline X509 *pki_certificate(EVP_PKEY *key, const char *cn, long from_s, long to_s)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), random() + 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), from_s);
	X509_gmtime_adj(X509_getm_notAfter(cert), to_s);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
	X509_set_pubkey(cert, key);
	return cert;
}

static inline void pki_write(const char *path, X509 *cert, EVP_PKEY *key)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fchmod(fileno(f), 0600);
	if (cert)
		ck_assert_int_eq(PEM_write_X509(f, cert), 1);
	if (key)
		ck_assert_int_eq(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
}

/* A new authority in a new folder. */
static inline void pki_init(struct pki *p)
{
	p->rsa = false;
	p->usage = "clientAuth,serverAuth";
	strcpy(p->dir, "/tmp/hsmrepl-pki-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(p->dir));
	snprintf(p->ca, sizeof(p->ca), "%s/ca.pem", p->dir);
	p->key = EVP_EC_gen("P-256");
	p->cert = pki_certificate(p->key, "test CA", -PKI_DAY, 365 * PKI_DAY);
	X509_set_issuer_name(p->cert, X509_get_subject_name(p->cert));
	pki_extend(p->cert, p->cert, NID_basic_constraints, "critical,CA:TRUE");
	pki_extend(p->cert, p->cert, NID_subject_key_identifier, "hash");
	ck_assert_int_gt(X509_sign(p->cert, p->key, EVP_sha256()), 0);
	pki_write(p->ca, p->cert, NULL);
}

/**
 * pki_issue() - DIR/FILE.pem and DIR/FILE.key
 * @cn: common name
 * @san: value of subjectAltName, NULL for none
 * @to_s: end of validity from now
 */
static inline void pki_issue(struct pki *p, const char *file, const char *cn, const char *san,
			     long to_s)
{
	EVP_PKEY *key = p->rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	X509 *cert = pki_certificate(key, cn, -2 * PKI_DAY, to_s);
	char path[PKI_PATH_MAX];

	X509_set_issuer_name(cert, X509_get_subject_name(p->cert));
	pki_extend(cert, p->cert, NID_basic_constraints, "critical,CA:FALSE");
	pki_extend(cert, p->cert, NID_ext_key_usage, p->usage);
	pki_extend(cert, p->cert, NID_authority_key_identifier, "keyid:always");
	if (san)
		pki_extend(cert, p->cert, NID_subject_alt_name, san);
	ck_assert_int_gt(X509_sign(cert, p->key, EVP_sha256()), 0);
	snprintf(path, sizeof(path), "%s/%s.pem", p->dir, file);
	pki_write(path, cert, NULL);
	snprintf(path, sizeof(path), "%s/%s.key", p->dir, file);
	pki_write(path, NULL, key);
	X509_free(cert);
	EVP_PKEY_free(key);
}

/* Certificate nID.pem of node ID with name nID, valid for a year. */
static inline void pki_node(struct pki *p, unsigned int id)
{
	char name[16], san[64];

	snprintf(name, sizeof(name), "n%u", id);
	snprintf(san, sizeof(san), "URI:urn:hsmrepl:node:%u", id);
	pki_issue(p, name, name, san, 365 * PKI_DAY);
}

static inline void pki_free(struct pki *p)
{
	char command[PKI_PATH_MAX];

	X509_free(p->cert);
	EVP_PKEY_free(p->key);
	snprintf(command, sizeof(command), "rm -r %s", p->dir);
	ck_assert_int_eq(system(command), 0);
}

#endif /* TESTS_UNIT_PKI_H */
