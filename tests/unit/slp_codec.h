/* SPDX-License-Identifier: GPL-2.0 */
/* Messages of all kinds, for tests of the codec and of the agents. */
#ifndef HSM_TESTS_SLP_CODEC_H
#define HSM_TESTS_SLP_CODEC_H

#include <string.h>

#include "slp.h"

#define TEXT(s) { s, sizeof(s) - 1 }

static const struct slp_message slp_samples[] = {
	{ .function = SLP_SRVRQST, .multicast = true, .xid = 0x1234, .language = TEXT("en"),
	  .request = { .responders = TEXT("10.0.0.1,10.0.0.2"), .subject = TEXT("service:hsmrepl"),
		       .scopes = TEXT("LAB,Default"),
		       .filter = TEXT("(&(node-id>=1)(mode=normal))"),
		       .spi = TEXT("key") } },
	{ .function = SLP_SRVRPLY, .xid = 0x1234, .language = TEXT("en"),
	  .reply = { .n_urls = 2,
		     .url = { { 60, TEXT("service:hsmrepl://10.0.0.1:4327") },
			      { 65535, TEXT("service:hsmrepl://[fe80::1]:4327") } } } },
	{ .function = SLP_SRVRPLY, .xid = 7, .language = TEXT("de-AT"),
	  .reply = { .error = SLP_SCOPE_NOT_SUPPORTED } },
	{ .function = SLP_ATTRRQST, .xid = 8, .language = TEXT("en-GB"),
	  .request = { .subject = TEXT("service:hsmrepl://10.0.0.1:4327"), .scopes = TEXT("lab"),
		       .filter = TEXT("node-*,mode") } },
	{ .function = SLP_ATTRRPLY, .xid = 8, .language = TEXT("en-GB"),
	  .reply = { .list = TEXT("(node-id=1),(node-name=n1),(mode=normal)") } },
	{ .function = SLP_SRVTYPERQST, .multicast = true, .xid = 9, .language = TEXT("en"),
	  .request = { .any_authority = true, .scopes = TEXT("lab") } },
	{ .function = SLP_SRVTYPERQST, .xid = 10, .language = TEXT("en"),
	  .request = { .responders = TEXT("10.0.0.9"), .subject = TEXT("acme"),
		       .scopes = TEXT("lab") } },
	{ .function = SLP_SRVTYPERPLY, .xid = 10, .language = TEXT("en"),
	  .reply = { .list = TEXT("service:hsmrepl,service:printer:lpr") } },
	{ .function = SLP_SAADVERT, .xid = 11, .language = TEXT("en"),
	  .reply = { .n_urls = 1, .url = { { 0, TEXT("service:service-agent://10.0.0.1") } },
		     .scopes = TEXT("lab"), .list = TEXT("(service-type=service:hsmrepl)") } },
};

#define SLP_SAMPLES ((int)(sizeof(slp_samples) / sizeof(slp_samples[0])))

#endif /* HSM_TESTS_SLP_CODEC_H */
