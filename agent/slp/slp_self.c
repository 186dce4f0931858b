// SPDX-License-Identifier: GPL-2.0
#include "slp_self.h"

#include <assert.h>
#include <string.h>

#include "decimal.h"
#include "slp_attr.h"

#define SCHEME SLP_TYPE "://"
#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
#define NO_POOL "none"

size_t slp_self_url(const struct slp_self *self, uint32_t host, char url[SLP_URL_MAX])
{
	char *p = slp_append(url, SCHEME);
	char dotted[SLP_DOTTED_MAX];

	static_assert(sizeof(SCHEME) + HSMREPL_ADDRESS_MAX <= SLP_URL_MAX, "an address fits");
	if (self->node.address[0]) {
		p = slp_append(p, self->node.address);
	} else {
		p = slp_append(p, slp_dotted(host, dotted));
		p = slp_append(p, ":");
		p = decimal_put(p, self->port);
		*p = '\0';
	}
	return (size_t)(p - url);
}

static char *put_attr(char *p, const char *tag, const char *value)
{
	p = slp_append(p, ",(");
	p = slp_append(p, tag);
	p = slp_append(p, "=");
	slp_escape(value, SLP_USE_VALUE, p);
	p += strlen(p);
	return slp_append(p, ")");
}

size_t slp_self_attrs(const struct slp_self *self, char attrs[SLP_ATTRS_MAX])
{
	const struct slp_node *n = &self->node;
	char *p = slp_append(attrs, "(node-id=");

	static_assert(128 + SLP_ESCAPED(HSMREPL_NAME_MAX) + SLP_ESCAPED(SLP_PRINT_MAX) +
		      SLP_ESCAPED(SLP_POOL_MAX) <= SLP_ATTRS_MAX, "all fits");
	p = slp_append(decimal_put(p, n->id), ")");
	p = put_attr(p, "node-name", n->name);
	p = put_attr(p, "mode", n->mode == HSMREPL_MODE_FIPS ? "fips" : "normal");
	p = put_attr(p, "key-set", n->key_set);
	p = put_attr(p, "pool", n->pool[0] ? n->pool : NO_POOL);
	return (size_t)(p - attrs);
}

static bool only(struct bytes b, const char *chars)
{
	const char *p = b.p;

	for (size_t i = 0; i < b.n; i++)
		if (!p[i] || !strchr(chars, p[i]))
			return false;
	return b.n;
}

bool slp_read_url(struct bytes url, char address[HSMREPL_ADDRESS_MAX])
{
	const size_t head = sizeof(SCHEME) - 1;
	const char *p = url.p;
	struct bytes host, port;
	uint32_t value;
	size_t colon;

	if (url.n <= head || url.n - head >= HSMREPL_ADDRESS_MAX ||
	    !slp_same((struct bytes){ p, head }, slp_bytes(SCHEME), SLP_USE_SCOPE))
		return false;
	for (colon = url.n; colon > head && p[colon - 1] != ':';)
		colon--;
	host = (struct bytes){ p + head, colon > head ? colon - 1 - head : 0 };
	port = (struct bytes){ p + colon, url.n - colon };
	if (!slp_undecimal(port, UINT16_MAX, &value) || !value)
		return false;
	if (host.n > 2 && p[head] == '[' && p[colon - 2] == ']') {
		host = (struct bytes){ p + head + 1, host.n - 2 };
		if (!only(host, "0123456789abcdefABCDEF:."))
			return false;
	} else if (!only(host, NAME_CHARS)) {
		return false;
	}
	memset(address, 0, HSMREPL_ADDRESS_MAX);
	memcpy(address, p + head, url.n - head);
	return true;
}

/* The single value of an attribute, made of @chars, with its NUL in @max bytes. */
static bool read_attr(struct bytes attrs, const char *tag, const char *chars, char *out, size_t max)
{
	struct bytes value;

	if (slp_attr_find(attrs, tag, &value) != 1 || !only(value, chars) || value.n >= max)
		return false;
	memset(out, 0, max);
	memcpy(out, value.p, value.n);
	return true;
}

static bool read_hex(struct bytes attrs, const char *tag, char *out, size_t max)
{
	return read_attr(attrs, tag, "0123456789abcdef", out, max) && strlen(out) == max - 1;
}

static bool read_id(struct bytes attrs, uint16_t *id)
{
	struct bytes value;
	uint32_t v;

	if (slp_attr_find(attrs, "node-id", &value) != 1 || !slp_undecimal(value, UINT16_MAX, &v))
		return false;
	*id = (uint16_t)v;
	return v;
}

static bool read_mode(struct bytes attrs, enum hsmrepl_mode *mode)
{
	struct bytes value;

	if (slp_attr_find(attrs, "mode", &value) != 1)
		return false;
	*mode = slp_same(value, slp_bytes("fips"), SLP_USE_VALUE) ? HSMREPL_MODE_FIPS :
								    HSMREPL_MODE_NORMAL;
	return *mode == HSMREPL_MODE_FIPS || slp_same(value, slp_bytes("normal"), SLP_USE_VALUE);
}

static bool read_pool(struct bytes attrs, char pool[SLP_POOL_MAX])
{
	struct bytes value;

	if (read_hex(attrs, "pool", pool, SLP_POOL_MAX))
		return true;
	pool[0] = '\0';
	return slp_attr_find(attrs, "pool", &value) == 1 &&
	       slp_same(value, slp_bytes(NO_POOL), SLP_USE_VALUE);
}

bool slp_read_attrs(struct bytes attrs, struct slp_node *node)
{
	return read_id(attrs, &node->id) &&
	       read_attr(attrs, "node-name", NAME_CHARS, node->name, sizeof(node->name)) &&
	       read_mode(attrs, &node->mode) &&
	       read_hex(attrs, "key-set", node->key_set, sizeof(node->key_set)) &&
	       read_pool(attrs, node->pool);
}
