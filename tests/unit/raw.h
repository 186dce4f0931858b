/* SPDX-License-Identifier: GPL-2.0 */
/* A TLS client that says what no agent would, in a process of its own. */
#ifndef TESTS_UNIT_RAW_H
#define TESTS_UNIT_RAW_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <openssl/ssl.h>

#include "address.h"
#include "auth.h"
#include "mesh_bed.h"

#define RAW_PATIENCE_S 10

/**
 * struct raw - what a raw client is
 * @id: node whose certificate it shows, 0 for none
 * @version: of TLS
 * @options: SSL_OP_*
 * @ciphers: of TLS 1.2, NULL for all
 * @talk: said after the handshake; what it returns is the exit status
 */
struct raw {
	unsigned int id;
	int version;
	int (*talk)(SSL *ssl, const struct bed *b);
	uint64_t options;
	const char *ciphers;
};

static inline int raw_connect(const struct bed *b, unsigned int to)
{
	struct sockaddr_storage addr;
	socklen_t len;
	int fd;

	ck_assert(address_parse(b->list[to - 1].address, &addr, &len));
	fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&addr, len), 0);
	return fd;
}

static inline int raw_child(const struct bed *b, unsigned int to, const struct raw *raw)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl;

	alarm(RAW_PATIENCE_S);
	SSL_CTX_set_max_proto_version(ctx, raw->version);
	SSL_CTX_set_options(ctx, raw->options);
	if (raw->ciphers)
		SSL_CTX_set_cipher_list(ctx, raw->ciphers);
	if (raw->id) {
		SSL_CTX_use_certificate_chain_file(ctx, b->node[raw->id].config.certificate);
		SSL_CTX_use_PrivateKey_file(ctx, b->node[raw->id].config.private_key,
					    SSL_FILETYPE_PEM);
	}
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, raw_connect(b, to));
	if (SSL_connect(ssl) != 1)
		return 100;
	return raw->talk(ssl, b);
}

/* Runs a client against node @to, with the bed's event loop going on; returns its exit status. */
static inline int raw_run(struct bed *b, unsigned int to, const struct raw *raw)
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid)
		_exit(raw_child(b, to, raw));
	bed_wait(b, waitpid(pid, &status, WNOHANG) == pid);
	ck_assert_msg(WIFEXITED(status), "the raw client ended with %#x", (unsigned int)status);
	return WEXITSTATUS(status);
}

/* Does the other side answer with a REFUSE frame that has @text in it, and close? 0 if so. */
static inline int raw_refused(SSL *ssl, const char *text)
{
	char why[REFUSE_TEXT_MAX + 1], rest[64];
	uint8_t frame[REFUSE_FRAME_MAX];
	int n = SSL_read(ssl, frame, sizeof(frame));
	uint64_t epoch;

	if (n <= 0 || !refuse_decode(frame, (size_t)n, &epoch, why))
		return 101;
	if (!strstr(why, text)) {
		fprintf(stderr, "refused, but with: %s\n", why);
		return 102;
	}
	n = SSL_read(ssl, rest, sizeof(rest));
	return n <= 0 && SSL_get_error(ssl, n) == SSL_ERROR_ZERO_RETURN ? 0 : 103;
}

/* A good AUTH of node 2 towards node 1. */
static inline struct auth raw_auth(SSL *ssl, const struct bed *b)
{
	struct auth a = { .protocol_min = 1, .protocol_max = 1, .node = 2 };
	uint8_t key[AUTH_KEY_LEN], exporter[AUTH_EXPORTER_LEN];

	if (SSL_export_keying_material(ssl, exporter, sizeof(exporter), AUTH_EXPORTER_LABEL,
				       strlen(AUTH_EXPORTER_LABEL), NULL, 0, 0) != 1 ||
	    auth_key(b->secret, key) || auth_proof(key, exporter, 2, 1, AUTH_DIALLER, a.proof))
		_exit(104);
	return a;
}

static inline void raw_send_auth(SSL *ssl, const struct auth *a)
{
	uint8_t frame[AUTH_LEN];

	auth_encode(a, frame);
	SSL_write(ssl, frame, sizeof(frame));
}

#endif /* TESTS_UNIT_RAW_H */
