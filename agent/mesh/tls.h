/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the mesh wants of TLS: contexts made from the configuration, who a certificate belongs to,
 * and failures in words that tell people what to do.
 */
#ifndef HSM_MESH_TLS_H
#define HSM_MESH_TLS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <openssl/ssl.h>

#include "config.h"

#define TLS_WHY_MAX 256
#define TLS_ID_URI "urn:hsmrepl:node:"	/* and the node id, decimal; one such URI in the SAN */

/**
 * struct tls_identity - whom a certificate names
 * @id: node id, from the SAN URI
 * @name: node name, from the common name
 * @expiry: end of validity
 */
struct tls_identity {
	uint16_t id;
	char name[HSMREPL_NAME_MAX];
	time_t expiry;
};

/**
 * tls_context() - read CA bundle, certificate and key, for dialling and listening
 * @c: ca, certificate, private_key, node_id and node_name, which the certificate must name; mode
 *	and tls_profile
 * @who: filled in from our certificate
 * @error: what is wrong and what to do
 *
 * An expired certificate is no error here: the peers will say so. Sessions are never resumed.
 * Returns a context that the caller frees, or NULL with @error set.
 */
SSL_CTX *tls_context(const struct config *c, struct tls_identity *who,
		     char error[CONFIG_ERROR_MAX]);

/**
 * tls_verify_own() - would peers that have our CA bundle take our certificate now?
 * @ctx: from tls_context()
 * @c: as given to it
 * @error: why not, and what to do
 * Returns 0, or -1 with @error set.
 */
int tls_verify_own(SSL_CTX *ctx, const struct config *c, char error[CONFIG_ERROR_MAX]);

/* "certificate SERIAL, valid until DATE, N CA certificates", for the log. */
void tls_describe(const SSL_CTX *ctx, char text[TLS_WHY_MAX]);

/**
 * tls_identity() - read whom a certificate names
 * @cert: certificate
 * @who: filled in
 * @why: what is wrong with it and what to do
 * Returns 0, or -1 with @why set.
 */
int tls_identity(const X509 *cert, struct tls_identity *who, char why[TLS_WHY_MAX]);

/* Is a session bound to its handshake, so that proofs made from it hold? If not, @why is set. */
bool tls_bound(const SSL *ssl, char why[TLS_WHY_MAX]);

enum tls_failure {
	TLS_LOST,		/* the connection is gone */
	TLS_REFUSED,		/* we refuse what the other side showed */
	TLS_REFUSED_US,		/* the other side refuses us */
};

/**
 * tls_explain() - say why a TLS connection failed
 * @ssl: the connection
 * @error: from the error queue of OpenSSL, 0 for none
 * @sys_error: errno, 0 for none; counts without @error
 * @why: filled in: reason and what to do, without saying whose connection it is
 */
enum tls_failure tls_explain(const SSL *ssl, unsigned long error, int sys_error,
			     char why[TLS_WHY_MAX]);

#endif /* HSM_MESH_TLS_H */
