// SPDX-License-Identifier: GPL-2.0
#include "journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FIELDS_MAX	8
#define FIELD_MAX	1280	/* bytes of the longest one, which is the message */

bool journal_is(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && !fstat(fd, &st) &&
	       st.st_dev == device && st.st_ino == inode;
}

/**
 * struct fields - an entry as it is sent
 */
struct fields {
	int n;
	struct iovec iov[FIELDS_MAX];
	char text[FIELDS_MAX][FIELD_MAX];
};

static void add(struct fields *f, const char *name, const char *value)
{
	char *text = f->text[f->n];
	int len;

	if (!value || !value[0])
		return;
	len = snprintf(text, FIELD_MAX, "%s=%s", name, value);
	if (len >= FIELD_MAX)
		len = FIELD_MAX - 1;
	f->iov[f->n++] = (struct iovec){ text, (size_t)len };
}

static void add_number(struct fields *f, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	add(f, name, text);
}

int journal_send(journal_fn send, const struct journal_entry *e)
{
	struct fields f = { .n = 0 };

	add(&f, "MESSAGE", e->message);
	add_number(&f, "PRIORITY", (uint64_t)e->priority);
	add(&f, "SYSLOG_IDENTIFIER", "hsmrepld");
	add(&f, "HSMREPL_NODE", e->node);
	add(&f, "HSMREPL_STATE", e->state);
	if (e->epoch) {
		add_number(&f, "HSMREPL_EPOCH", e->epoch);
		add_number(&f, "HSMREPL_SEQ", e->seq);
	}
	add(&f, "HSMREPL_PEER", e->peer);
	return send(f.iov, f.n);
}
