/* SPDX-License-Identifier: GPL-2.0 */
/* hsmrepld.conf: "key = value" lines, '#' comments; hsmrepld.conf(5) documents every key. */
#ifndef HSM_BASE_CONFIG_H
#define HSM_BASE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/hsmrepl.h>

#include "log.h"
#include "../slp/slp_self.h"
#include "../core/step.h"

#define CONFIG_ERROR_MAX 512
#define CONFIG_PATH_MAX 256
#define CONFIG_DEFAULT_PORT 4327
#define CONFIG_INTERFACE_MAX 16	/* IF_NAMESIZE */

/* Versions and ciphers of TLS that a pool speaks; mesh/tls.c has what each stands for. */
enum tls_profile {
	TLS_PROFILE_DEFAULT,		/* TLS 1.3, AES-GCM */
	TLS_PROFILE_AES128_SHA1,	/* TLS 1.2, for old pools */
	TLS_PROFILES
};

struct config {
	uint16_t node_id;
	char node_name[HSMREPL_NAME_MAX];
	char device[CONFIG_PATH_MAX];
	char state_dir[CONFIG_PATH_MAX];
	char listen[HSMREPL_ADDRESS_MAX];
	/* Told to peers; default: listen. Empty, with a domain: that of the interface asked on. */
	char address[HSMREPL_ADDRESS_MAX];
	char domain[SLP_DOMAIN_MAX];		/* to find peers in by SLP; empty: no discovery */
	char slp_interface[CONFIG_INTERFACE_MAX];	/* the only one to do that on; empty: all */
	uint16_t slp_port;
	char ca[CONFIG_PATH_MAX];
	char certificate[CONFIG_PATH_MAX];
	char private_key[CONFIG_PATH_MAX];
	char key_set[CONFIG_PATH_MAX];
	char counter[CONFIG_PATH_MAX];		/* tells an old copy of the store; empty: none */
	enum hsmrepl_mode mode;
	enum tls_profile tls_profile;
	enum log_level log_level;
	unsigned int n_peers;
	struct member peer[HSMREPL_NODES_MAX];	/* "peer = ID NAME ADDRESS[:PORT]", ascending */
};

/**
 * config_read() - read and check a whole configuration file
 * @path: file
 * @c: filled in, defaults for what is absent
 * @error: "file:line: what is wrong and what is allowed"
 *
 * Returns 0, or -1 with @error set: an unknown key, a bad value, a missing required key, this
 * node among its own peers, two peers of one id or name.
 */
int config_read(const char *path, struct config *c, char error[CONFIG_ERROR_MAX]);

/**
 * config_differs() - have two files different values for what is read at a start only?
 * @c: what is in force, as config_read() filled it in
 * @other: likewise, read later
 * @list: out: the keys that have, "listen, peer"
 */
bool config_differs(const struct config *c, const struct config *other,
		    char list[CONFIG_ERROR_MAX]);

/**
 * config_address() - complete HOST with the default port
 * @text: HOST, HOST:PORT or [IPV6]:PORT
 * @out: "host:port"
 * Returns false if it is no address, or too long.
 */
bool config_address(const char *text, char out[HSMREPL_ADDRESS_MAX]);

#endif /* HSM_BASE_CONFIG_H */
