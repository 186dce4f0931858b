// SPDX-License-Identifier: GPL-2.0
#include "vault.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "backup.h"
#include "clock.h"
#include "fields.h"
#include "reply.h"
#include "request.h"
#include "restore.h"

#define SILENCE_MS	30000	/* without a request: whoever asked is gone */
#define YIELD_MS	3000	/* likewise, and another one asks for the same */
#define TIME_MAX	32
#define DATA_MAX	46080	/* bytes of a file in one request */
/* Characters of so many bytes in JSON, where every 64th is a '/' that takes two; and the rest. */
#define JSON_ROOM(n)	(((n) + 2) / 3 * 4 / 64 * 66 + 1024)

_Static_assert(JSON_ROOM(BACKUP_PIECE_MAX) <= HSMREPL_ADMIN_MAX, "an answer fits");
_Static_assert(JSON_ROOM(DATA_MAX) <= HSMREPL_ADMIN_MAX, "a request fits");

/**
 * struct session - a backup or restore under way, of one who asks
 * @id: what he calls it
 * @piece: that he asks for next
 * @heard_ms: when he asked last
 */
struct session {
	uint64_t id;
	uint64_t piece;
	uint64_t heard_ms;
};

/**
 * struct vault - what is under way
 * @backup: or NULL
 * @out: its session
 * @restore: or NULL
 * @in: its session
 * @piece: bytes of the one or the other
 * @text: the same as they travel
 */
struct vault {
	struct backup *backup;
	struct session out;
	struct restore *restore;
	struct session in;
	uint8_t piece[BACKUP_PIECE_MAX > DATA_MAX ? BACKUP_PIECE_MAX : DATA_MAX + 2];
	char text[HSMREPL_ADMIN_MAX];
};

int vault_open(struct agent *a, char error[AGENT_ERROR_MAX])
{
	a->vault = calloc(1, sizeof(*a->vault));
	if (!a->vault) {
		snprintf(error, AGENT_ERROR_MAX, "no memory");
		return -1;
	}
	restore_sweep(sync_host(a->sync));
	return 0;
}

static void end_backup(struct vault *v)
{
	backup_free(v->backup);
	v->backup = NULL;
}

static void end_restore(struct vault *v)
{
	struct restore *r = v->restore;

	v->restore = NULL;
	restore_free(r);
}

void vault_close(struct agent *a)
{
	struct vault *v = a->vault;

	if (!v)
		return;
	end_backup(v);
	restore_abandon(v->restore);
	OPENSSL_cleanse(v, sizeof(*v));
	free(v);
	a->vault = NULL;
}

void vault_stop(struct agent *a)
{
	if (a->vault)
		end_backup(a->vault);
}

void vault_tick(struct agent *a)
{
	struct vault *v = a->vault;
	uint64_t now_ms = clock_ms();

	if (v->backup && now_ms - v->out.heard_ms > SILENCE_MS) {
		log_warning(a->log, "backup: given up: nobody took more of it for %d s",
			    SILENCE_MS / 1000);
		end_backup(v);
	}
	if (v->restore && now_ms - v->in.heard_ms > SILENCE_MS) {
		log_warning(a->log, "restore: given up: nothing came for %d s: this node is as it "
			    "was before", SILENCE_MS / 1000);
		end_restore(v);
	}
}

bool vault_restores(const struct agent *a)
{
	return a->vault && a->vault->restore;
}

/* Sessions. */

static int refuse(struct agent *a, const struct device_request *dr, int status, const char *line)
{
	struct refusal r;

	refusal_from(&r, status, line);
	return reply_refusal(a, dr->id, &r);
}

static struct json_object *session_begin(struct session *s)
{
	struct json_object *o = json_object_new_object();

	*s = (struct session){ .heard_ms = clock_ms() };
	while (!s->id)
		if (getrandom(&s->id, sizeof(s->id), 0) != (ssize_t)sizeof(s->id))
			s->id = 0;
	add_hex64(o, "session", s->id);
	return o;
}

/* Is it the next request of that session? */
static bool session_goes_on(struct session *s, struct json_object *request)
{
	struct json_object *piece;
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, s->id);
	if (!json_object_object_get_ex(request, "piece", &piece) ||
	    strcmp(request_text(request, "session"), text) ||
	    json_object_get_uint64(piece) != s->piece)
		return false;
	s->piece++;
	s->heard_ms = clock_ms();
	return true;
}

