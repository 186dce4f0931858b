/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What two agents tell each other before frames of the protocol flow: AUTH, with the proof of the
 * shared key set, and REFUSE, the reason why a connection ends. Documentation/wire.md shows the
 * layouts. Pure: no connection, no log.
 */
#ifndef HSM_MESH_AUTH_H
#define HSM_MESH_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUTH_KEY_LEN		32	/* bytes of the key of the proofs, and of the secret */
#define AUTH_EXPORTER_LEN	32	/* bytes from the TLS session (RFC 8446 section 7.5) */
#define AUTH_EXPORTER_LABEL	"EXPORTER-hsmrepl-key-set"
#define AUTH_PROOF_LEN		32	/* HMAC-SHA-256 */
#define AUTH_LEN		56	/* bytes of an AUTH frame of this version */
#define AUTH_FRAME_MAX		512	/* later versions may append fields, up to this */
#define REFUSE_TEXT_MAX		200	/* bytes of the reason, printable ASCII, no NUL */
#define REFUSE_FRAME_MAX	(16 + REFUSE_TEXT_MAX)

enum auth_role {
	AUTH_DIALLER = 1,
	AUTH_LISTENER = 2,
};

/* What a connection is for; the dialler says. */
enum auth_purpose {
	AUTH_PEER,	/* the protocol: one connection of each pair */
	AUTH_SERVICE,	/* see service.h */
	AUTH_PROBE,	/* to try whether a SERVICE would be refused, and why */
	AUTH_PURPOSES
};

/**
 * struct auth - an AUTH frame
 * @protocol_min: lowest protocol version that the sender speaks
 * @protocol_max: highest one
 * @node: id of the sender
 * @mode: enum hsmrepl_mode, as it came
 * @purpose: enum auth_purpose, as it came
 * @proof: see auth_proof()
 */
struct auth {
	uint16_t protocol_min;
	uint16_t protocol_max;
	uint16_t node;
	uint8_t mode;
	uint8_t purpose;
	uint8_t proof[AUTH_PROOF_LEN];
};

/**
 * auth_key() - derive the key of the proofs from the key-set secret
 * @secret: of the key set
 * @key: filled in
 *
 * HKDF-SHA-256 (RFC 5869). Returns 0, or -1 if the crypto library fails.
 */
int auth_key(const uint8_t secret[AUTH_KEY_LEN], uint8_t key[AUTH_KEY_LEN]);

/**
 * auth_proof() - prove the key set within one TLS session
 * @key: from auth_key()
 * @exporter: keying material of the session under AUTH_EXPORTER_LABEL, without context
 * @sender: id of the node that proves
 * @receiver: id of the node that it proves it to
 * @role: of the sender; a proof cannot be sent back to whom it came from
 * @proof: filled in
 *
 * HMAC-SHA-256(key, exporter, sender, receiver, role), ids little-endian. Returns 0, or -1 if the
 * crypto library fails.
 */
int auth_proof(const uint8_t key[AUTH_KEY_LEN], const uint8_t exporter[AUTH_EXPORTER_LEN],
	       uint16_t sender, uint16_t receiver, enum auth_role role,
	       uint8_t proof[AUTH_PROOF_LEN]);

void auth_encode(const struct auth *a, uint8_t frame[AUTH_LEN]);

/* Returns false if it is no well-formed AUTH frame; fields after the known ones are ignored. */
bool auth_decode(const void *frame, size_t len, struct auth *a);

/**
 * refuse_encode() - write a REFUSE frame
 * @epoch: of the sender's node list if the reason is that the receiver is not in it, else 0
 * @text: reason, cut after REFUSE_TEXT_MAX bytes; what is not printable becomes '?'
 * @frame: filled in
 * Returns the bytes written.
 */
size_t refuse_encode(uint64_t epoch, const char *text, uint8_t frame[REFUSE_FRAME_MAX]);

/**
 * refuse_decode() - read a REFUSE frame
 * @frame: whole, with its length in front
 * @len: its bytes
 * @epoch: filled in
 * @text: filled in, NUL terminated; what is not printable is '?'
 * Returns false if the frame is none.
 */
bool refuse_decode(const void *frame, size_t len, uint64_t *epoch, char text[REFUSE_TEXT_MAX + 1]);

#endif /* HSM_MESH_AUTH_H */
