// SPDX-License-Identifier: GPL-2.0
/* hsmrepld.conf, strictly: what is not understood stops the start. */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "credential.h"
#include "../slp/slp.h"

#define LINE_MAX_BYTES	1024	/* a line with its newline */
#define WORDS		" \t"
#define NAME_CHARS	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
#define NAME_RULE	"1 to 31 of the characters A-Z a-z 0-9 . _ -"
#define DOMAIN_RULE	"1 to 63 bytes of UTF-8 without control characters"
#define ADDRESS_RULE	"HOST, HOST:PORT or [IPV6]:PORT, port 1 to 65535, at most 63 bytes"

/**
 * struct reader - a file on its way into a struct config
 * @path: of the file, for messages
 * @line: present line number
 * @c: being filled in
 * @seen: bit per entry of the key table that was met
 * @error: CONFIG_ERROR_MAX bytes
 */
struct reader {
	const char *path;
	unsigned int line;
	struct config *c;
	unsigned int seen;
	char *error;
};

static int refuse(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int refuse(struct reader *r, const char *fmt, ...)
{
	va_list args;
	int n;

	if (r->line)
		n = snprintf(r->error, CONFIG_ERROR_MAX, "%s:%u: ", r->path, r->line);
	else
		n = snprintf(r->error, CONFIG_ERROR_MAX, "%s: ", r->path);
	if (n < CONFIG_ERROR_MAX) {
		va_start(args, fmt);
		vsnprintf(r->error + n, CONFIG_ERROR_MAX - (size_t)n, fmt, args);
		va_end(args);
	}
	return -1;
}

/* Decimal digits only: no sign, no space, no other base. */
static bool number(const char *text, unsigned long max, unsigned long *value)
{
	size_t n = strspn(text, "0123456789");

	if (!n || text[n] || n > 9)
		return false;
	*value = strtoul(text, NULL, 10);
	return *value >= 1 && *value <= max;
}

static bool name_ok(const char *text)
{
	size_t n = strlen(text);

	return n >= 1 && n < HSMREPL_NAME_MAX && strspn(text, NAME_CHARS) == n;
}

bool config_address(const char *text, char out[HSMREPL_ADDRESS_MAX])
{
	const char *host = text, *port = NULL;
	size_t host_len;
	unsigned long value;
	int n;

	if (*text == '[') {
		const char *end = strchr(text, ']');

		if (!end || (end[1] && end[1] != ':'))
			return false;
		host_len = (size_t)(end + 1 - text);
		if (strspn(text + 1, "0123456789abcdefABCDEF:.%") != host_len - 2 || host_len < 4)
			return false;
		port = end[1] ? end + 2 : NULL;
	} else {
		host_len = strspn(text, NAME_CHARS);
		if (!host_len || (text[host_len] && text[host_len] != ':'))
			return false;
		port = text[host_len] ? text + host_len + 1 : NULL;
	}
	if (!port)
		value = CONFIG_DEFAULT_PORT;
	else if (!number(port, UINT16_MAX, &value))
		return false;
	n = snprintf(out, HSMREPL_ADDRESS_MAX, "%.*s:%lu", (int)host_len, host, value);
	return n < HSMREPL_ADDRESS_MAX;
}

static int read_id(struct reader *r, const char *text, uint16_t *id)
{
	unsigned long value;

	if (!number(text, UINT16_MAX, &value))
		return refuse(r, "bad node id '%s': allowed is a number from 1 to 65535", text);
	*id = (uint16_t)value;
	return 0;
}

static int read_name(struct reader *r, const char *text, char name[HSMREPL_NAME_MAX])
{
	if (!name_ok(text))
		return refuse(r, "bad node name '%s': allowed are " NAME_RULE, text);
	strcpy(name, text);
	return 0;
}

static int read_address(struct reader *r, const char *text, char out[HSMREPL_ADDRESS_MAX])
{
	if (!config_address(text, out))
		return refuse(r, "bad address '%s': allowed is " ADDRESS_RULE, text);
	return 0;
}

static int read_path(struct reader *r, const char *text, char path[CONFIG_PATH_MAX])
{
	if (*text != '/' || strlen(text) >= CONFIG_PATH_MAX)
		return refuse(r, "bad path '%s': allowed is an absolute path of at most %d bytes",
			      text, CONFIG_PATH_MAX - 1);
	strcpy(path, text);
	return 0;
}

/* A file, or one that the service manager hands over. */
static int read_file(struct reader *r, const char *text, char path[CONFIG_PATH_MAX])
{
	static const char prefix[] = "credential:";
	const char *dir = credential_directory();
	const char *name;

	if (strncmp(text, prefix, strlen(prefix)) != 0)
		return read_path(r, text, path);
	name = text + strlen(prefix);
	if (!*name || strspn(name, NAME_CHARS) != strlen(name) || *name == '.')
		return refuse(r, "bad credential '%s': allowed are characters A-Z a-z 0-9 . _ -, "
				 "the first one no dot", name);
	if (!dir)
		return refuse(r, "%s: there are no credentials: only a service of systemd with "
				 "LoadCredential= has them, else name a file", text);
	if (snprintf(path, CONFIG_PATH_MAX, "%s/%s", dir, name) >= CONFIG_PATH_MAX)
		return refuse(r, "%s: the path in %s is longer than %d bytes", text, dir,
			      CONFIG_PATH_MAX - 1);
	return 0;
}

static int key_node_id(struct reader *r, char *value)
{
	return read_id(r, value, &r->c->node_id);
}

static int key_node_name(struct reader *r, char *value)
{
	return read_name(r, value, r->c->node_name);
}

static int key_device(struct reader *r, char *value)
{
	return read_path(r, value, r->c->device);
}

static int key_state_dir(struct reader *r, char *value)
{
	return read_path(r, value, r->c->state_dir);
}

static int key_listen(struct reader *r, char *value)
{
	return read_address(r, value, r->c->listen);
}

static int key_address(struct reader *r, char *value)
{
	return read_address(r, value, r->c->address);
}

static int key_domain(struct reader *r, char *value)
{
	if (strlen(value) >= sizeof(r->c->domain) || !slp_is_text(slp_bytes(value)))
		return refuse(r, "bad domain '%s': allowed are " DOMAIN_RULE, value);
	strcpy(r->c->domain, value);
	return 0;
}

static int key_slp_port(struct reader *r, char *value)
{
	unsigned long port;

	if (!number(value, UINT16_MAX, &port))
		return refuse(r, "bad slp-port '%s': allowed is a number from 1 to 65535", value);
	r->c->slp_port = (uint16_t)port;
	return 0;
}

static int key_slp_interface(struct reader *r, char *value)
{
	if (strlen(value) >= sizeof(r->c->slp_interface) || strpbrk(value, WORDS "/"))
		return refuse(r, "bad slp-interface '%s': allowed is the name of one interface, at "
				 "most %d bytes", value, CONFIG_INTERFACE_MAX - 1);
	strcpy(r->c->slp_interface, value);
	return 0;
}

static int key_ca(struct reader *r, char *value)
{
	return read_file(r, value, r->c->ca);
}

static int key_certificate(struct reader *r, char *value)
{
	return read_file(r, value, r->c->certificate);
}

static int key_private_key(struct reader *r, char *value)
{
	return read_file(r, value, r->c->private_key);
}

static int key_key_set(struct reader *r, char *value)
{
	return read_file(r, value, r->c->key_set);
}

static int key_counter(struct reader *r, char *value)
{
	return read_path(r, value, r->c->counter);
}

static int key_mode(struct reader *r, char *value)
{
	if (!strcmp(value, "normal"))
		r->c->mode = HSMREPL_MODE_NORMAL;
	else if (!strcmp(value, "fips"))
		r->c->mode = HSMREPL_MODE_FIPS;
	else
		return refuse(r, "bad mode '%s': allowed are normal and fips", value);
	return 0;
}

static int key_tls_profile(struct reader *r, char *value)
{
	if (!strcmp(value, "default"))
		r->c->tls_profile = TLS_PROFILE_DEFAULT;
	else if (!strcmp(value, "aes128-sha1"))
		r->c->tls_profile = TLS_PROFILE_AES128_SHA1;
	else
		return refuse(r, "bad tls-profile '%s': allowed are default and aes128-sha1",
			      value);
	return 0;
}

static int key_log_level(struct reader *r, char *value)
{
	if (!strcmp(value, "error"))
		r->c->log_level = LOG_LEVEL_ERROR;
	else if (!strcmp(value, "warning"))
		r->c->log_level = LOG_LEVEL_WARNING;
	else if (!strcmp(value, "info"))
		r->c->log_level = LOG_LEVEL_INFO;
	else if (!strcmp(value, "debug"))
		r->c->log_level = LOG_LEVEL_DEBUG;
	else
		return refuse(r, "bad log-level '%s': allowed are error, warning, info and debug",
			      value);
	return 0;
}

static int key_peer(struct reader *r, char *value)
{
	struct config *c = r->c;
	struct member *m = &c->peer[c->n_peers];
	char *rest = NULL;
	char *id = strtok_r(value, WORDS, &rest);
	char *name = strtok_r(NULL, WORDS, &rest);
	char *where = strtok_r(NULL, WORDS, &rest);

	if (!where || strtok_r(NULL, WORDS, &rest))
		return refuse(r, "bad peer: write it as peer = ID NAME ADDRESS[:PORT]");
	if (c->n_peers == HSMREPL_NODES_MAX - 1)
		return refuse(r, "more than %d peers: a pool has at most %d nodes, this one "
				 "included",
			      HSMREPL_NODES_MAX - 1, HSMREPL_NODES_MAX);
	if (read_id(r, id, &m->id) || read_name(r, name, m->name) ||
	    read_address(r, where, m->address))
		return -1;
	for (unsigned int i = 0; i < c->n_peers; i++)
		if (c->peer[i].id == m->id || !strcmp(c->peer[i].name, m->name))
			return refuse(r, "peers %u %s and %u %s: each needs an id and a name of "
					 "its own",
				      c->peer[i].id, c->peer[i].name, m->id, m->name);
	c->n_peers++;
	return 0;
}

enum key_rule { OPTIONAL, REQUIRED, REPEATS };

#define FIELD(name)	offsetof(struct config, name), sizeof(((struct config *)0)->name)

static const struct key {
	const char *word;
	int (*read)(struct reader *r, char *value);
	enum key_rule rule;
	size_t at, size;	/* of what it sets; none for what is taken up on SIGHUP */
} keys[] = {
	{ "node-id", key_node_id, REQUIRED, FIELD(node_id) },
	{ "node-name", key_node_name, REQUIRED, FIELD(node_name) },
	{ "device", key_device, OPTIONAL, FIELD(device) },
	{ "state-dir", key_state_dir, OPTIONAL, FIELD(state_dir) },
	{ "listen", key_listen, OPTIONAL, FIELD(listen) },
	{ "address", key_address, OPTIONAL, FIELD(address) },
	{ "domain", key_domain, OPTIONAL, FIELD(domain) },
	{ "slp-port", key_slp_port, OPTIONAL, FIELD(slp_port) },
	{ "slp-interface", key_slp_interface, OPTIONAL, FIELD(slp_interface) },
	{ "ca", key_ca, REQUIRED, 0, 0 },
	{ "certificate", key_certificate, REQUIRED, 0, 0 },
	{ "private-key", key_private_key, REQUIRED, 0, 0 },
	{ "key-set", key_key_set, REQUIRED, FIELD(key_set) },
	{ "counter", key_counter, OPTIONAL, FIELD(counter) },
	{ "mode", key_mode, OPTIONAL, FIELD(mode) },
	{ "tls-profile", key_tls_profile, OPTIONAL, FIELD(tls_profile) },
	{ "log-level", key_log_level, OPTIONAL, 0, 0 },
	{ "peer", key_peer, REPEATS, FIELD(peer) },
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static char *trim(char *text)
{
	char *end;

	text += strspn(text, WORDS);
	end = text + strlen(text);
	while (end > text && strchr(WORDS "\r\n", end[-1]))
		*--end = '\0';
	return text;
}

static int read_key(struct reader *r, const char *word, char *value)
{
	for (unsigned int i = 0; i < N_KEYS; i++) {
		if (strcmp(word, keys[i].word))
			continue;
		if (!*value)
			return refuse(r, "'%s' has no value", word);
		if (r->seen & 1U << i && keys[i].rule != REPEATS)
			return refuse(r, "'%s' is set a second time: keep one of them", word);
		r->seen |= 1U << i;
		return keys[i].read(r, value);
	}
	return refuse(r, "unknown key '%s': hsmrepld.conf(5) lists those allowed", word);
}

static int read_line(struct reader *r, char *line)
{
	char *text = trim(line), *equals;

	if (!*text || *text == '#')
		return 0;
	for (const char *p = text; *p; p++)
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return refuse(r, "control character: allowed is plain text");
	equals = strchr(text, '=');
	if (!equals)
		return refuse(r, "no '=': allowed are \"key = value\", comments that begin with "
				 "#, and empty lines");
	*equals = '\0';
	return read_key(r, trim(text), trim(equals + 1));
}

static int read_lines(struct reader *r, FILE *f)
{
	char line[LINE_MAX_BYTES];

	while (fgets(line, sizeof(line), f)) {
		size_t n = strlen(line);

		r->line++;
		if ((!n || line[n - 1] != '\n') && !feof(f))
			return refuse(r, "line too long (at most %d bytes) or with a NUL byte",
				      LINE_MAX_BYTES - 2);
		if (read_line(r, line))
			return -1;
	}
	r->line = 0;
	if (ferror(f))
		return refuse(r, "cannot be read: %s", strerror(errno));
	return 0;
}

static bool wildcard(const char *listen)
{
	return !strncmp(listen, "0.0.0.0:", 8) || !strncmp(listen, "[::]:", 5);
}

static int by_id(const void *a, const void *b)
{
	return (int)((const struct member *)a)->id - (int)((const struct member *)b)->id;
}

/* What no single line shows. */
static int check_whole(struct reader *r)
{
	struct config *c = r->c;

	for (unsigned int i = 0; i < N_KEYS; i++)
		if (keys[i].rule == REQUIRED && !(r->seen & 1U << i))
			return refuse(r, "'%s' is missing: hsmrepld.conf(5) tells what it is",
				      keys[i].word);
	if (!*c->address) {
		if (wildcard(c->listen) && !*c->domain)
			return refuse(r, "'address' is missing: with listen = %s peers must be "
					 "told where this node is, or a domain be set",
				      c->listen);
		if (!wildcard(c->listen))
			strcpy(c->address, c->listen);
	}
	if (wildcard(c->address))
		return refuse(r, "address = %s is no place to connect to: name one host",
			      c->address);
	if (c->mode == HSMREPL_MODE_FIPS && c->tls_profile != TLS_PROFILE_DEFAULT)
		return refuse(r, "mode = fips and tls-profile = aes128-sha1 exclude each other: "
				 "remove one of them");
	for (unsigned int i = 0; i < c->n_peers; i++)
		if (c->peer[i].id == c->node_id || !strcmp(c->peer[i].name, c->node_name))
			return refuse(r, "peer %u %s has the id or the name of this node: list "
					 "the other nodes only",
				      c->peer[i].id, c->peer[i].name);
	qsort(c->peer, c->n_peers, sizeof(c->peer[0]), by_id);
	return 0;
}

int config_read(const char *path, struct config *c, char error[CONFIG_ERROR_MAX])
{
	struct reader r = { .path = path, .c = c, .error = error };
	int ret;
	FILE *f;

	static_assert(N_KEYS <= 8 * sizeof(r.seen), "a bit per key");
	memset(c, 0, sizeof(*c));
	strcpy(c->device, HSMREPL_DEVICE);
	strcpy(c->state_dir, "/var/lib/hsmrepl");
	snprintf(c->listen, sizeof(c->listen), "0.0.0.0:%d", CONFIG_DEFAULT_PORT);
	c->slp_port = SLP_PORT;
	c->mode = HSMREPL_MODE_NORMAL;
	c->log_level = LOG_LEVEL_INFO;
	f = fopen(path, "re");
	if (!f)
		return refuse(&r, "cannot be opened: %s: write it (hsmrepld.conf(5)), or name "
				  "it with -c",
			      strerror(errno));
	ret = read_lines(&r, f);
	fclose(f);
	return ret ? ret : check_whole(&r);
}

bool config_differs(const struct config *c, const struct config *other, char list[CONFIG_ERROR_MAX])
{
	size_t n = 0;

	for (const struct key *k = keys; k < keys + N_KEYS; k++)
		if (memcmp((const char *)c + k->at, (const char *)other + k->at, k->size) != 0)
			n += (size_t)snprintf(list + n, CONFIG_ERROR_MAX - n, "%s%s",
					      n ? ", " : "", k->word);
	return n;
}