static bool is_first(struct json_object *request)
{
	return !json_object_object_get_ex(request, "session", NULL);
}

#define GONE "it is under way no more, or another one asked for it: begin anew"

/* What a file says of itself. */

static void add_head(struct json_object *o, const struct archive_head *h)
{
	time_t t = (time_t)h->time;
	char text[TIME_MAX];
	struct tm tm;

	add_hex(o, "pool", h->pool, sizeof(h->pool));
	add_text(o, "node", h->name);
	add_text(o, "mode", h->mode == HSMREPL_MODE_FIPS ? "fips" : "normal");
	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	add_text(o, "time", text);
	add_number(o, "epoch", h->place.epoch);
	add_number(o, "seq", h->place.seq);
	add_hex64(o, "sync_point", h->place.sp);
	add_hex64(o, "digest", h->place.digest);
}

static void add_end(struct json_object *o, const struct archive_end *end)
{
	add_number(o, "objects", end->objects);
	add_number(o, "transactions", end->tls);
	add_number(o, "bytes", end->bytes);
}

/* BACKUP */

static int backup_start(struct agent *a, const struct device_request *dr)
{
	struct vault *v = a->vault;
	char error[SYNC_ERROR_MAX];

	if (v->backup && clock_ms() - v->out.heard_ms > YIELD_MS)
		end_backup(v);
	if (v->backup)
		return refuse(a, dr, EBUSY, "another backup is under way on this node: wait for "
			      "it, or make this one on another node");
	v->backup = backup_begin(sync_host(a->sync), error);
	if (!v->backup)
		return refuse(a, dr, ENONET, error);
	return reply_json(a, dr->id, 0, session_begin(&v->out));
}

static struct json_object *backup_answer(const struct vault *v, size_t n, bool end)
{
	struct json_object *o = json_object_new_object();
	struct backup_view view;

	backup_look(v->backup, &view);
	json_object_object_add(o, "data", json_object_new_string_len(v->text, (int)n));
	add_bool(o, "end", end);
	add_number(o, "percent", view.percent);
	if (end) {
		add_head(o, &view.head);
		add_end(o, &view.end);
	}
	return o;
}

static void log_backup(const struct agent *a)
{
	struct backup_view view;

	backup_look(a->vault->backup, &view);
	log_info(a->log, "backup: %llu objects, seq %llu, were given to whoever asked",
		 (unsigned long long)view.end.objects, (unsigned long long)view.head.place.seq);
}

int vault_backup(struct agent *a, const struct device_request *dr, struct json_object *request)
{
	struct vault *v = a->vault;
	char error[SYNC_ERROR_MAX];
	struct json_object *o;
	size_t n;
	int ret;

	if (is_first(request))
		return backup_start(a, dr);
	if (!v->backup || !session_goes_on(&v->out, request))
		return refuse(a, dr, ECANCELED, "this backup cannot go on: " GONE);
	ret = backup_piece(v->backup, v->piece, &n, error);
	if (ret < 0) {
		end_backup(v);
		return refuse(a, dr, EIO, error);
	}
	n = (size_t)EVP_EncodeBlock((unsigned char *)v->text, v->piece, (int)n);
	o = backup_answer(v, n, ret == 0);
	if (ret == 0) {
		log_backup(a);
		end_backup(v);
	}
	return reply_json(a, dr->id, 0, o);
}

/* RESTORE */

/* This node, as it will stand in the list; false if nobody could be told where it is. */
static bool read_self(const struct agent *a, struct member *self)
{
	const struct node_list none = { .n = 0 };
	struct roster all;

	roster_make(&all, &a->config, &a->found, &none);
	*self = *roster_find(&all, a->config.node_id);
	return self->address[0];
}

static bool newcomer_runs(const struct agent *a)
{
	struct newcomer_view view;

	newcomer_look(sync_newcomer(a->sync), &view);
	return view.state != NEWCOMER_IDLE && view.state != NEWCOMER_DONE &&
	       view.state != NEWCOMER_FAILED;
}

static int restore_start(struct agent *a, const struct device_request *dr,
			 struct json_object *request)
{
	struct json_object *dry = NULL;
	struct vault *v = a->vault;
	char error[SYNC_ERROR_MAX];
	struct member self;

