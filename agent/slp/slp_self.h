/* SPDX-License-Identifier: GPL-2.0 */
/* What a node tells of itself by SLP, and how the same is read from another one's reply. */
#ifndef HSM_SLP_SELF_H
#define HSM_SLP_SELF_H

#include "slp_text.h"

#define SLP_TYPE "service:hsmrepl"
#define SLP_DOMAIN_MAX 64	/* bytes of a domain's name, NUL terminated */
#define SLP_PRINT_BYTES 8	/* of a fingerprint of the key set */
#define SLP_PRINT_MAX (2 * SLP_PRINT_BYTES + 1)
#define SLP_POOL_MAX (2 * HSMREPL_POOL_LEN + 1)
#define SLP_URL_MAX 128
#define SLP_ATTRS_MAX 512
#define SLP_LIFETIME_S 60	/* that our URL may be kept for without being heard again */

/**
 * struct slp_node - one node, as it is told and heard; all strings NUL padded, as in node lists
 * @id: node id
 * @name: node name
 * @address: "host:port"; of ourselves empty if it is that of the interface which is asked on
 * @mode: HSMREPL_MODE_*
 * @key_set: fingerprint of its key set, lower-case hex
 * @pool: id of its pool, lower-case hex; empty for none
 */
struct slp_node {
	uint16_t id;
	char name[HSMREPL_NAME_MAX];
	char address[HSMREPL_ADDRESS_MAX];
	enum hsmrepl_mode mode;
	char key_set[SLP_PRINT_MAX];
	char pool[SLP_POOL_MAX];
};

/**
 * struct slp_self - what we tell
 * @scope: our domain, escaped
 * @node: who we are
 * @port: that we listen on, if @node.address is empty
 */
struct slp_self {
	char scope[SLP_ESCAPED(SLP_DOMAIN_MAX)];
	struct slp_node node;
	uint16_t port;
};

/* "service:hsmrepl://HOST:PORT"; @host is that of the interface. Returns its length. */
size_t slp_self_url(const struct slp_self *self, uint32_t host, char url[SLP_URL_MAX]);

/* Our attribute list. Returns its length. */
size_t slp_self_attrs(const struct slp_self *self, char attrs[SLP_ATTRS_MAX]);

/* "HOST:PORT" of a URL of our service type, NUL padded; false if it is none. */
bool slp_read_url(struct bytes url, char address[HSMREPL_ADDRESS_MAX]);

/* All but the address, from an attribute list; false if something is missing or out of range. */
bool slp_read_attrs(struct bytes attrs, struct slp_node *node);

#endif /* HSM_SLP_SELF_H */
