// SPDX-License-Identifier: GPL-2.0
/* Is the other side whom it should be? What is said about it reads the same on both sides. */
#include "conn.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "mesh_private.h"

static const char *const mode_words[] = {
	[HSMREPL_MODE_NORMAL] = "normal",
	[HSMREPL_MODE_FIPS] = "fips",
};

static const char *mode_word(unsigned int mode)
{
	return mode < sizeof(mode_words) / sizeof(mode_words[0]) ? mode_words[mode] : "unknown";
}

/* What makes it a good peer. */
static int greet_peer(const struct conn *c, char why[TLS_WHY_MAX])
{
	const struct config *own = &c->mesh->config;
	const struct tls_identity *who = &c->whom;

	if (!mesh_peer(c->mesh, who->id))
		snprintf(why, TLS_WHY_MAX, "node %u %s is not in the node list of %s: %s", who->id,
			 who->name, own->node_name,
			 c->mesh->epoch ? "run live-sync on it if it is to be a member" :
					  "list it there if it belongs to this pool");
	else if (c->dialled && who->id != c->peer)
		snprintf(why, TLS_WHY_MAX, "node %u %s answers at the address of node %u: correct "
					   "the address on %s",
			 who->id, who->name, c->peer, own->node_name);
	else if (!c->dialled && who->id < own->node_id)
		snprintf(why, TLS_WHY_MAX, "%s", GREET_DIALS);
	else
		return 0;
	return -1;
}

int greet_identity(const struct conn *c, char why[TLS_WHY_MAX])
{
	const struct config *own = &c->mesh->config;
	const struct tls_identity *who = &c->whom;
	const struct peer *p = mesh_peer(c->mesh, who->id);

	if (who->id == own->node_id)
		snprintf(why, TLS_WHY_MAX, "two nodes have id %u (%s, %s): give each an id and a "
					   "certificate of its own",
			 who->id, who->name, own->node_name);
	else if (!strcmp(who->name, own->node_name))
		snprintf(why, TLS_WHY_MAX, "nodes %u and %u are both called %s: give each a name "
					   "and a certificate of its own",
			 who->id, own->node_id, who->name);
	else if (p && strcmp(p->member.name, who->name))
		snprintf(why, TLS_WHY_MAX, "the certificate says node %u is %s, the node list of "
					   "%s says %s: correct the one that is wrong",
			 who->id, who->name, own->node_name, p->member.name);
	else
		return c->purpose == AUTH_PEER ? greet_peer(c, why) : 0;
	return -1;
}

static int export(const struct conn *c, uint8_t exporter[AUTH_EXPORTER_LEN])
{
	return SSL_export_keying_material(link_ssl(c->link), exporter, AUTH_EXPORTER_LEN,
					  AUTH_EXPORTER_LABEL, strlen(AUTH_EXPORTER_LABEL), NULL,
					  0, 0) == 1 ? 0 : -1;
}

int greet_frame(const struct conn *c, uint8_t frame[AUTH_LEN])
{
	enum auth_role role = c->dialled ? AUTH_DIALLER : AUTH_LISTENER;
	const struct mesh *m = c->mesh;
	struct auth a = {
		.protocol_min = mesh_lowest(m), .protocol_max = m->protocol_max,
		.node = m->config.node_id, .mode = (uint8_t)m->config.mode,
		.purpose = (uint8_t)c->purpose,
	};
	uint8_t exporter[AUTH_EXPORTER_LEN];

	if (export(c, exporter) || auth_proof(m->key, exporter, a.node, c->peer, role, a.proof))
		return -1;
	auth_encode(&a, frame);
	return 0;
}

static bool proof_ok(const struct conn *c, const struct auth *a)
{
	enum auth_role role = c->dialled ? AUTH_LISTENER : AUTH_DIALLER;
	uint8_t exporter[AUTH_EXPORTER_LEN], proof[AUTH_PROOF_LEN];
	const struct mesh *m = c->mesh;

	return !export(c, exporter) &&
	       !auth_proof(m->key, exporter, c->peer, m->config.node_id, role, proof) &&
	       !CRYPTO_memcmp(proof, a->proof, sizeof(proof));
}

void greet_below(const struct mesh *m, const char *name, uint16_t speaks, char why[TLS_WHY_MAX])
{
	snprintf(why, TLS_WHY_MAX, "the pool of %s was finalised at protocol %u, %s speaks only up "
				   "to %u: upgrade %s, agent and module",
		 m->config.node_name, m->floor, name, speaks, name);
}

/* Is there a version that both speak, and that the pool is not above? */
static int greet_protocol(const struct mesh *m, const char *name, const struct auth *a,
			  char why[TLS_WHY_MAX])
{
	if (a->protocol_max < m->floor && a->protocol_max >= m->protocol_min)
		greet_below(m, name, a->protocol_max, why);
	else
		snprintf(why, TLS_WHY_MAX, "no common protocol version (%s: %u to %u, %s: %u to "
					   "%u): update the older one",
			 name, a->protocol_min, a->protocol_max, m->config.node_name,
			 mesh_lowest(m), m->protocol_max);
	return a->protocol_min <= m->protocol_max && a->protocol_max >= mesh_lowest(m) ? 0 : -1;
}

int greet_condition(const struct conn *c, const struct auth *a, enum greet_condition condition,
		    char why[TLS_WHY_MAX])
{
	const struct mesh *m = c->mesh;
	const struct config *own = &m->config;
	const char *name = c->whom.name;

	switch (condition) {
	case GREET_ID:
		snprintf(why, TLS_WHY_MAX, "the certificate is of node %u, but it calls itself "
					   "node %u: set node-id to the certificate's",
			 c->peer, a->node);
		return a->node == c->peer ? 0 : -1;
	case GREET_PROTOCOL:
		return greet_protocol(m, name, a, why);
	case GREET_MODE:
		snprintf(why, TLS_WHY_MAX, "different modes (%s: %s, %s: %s): set the same mode on "
					   "all nodes of a pool",
			 name, mode_word(a->mode), own->node_name, mode_word(own->mode));
		return a->mode == own->mode ? 0 : -1;
	case GREET_KEY_SET:
		snprintf(why, TLS_WHY_MAX, "%s and %s have different key sets: install the pool's "
					   "key set on both",
			 name, own->node_name);
		return proof_ok(c, a) ? 0 : -1;
	case GREET_CONDITIONS:
		break;
	}
	assert(!"a condition that there is");
	return -1;
}

int greet_auth(const struct conn *c, const struct auth *a, char why[TLS_WHY_MAX])
{
	for (enum greet_condition i = 0; i < GREET_CONDITIONS; i++)
		if (greet_condition(c, a, i, why))
			return -1;
	return 0;
}
