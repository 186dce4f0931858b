// SPDX-License-Identifier: GPL-2.0
#include "report.h"

#include <stdlib.h>

#include <event2/event.h>
#include <openssl/crypto.h>
#include <sqlite3.h>

#include "fields.h"

struct json_object *report_json(const struct agent *a)
{
	struct json_object *o = json_object_new_object();
	char *log = log_tail(a->log);

	add_text(o, "version", HSMREPL_VERSION);
	add_text(o, "openssl", OpenSSL_version(OPENSSL_VERSION));
	add_text(o, "libevent", event_get_version());
	add_text(o, "sqlite", sqlite3_libversion());
	add_text(o, "json_c", json_c_version());
	add_text(o, "mode", a->config.mode == HSMREPL_MODE_FIPS ? "fips" : "normal");
	add_text(o, "log", log ? log : "");
	free(log);
	return o;
}
