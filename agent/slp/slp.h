/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Service Location Protocol, version 2 (RFC 2608): its messages. Strings stay escaped, as they
 * were sent, and belong to the message's bytes; slp_text.h compares them.
 */
#ifndef HSM_SLP_H
#define HSM_SLP_H

#include "types.h"

#define SLP_PORT 427
#define SLP_GROUP 0xeffffffdu	/* 239.255.255.253 */
#define SLP_MTU 1400		/* bytes of a datagram (section 6.1) */
#define SLP_STREAM_MAX 8192	/* bytes of a message over TCP that we take or send */
#define SLP_URLS_MAX 4		/* URL entries that are looked at */
#define SLP_LENGTH_BYTES 5	/* of a message, until its length is known */
#define SLP_ANY_AUTHORITY 0xffff	/* in place of a naming authority's length */

/* RFC 2608 section 13, milliseconds */
#define SLP_CONFIG_MC_MAX 15000
#define SLP_CONFIG_START_WAIT 3000
#define SLP_CONFIG_RETRY 2000
#define SLP_CONFIG_RETRY_MAX 15000
#define SLP_CONFIG_CLOSE_CONN 300000

enum slp_function {
	SLP_SRVRQST = 1,
	SLP_SRVRPLY = 2,
	SLP_SRVREG = 3,
	SLP_SRVDEREG = 4,
	SLP_SRVACK = 5,
	SLP_ATTRRQST = 6,
	SLP_ATTRRPLY = 7,
	SLP_DAADVERT = 8,
	SLP_SRVTYPERQST = 9,
	SLP_SRVTYPERPLY = 10,
	SLP_SAADVERT = 11,
};

/* Section 7; SLP_JUNK is ours: no message at all, to be dropped without a word. */
enum slp_error {
	SLP_JUNK = -1,
	SLP_OK = 0,
	SLP_LANGUAGE_NOT_SUPPORTED = 1,
	SLP_PARSE_ERROR = 2,
	SLP_SCOPE_NOT_SUPPORTED = 4,
	SLP_AUTHENTICATION_UNKNOWN = 5,
	SLP_VER_NOT_SUPPORTED = 9,
	SLP_INTERNAL_ERROR = 10,
	SLP_OPTION_NOT_UNDERSTOOD = 12,
	SLP_MSG_NOT_SUPPORTED = 14,
};

/**
 * struct slp_request - body of SrvRqst, AttrRqst and SrvTypeRqst
 * @responders: PRList: dotted addresses that have answered already
 * @subject: service type, URL or service type, naming authority
 * @any_authority: SrvTypeRqst: all naming authorities; @subject is empty
 * @scopes: scope list
 * @filter: SrvRqst: predicate; AttrRqst: tag list
 * @spi: security parameter index
 */
struct slp_request {
	struct bytes responders;
	struct bytes subject;
	bool any_authority;
	struct bytes scopes;
	struct bytes filter;
	struct bytes spi;
};

struct slp_url {
	uint16_t lifetime;	/* seconds */
	struct bytes url;
};

/**
 * struct slp_reply - body of SrvRply, AttrRply, SrvTypeRply and SAAdvert
 * @error: enum slp_error, or a code that we have no name for; the rest is empty then, and sent so
 * @n_urls: entries of @url in use; a SAAdvert has one, without lifetime
 * @url: the first URL entries
 * @scopes: SAAdvert: scope list
 * @list: attribute list or list of service types
 */
struct slp_reply {
	uint16_t error;
	unsigned int n_urls;
	struct slp_url url[SLP_URLS_MAX];
	struct bytes scopes;
	struct bytes list;
};

/**
 * struct slp_message - one message
 * @function: which body holds: @request or @reply
 * @overflow: a reply that was cut to fit its datagram; its body is not read
 * @multicast: a request that was sent to many
 * @xid: ties a reply to its request
 * @language: tag, as sent
 * @request: of a request
 * @reply: of a reply
 */
struct slp_message {
	enum slp_function function;
	bool overflow;
	bool multicast;
	uint16_t xid;
	struct bytes language;
	struct slp_request request;
	struct slp_reply reply;
};

/**
 * slp_decode() - read one message, whole
 * @data: exactly its bytes
 * @m: filled in; function, multicast, xid and language also with an error that is no junk
 *
 * Strict: what RFC 2608 does not allow is SLP_PARSE_ERROR, bytes left over included. Other errors:
 * SLP_VER_NOT_SUPPORTED, SLP_OPTION_NOT_UNDERSTOOD (a mandatory extension),
 * SLP_MSG_NOT_SUPPORTED (between directory agents and others). SLP_JUNK: not even the header
 * can be read.
 */
enum slp_error slp_decode(struct bytes data, struct slp_message *m);

/**
 * slp_encode() - write one message
 * @m: message
 * @buf: @max bytes
 * @max: bytes of room
 *
 * A reply that does not fit is cut between entries, and says so by its overflow bit.
 * Returns its length; 0 if a request, or what cannot be cut of a reply, does not fit.
 */
size_t slp_encode(const struct slp_message *m, uint8_t *buf, size_t max);

/* Length of the message that begins with these bytes, as its header has it. */
size_t slp_length(const uint8_t head[SLP_LENGTH_BYTES]);

/* The function of the reply to a request; 0 for what is no request to a service agent. */
enum slp_function slp_reply_to(enum slp_function f);

#endif /* HSM_SLP_H */
