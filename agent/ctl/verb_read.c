// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs get and list.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "line.h"
#include "print.h"
#include "verbs.h"

static int print_object(const char *label, const struct hsmrepl_object *object)
{
	struct json_object *json = json_object_new_object();
	size_t room = (object->payload_len + 2) / 3 * 4 + 1;
	char *payload = malloc(room);

	if (!payload) {
		json_object_put(json);
		return -ENOMEM;
	}
	base64_encode(object->payload, object->payload_len, payload);
	json_object_object_add(json, "label", json_object_new_string(label));
	json_object_object_add(json, "id", json_hex(object->id, sizeof(object->id)));
	json_object_object_add(json, "type", json_object_new_string(object->type));
	json_object_object_add(json, "version", json_object_new_uint64(object->version));
	json_object_object_add(json, "size", json_object_new_uint64(object->payload_len));
	json_object_object_add(json, "seq", json_object_new_uint64(object->seq));
	json_object_object_add(json, "payload_b64", json_object_new_string(payload));
	print_json(json);
	explicit_bzero(payload, room);
	free(payload);
	return 0;
}

static int get(struct ctl *ctl, const char *label, unsigned int flags, unsigned int timeout_ms)
{
	struct hsmrepl_object object;
	int ret, status;

	status = ctl_open(ctl, O_RDONLY);
	if (status != CTL_GO_ON)
		return status;
	ret = hsmrepl_object_get(ctl->dev, label, strlen(label), flags, timeout_ms, &object);
	if (ret)
		return ctl_fail(ctl, label, ret);
	if (ctl->json)
		ret = print_object(label, &object);
	else
		fwrite(object.payload, 1, object.payload_len, stdout);
	hsmrepl_object_clear(&object);
	return ret ? ctl_fail(ctl, label, ret) : CTL_DONE;
}

int verb_get(struct ctl *ctl, int argc, char **argv)
{
	bool committed = false, force = false;
	const char *timeout = NULL;
	const struct ctl_option options[] = {
		{ .name = "committed", .flag = &committed },
		{ .name = "force", .flag = &force },
		{ .name = "timeout", .value = &timeout },
		{ 0 }
	};
	struct ctl_operands operands;
	unsigned int timeout_ms;
	int status;

	status = ctl_options(ctl, argc, argv, options, 1, 1, &operands);
	if (status == CTL_GO_ON)
		status = ctl_timeout(ctl, timeout, &timeout_ms);
	if (status != CTL_GO_ON)
		return status;
	if (!force && isatty(STDOUT_FILENO))
		return ctl_refuse(ctl, operands.at[0], "key material does not go to a terminal",
				  "send the output to a file, or give --force");
	return get(ctl, operands.at[0], committed ? HSMREPL_GET_COMMITTED : 0, timeout_ms);
}

/**
 * struct row - one object of a list
 * @entry: its fields
 * @label: its label, @entry.label_len bytes
 */
struct row {
	struct hsmrepl_list_entry entry;
	char label[HSMREPL_LABEL_MAX + 1];
};

/**
 * struct rows - all objects of a list
 * @at: pointers to them
 * @n: how many
 * @room: pointers that fit at @at
 */
struct rows {
	struct row **at;
	size_t n;
	size_t room;
};

static int add_row(struct rows *rows, const struct hsmrepl_list_entry *entry, const char *label)
{
	struct row *row;

	if (rows->n == rows->room) {
		size_t room = rows->room ? 2 * rows->room : 256;
		struct row **at = realloc(rows->at, room * sizeof(*at));

		if (!at)
			return -ENOMEM;
		rows->at = at;
		rows->room = room;
	}
	row = malloc(offsetof(struct row, label) + entry->label_len + 1);
	if (!row)
		return -ENOMEM;
	row->entry = *entry;
	memcpy(row->label, label, entry->label_len);
	row->label[entry->label_len] = '\0';
	rows->at[rows->n++] = row;
	return 0;
}

