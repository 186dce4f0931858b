// SPDX-License-Identifier: GPL-2.0
/*
 * hsmreplctl: takes out of a text what does not belong in other hands.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "redact.h"

#define HEX_KEY		64	/* digits of a key of 256 bits */
#define BASE64_KEY	43	/* characters of one, without padding */
#define INSTEAD		"(left out)"

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
static const char hex[] = "0123456789abcdefABCDEF";

static bool has(const char *run, size_t len, int (*is)(int c))
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (is((unsigned char)run[i]))
			return true;
	}
	return false;
}

/* A path has the characters of base64, too, but begins with a slash. */
static bool may_be_key(const char *run, size_t len)
{
	return len >= BASE64_KEY && run[0] != '/' && has(run, len, isdigit) &&
	       has(run, len, isupper) && has(run, len, islower);
}

/* How many of the first @len characters are of that set. */
static size_t span(const char *text, size_t len, const char *set)
{
	size_t n = strspn(text, set);

	return n < len ? n : len;
}

static void copy_run(const char *run, size_t len, FILE *to)
{
	while (len) {
		size_t digits = span(run, len, hex), n = digits ? digits : 1;

		if (digits >= HEX_KEY)
			fputs(INSTEAD, to);
		else
			fwrite(run, 1, n, to);
		run += n;
		len -= n;
	}
}

static void copy_line(const char *line, size_t len, FILE *to)
{
	while (len) {
		size_t run = span(line, len, base64), n = run ? run : 1;

		if (may_be_key(line, run))
			fputs(INSTEAD, to);
		else
			copy_run(line, n, to);
		line += n;
		len -= n;
	}
}

/* Returns whether the next line is within a private key, too. */
static bool take_line(const char *line, size_t len, bool secret, FILE *to)
{
	bool begins = memmem(line, len, "-----BEGIN", 10) && memmem(line, len, "PRIVATE", 7);
	bool ends = memmem(line, len, "-----END", 8);

	if (secret || begins)
		fputs(INSTEAD, to);
	else
		copy_line(line, len, to);
	fputc('\n', to);
	return (secret || begins) && !ends;
}

void redact_text(const char *text, FILE *to)
{
	bool secret = false;

	while (*text) {
		size_t len = strcspn(text, "\n");

		secret = take_line(text, len, secret, to);
		text += len;
		text += *text == '\n';
	}
}

/* Keys of hsmrepld.conf(5); @path: only a path, or the name of a credential, is copied. */
static const struct {
	const char *name;
	bool path;
} keys[] = {
	{ "node-id", false }, { "node-name", false }, { "device", true }, { "state-dir", true },
	{ "listen", false }, { "address", false }, { "domain", false }, { "slp-interface", false },
	{ "slp-port", false }, { "peer", false }, { "ca", true }, { "certificate", true },
	{ "private-key", true }, { "key-set", true }, { "counter", true }, { "mode", false },
	{ "tls-profile", false }, { "log-level", false },
};

/* What may be told of a line: NULL for nothing. */
static const char *value_of(const char *line, size_t *key)
{
	const char *at, *value;

	for (*key = 0; *key < sizeof(keys) / sizeof(keys[0]); (*key)++) {
		at = line + strspn(line, " \t");
		if (strncmp(at, keys[*key].name, strlen(keys[*key].name)))
			continue;
		at += strlen(keys[*key].name);
		at += strspn(at, " \t");
		if (*at != '=')
			continue;
		value = at + 1 + strspn(at + 1, " \t");
		if (keys[*key].path && *value != '/' && strncmp(value, "credential:", 11))
			return INSTEAD;
		return value;
	}
	return NULL;
}

void redact_config(FILE *from, FILE *to)
{
	const char *value;
	char *line = NULL;
	size_t room = 0, key;
	ssize_t n;

	while ((n = getline(&line, &room, from)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		value = value_of(line, &key);
		if (!value) {
			if (line[strspn(line, " \t")] && line[strspn(line, " \t")] != '#')
				fputs("# a line that is no known key: " INSTEAD "\n", to);
			continue;
		}
		fprintf(to, "%s = ", keys[key].name);
		redact_text(value, to);
	}
	if (line)
		explicit_bzero(line, room);
	free(line);
}
