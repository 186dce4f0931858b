// SPDX-License-Identifier: GPL-2.0
#include "exhibit.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "config.h"
#include "quarantine.h"
#include "secret.h"
#include "../core/types.h"

#define PATH_ROOM (CONFIG_PATH_MAX + QUARANTINE_NAME_MAX + 1)
#define TEXT_ROOM (4 * ((HSMREPL_PAYLOAD_MAX + 2) / 3) + 1)	/* a payload in base64 */

static void print_line(struct json_object *o)
{
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static struct json_object *label_and_type(const struct store_object *o)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "label",
			       json_object_new_string_len(o->label, (int)o->label_len));
	json_object_object_add(line, "type", json_object_new_string_len(
			       o->type, (int)strnlen(o->type, sizeof(o->type))));
	return line;
}

static int print_facts(void *arg, const struct store_object *o)
{
	struct json_object *line = label_and_type(o);

	(void)arg;
	json_object_object_add(line, "version", json_object_new_uint64(o->version));
	json_object_object_add(line, "seq", json_object_new_uint64(o->seq));
	json_object_object_add(line, "size", json_object_new_uint64(o->payload_len));
	print_line(line);
	return 0;
}

static int print_payload(void *arg, const struct store_object *o)
{
	struct json_object *line = label_and_type(o);
	char *text = arg;
	int n = EVP_EncodeBlock((unsigned char *)text, o->payload, (int)o->payload_len);

	json_object_object_add(line, "op", json_object_new_string("create"));
	json_object_object_add(line, "payload_b64", json_object_new_string_len(text, n));
	print_line(line);
	return 0;
}

static int complain(const char *error)
{
	fprintf(stderr, "hsmrepld: %s\n", error);
	return 1;
}

static int print(const struct config *c, const char *file, char *text)
{
	uint8_t secret[SECRET_LEN];
	char path[PATH_ROOM], error[STORE_ERROR_MAX], why[SECRET_ERROR_MAX];
	int ret;

	if (secret_read(c->key_set, secret, why))
		return complain(why);
	snprintf(path, sizeof(path), "%s%s%s", strchr(file, '/') ? "" : c->state_dir,
		 strchr(file, '/') ? "" : "/", file);
	ret = quarantine_each(path, secret, text ? print_payload : print_facts, text, error);
	OPENSSL_cleanse(secret, sizeof(secret));
	return ret || fflush(stdout) ? complain(ret ? error : strerror(errno)) : 0;
}

int exhibit_print(const char *config, const char *file, bool payloads)
{
	char error[CONFIG_ERROR_MAX];
	char *text = NULL;
	struct config c;
	int ret;

	if (config_read(config, &c, error))
		return complain(error);
	if (payloads && isatty(STDOUT_FILENO))
		return complain("--export prints key material: send it into a file or a pipe");
	if (payloads) {
		text = OPENSSL_malloc(TEXT_ROOM);
		if (!text)
			return complain("no memory");
	}
	ret = print(&c, file, text);
	OPENSSL_clear_free(text, TEXT_ROOM);
	return ret;
}