static int fetch_rows(struct ctl *ctl, const char *prefix, struct rows *rows)
{
	const struct hsmrepl_list_entry *entry;
	struct hsmrepl_lister *lister;
	const char *label;
	int ret;

	ret = hsmrepl_list_begin(ctl->dev, prefix, &lister);
	if (ret)
		return ret;
	while ((ret = hsmrepl_list_next(lister, &entry, &label)) > 0) {
		ret = add_row(rows, entry, label);
		if (ret)
			break;
	}
	hsmrepl_list_end(lister);
	return ret;
}

static int by_label(const void *a, const void *b)
{
	const struct row *const *left = a;
	const struct row *const *right = b;

	return strcmp((*left)->label, (*right)->label);
}

static void print_row_json(const struct row *row)
{
	struct json_object *json = json_object_new_object();
	const struct hsmrepl_list_entry *entry = &row->entry;
	char type[HSMREPL_TYPE_MAX + 1] = "";

	memcpy(type, entry->type, sizeof(entry->type));
	json_object_object_add(json, "label", json_object_new_string(row->label));
	json_object_object_add(json, "id", json_hex(entry->id, sizeof(entry->id)));
	json_object_object_add(json, "type", json_object_new_string(type));
	json_object_object_add(json, "version", json_object_new_uint64(entry->version));
	json_object_object_add(json, "size", json_object_new_uint64(entry->payload_len));
	json_object_object_add(json, "seq", json_object_new_uint64(entry->seq));
	fputs(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN |
						   JSON_C_TO_STRING_NOSLASHESCAPE), stdout);
	json_object_put(json);
}

/* Object by object: a list of a million is not built in memory a second time. */
static void print_rows_json(const struct rows *rows)
{
	size_t i;

	fputs("{\"objects\":[", stdout);
	for (i = 0; i < rows->n; i++) {
		if (i)
			putchar(',');
		print_row_json(rows->at[i]);
	}
	puts("]}");
}

static void print_rows(const struct rows *rows)
{
	size_t i;

	for (i = 0; i < rows->n; i++) {
		const struct row *row = rows->at[i];

		if (!i)
			printf("%-32s %-16s %8s %6s %10s\n", "LABEL", "TYPE", "VERSION", "SIZE",
			       "SEQ");
		print_label(row->label, row->entry.label_len, 32);
		printf(" %-16.16s %8llu %6u %10llu\n", row->entry.type,
		       (unsigned long long)row->entry.version, row->entry.payload_len,
		       (unsigned long long)row->entry.seq);
	}
}

static void free_rows(struct rows *rows)
{
	while (rows->n)
		free(rows->at[--rows->n]);
	free(rows->at);
}

int verb_list(struct ctl *ctl, int argc, char **argv)
{
	const char *prefix = NULL;
	const struct ctl_option options[] = {
		{ .name = "prefix", .value = &prefix },
		{ 0 }
	};
	struct ctl_operands operands;
	struct rows rows = { 0 };
	int ret, status;

	status = ctl_options(ctl, argc, argv, options, 0, 0, &operands);
	if (status == CTL_GO_ON && prefix && strlen(prefix) > HSMREPL_LABEL_MAX)
		return ctl_usage(ctl, "--prefix: a label has up to %d bytes", HSMREPL_LABEL_MAX);
	if (status == CTL_GO_ON)
		status = ctl_open(ctl, O_RDONLY);
	if (status != CTL_GO_ON)
		return status;
	ret = fetch_rows(ctl, prefix, &rows);
	if (!ret) {
		if (rows.n)
			qsort(rows.at, rows.n, sizeof(*rows.at), by_label);
		if (ctl->json)
			print_rows_json(&rows);
		else
			print_rows(&rows);
	}
	free_rows(&rows);
	return ret ? ctl_fail(ctl, NULL, ret) : CTL_DONE;
}
