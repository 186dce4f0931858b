// SPDX-License-Identifier: GPL-2.0
#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "slp_text.h"

#define STREAM_EVERY 64	/* one message in so many goes by TCP */

static uint32_t draw(uint64_t *seed, uint32_t below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(*seed >> 16) % below;
}

static size_t make(uint64_t *seed, const char *scope, uint8_t buf[SLP_MTU])
{
	static const enum slp_function kind[] = { SLP_SRVRQST, SLP_SRVRPLY, SLP_ATTRRQST,
						  SLP_ATTRRPLY, SLP_SRVTYPERQST, SLP_SAADVERT };
	struct slp_message m = {
		.function = kind[draw(seed, 6)], .xid = (uint16_t)draw(seed, 65536),
		.language = slp_bytes("en"),
		.request = { .subject = slp_bytes("service:hsmrepl"), .scopes = slp_bytes(scope),
			     .filter = slp_bytes("(|(node-id>=1)(mode=*))") },
		.reply = { .n_urls = 1, .url = { { 9, slp_bytes("service:hsmrepl://h:1") } },
			   .scopes = slp_bytes(scope), .list = slp_bytes("(node-id=1),(x=y)") },
	};
	size_t n = slp_encode(&m, buf, SLP_MTU);

	for (uint32_t bends = draw(seed, 5); bends; bends--)
		buf[draw(seed, (uint32_t)n)] = (uint8_t)draw(seed, 256);
	return draw(seed, 8) ? n : 1 + draw(seed, (uint32_t)n);
}

void noise_make(uint32_t here, uint32_t to, const char *scope, unsigned int n)
{
	uint8_t buf[SLP_MTU + 1], answer[SLP_STREAM_MAX];
	int fd = ask_udp(here, 0);
	unsigned int answers = 0;
	uint64_t seed = 7;
	uint32_t from;

	for (unsigned int i = 0; i < n; i++) {
		struct bytes data = { buf, make(&seed, scope, buf) };

		if (i % STREAM_EVERY)
			ask_send(fd, to, data);
		/* One that is too short or too long leaves the other end waiting for the rest. */
		else if (data.n >= SLP_LENGTH_BYTES && slp_length(buf) == data.n)
			ask_by_stream(here, to, data, answer);
		while (ask_receive(fd, 0, buf, &from))
			answers++;
	}
	close(fd);
	printf("noise %u answers %u\n", n, answers);
}