	json_object_object_get_ex(request, "dry_run", &dry);
	if (v->restore && clock_ms() - v->in.heard_ms > YIELD_MS)
		end_restore(v);
	if (v->restore)
		return refuse(a, dr, EBUSY,
			      "another restore is under way on this node: wait for it");
	if (newcomer_runs(a))
		return refuse(a, dr, EBUSY, "a Live-Sync onto this node is under way: see how far "
			      "it is with status");
	if (!read_self(a, &self) && !json_object_get_boolean(dry))
		return refuse(a, dr, ENETDOWN, "this node has no address that peers could be "
			      "told: set address, or bring up an interface with an address");
	v->restore = restore_begin(sync_host(a->sync), json_object_get_boolean(dry), &self, error);
	if (!v->restore)
		return refuse(a, dr, EEXIST, error);
	return reply_json(a, dr->id, 0, session_begin(&v->in));
}

/* Bytes of the file in @text, strictly. Returns how many, or -1. */
static int decode(struct vault *v, const char *text, size_t len)
{
	int n, pad = 0;

	if (!len || len % 4 || len > (DATA_MAX + 2) / 3 * 4)
		return -1;
	for (; pad < 2 && text[len - 1 - (size_t)pad] == '='; pad++)
		;
	n = EVP_DecodeBlock(v->piece, (const unsigned char *)text, (int)len);
	return n < pad ? -1 : n - pad;
}

static struct json_object *restored_json(const struct founding *f)
{
	struct json_object *o = json_object_new_object();

	add_hex(o, "pool", f->nl.pool, sizeof(f->nl.pool));
	add_number(o, "epoch", f->place.epoch);
	add_number(o, "seq", f->place.seq);
	add_hex64(o, "sync_point", f->place.sp);
	return o;
}

static struct json_object *done_json(const struct agent *a, const struct restore_view *view)
{
	struct json_object *o = json_object_new_object();
	char why[SYNC_ERROR_MAX];

	add_bool(o, "done", true);
	add_number(o, "percent", 100);
	add_head(o, &view->head);
	add_end(o, &view->end);
	json_object_object_add(o, "restored",
			       view->founding ? restored_json(view->founding) : NULL);
	json_object_object_add(o, "obstacle",
			       !view->founding && restore_obstacle(sync_host(a->sync), why) ?
			       json_object_new_string(why) : NULL);
	return o;
}

static struct json_object *step_json(const struct restore_view *view)
{
	struct json_object *o = json_object_new_object();

	add_bool(o, "done", false);
	add_number(o, "percent", view->percent);
	return o;
}

/* All bytes came: a step of what is left. It may take long, and whoever asked is not silent. */
static int restore_go_on(struct agent *a, const struct device_request *dr)
{
	struct vault *v = a->vault;
	char error[SYNC_ERROR_MAX];
	struct restore_view view;
	struct json_object *o;
	int ret = restore_step(v->restore, error);

	if (ret < 0) {
		end_restore(v);
		return refuse(a, dr, EBADMSG, error);
	}
	v->in.heard_ms = clock_ms();
	restore_look(v->restore, &view);
	o = ret ? step_json(&view) : done_json(a, &view);
	if (!ret)
		end_restore(v);
	return reply_json(a, dr->id, 0, o);
}

static int restore_take(struct agent *a, const struct device_request *dr, const char *text)
{
	struct vault *v = a->vault;
	char error[SYNC_ERROR_MAX];
	struct restore_view view;
	int n;

	n = decode(v, text, strlen(text));
	if (n < 0)
		return refuse(a, dr, EINVAL, "\"data\" is no base64 of 1 to 46080 bytes: use a "
			      "tool of the agent's version");
	if (restore_data(v->restore, (struct bytes){ v->piece, (size_t)n }, error)) {
		end_restore(v);
		return refuse(a, dr, EBADMSG, error);
	}
	restore_look(v->restore, &view);
	return reply_json(a, dr->id, 0, step_json(&view));
}

int vault_restore(struct agent *a, const struct device_request *dr, struct json_object *request)
{
	struct vault *v = a->vault;

	if (is_first(request))
		return restore_start(a, dr, request);
	if (!v->restore || !session_goes_on(&v->in, request))
		return refuse(a, dr, ECANCELED, "this restore cannot go on: " GONE);
	if (json_object_object_get_ex(request, "data", NULL))
		return restore_take(a, dr, request_text(request, "data"));
	return restore_go_on(a, dr);
}
