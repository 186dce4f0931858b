/* SPDX-License-Identifier: GPL-2.0 */
/* Service agent: what a node answers to a request (RFC 2608 sections 8.1, 8.6, 10). */
#ifndef HSM_SLP_SA_H
#define HSM_SLP_SA_H

#include "slp.h"
#include "slp_self.h"

/*
 * A reply by datagram is no longer than so many times its request, so that nobody gains by sending
 * requests in another one's name (CVE-2023-29552). What is longer is cut and says so; the whole is
 * there by TCP, where a sender proves its address.
 */
#define SLP_AMPLIFICATION 4

/**
 * struct slp_asked - a request, and how it came
 * @data: the message
 * @stream: by TCP
 * @multicast: to the group, whatever its header says
 * @here: our address that the requester reaches us at
 * @own: all our addresses, @n_own of them
 * @n_own: entries of @own
 */
struct slp_asked {
	struct bytes data;
	bool stream;
	bool multicast;
	uint32_t here;
	const uint32_t *own;
	unsigned int n_own;
};

/**
 * slp_sa_answer() - what to answer, if anything
 * @self: this node
 * @asked: the request
 * @buf: SLP_STREAM_MAX bytes
 * @why: what the request was answered with, enum slp_error; also if it was dropped
 *
 * A multicast request whose answer would be an error or empty gets none, nor does one that lists
 * us among those who answered, nor what is no request.
 * Returns the bytes of the answer, 0 for none.
 */
size_t slp_sa_answer(const struct slp_self *self, const struct slp_asked *asked, uint8_t *buf,
		     enum slp_error *why);

#endif /* HSM_SLP_SA_H */
