// SPDX-License-Identifier: GPL-2.0
/* Writes and reads files of objects that were put aside. */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "home.h"
#include "quarantine.h"
#include "seal.h"

#define MAGIC		0x55515348u	/* "HSQU" */
#define FORMAT		1
#define SAME_SECOND_MAX	100		/* files with one time in their names */

/**
 * struct quarantine_head - begins the file, little-endian
 */
struct quarantine_head {
	__le32 magic;
	__le16 format;
	__le16 node;
};

/**
 * struct quarantine_place - authenticated with each box
 * @index: of the box in the file
 * @end: 1 with the last one, which holds the number of objects
 * @reserved: zero
 */
struct quarantine_place {
	__le64 index;
	__le32 end;
	__le32 reserved;
};

/**
 * struct quarantine_object - begins what is sealed; label and payload follow
 */
struct quarantine_object {
	__le64 version;
	__le64 seq;
	__le64 attrs;
	__le32 label_len;
	__le32 payload_len;
	__u8 id[HSMREPL_ID_LEN];
	char type[HSMREPL_TYPE_MAX];
};

#define PLAIN_MAX	(sizeof(struct quarantine_object) + HSMREPL_LABEL_MAX + HSMREPL_PAYLOAD_MAX)
#define BOX_MAX		(PLAIN_MAX + SEAL_OVERHEAD)

/**
 * struct quarantine - a file being written
 */
struct quarantine {
	int dir_fd;
	FILE *file;
	struct sealer *sealer;
	uint64_t count;
	uint8_t plain[PLAIN_MAX];
	uint8_t box[BOX_MAX];
};

struct quarantine *quarantine_new(int dir_fd, const struct seal_keys *keys, uint16_t node_id)
{
	const struct quarantine_head head = {
		.magic = htole32(MAGIC),
		.format = htole16(FORMAT),
		.node = htole16(node_id),
	};
	struct quarantine *q = calloc(1, sizeof(*q));
	int fd = openat(dir_fd, QUARANTINE_FRESH, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (q) {
		q->dir_fd = dir_fd;
		q->sealer = sealer_new(keys->quarantine, node_id);
		q->file = fd >= 0 ? fdopen(fd, "w") : NULL;
	}
	if (q && q->sealer && q->file && fwrite(&head, sizeof(head), 1, q->file) == 1)
		return q;
	if (fd >= 0 && !(q && q->file))
		close(fd);
	quarantine_free(q);
	return NULL;
}

static int put_box(struct quarantine *q, size_t len, bool end)
{
	const struct quarantine_place place = {
		.index = htole64(q->count),
		.end = htole32(end),
	};
	__le32 box_len = htole32((uint32_t)(len + SEAL_OVERHEAD));

	sealer_seal(q->sealer, &place, sizeof(place), q->plain, len, q->box);
	OPENSSL_cleanse(q->plain, len);
	if (fwrite(&box_len, sizeof(box_len), 1, q->file) != 1 ||
	    fwrite(q->box, len + SEAL_OVERHEAD, 1, q->file) != 1)
		return errno ? -errno : -EIO;
	return 0;
}

int quarantine_put(struct quarantine *q, const struct store_object *o)
{
	struct quarantine_object head = {
		.version = htole64(o->version),
		.seq = htole64(o->seq),
		.attrs = htole64(o->attrs),
		.label_len = htole32((uint32_t)o->label_len),
		.payload_len = htole32((uint32_t)o->payload_len),
	};
	size_t len = sizeof(head) + o->label_len + o->payload_len;
	int ret;

	assert(len <= sizeof(q->plain));
	memcpy(head.id, o->id, HSMREPL_ID_LEN);
	memcpy(head.type, o->type, HSMREPL_TYPE_MAX);
	memcpy(q->plain, &head, sizeof(head));
	memcpy(q->plain + sizeof(head), o->label, o->label_len);
	if (o->payload_len)
		memcpy(q->plain + sizeof(head) + o->label_len, o->payload, o->payload_len);
	ret = put_box(q, len, false);
	q->count++;
	return ret;
}

uint64_t quarantine_count(const struct quarantine *q)
{
	return q->count;
}

/* A name that is not taken. */
static int find_name(int dir_fd, char name[QUARANTINE_NAME_MAX])
{
	time_t now = time(NULL);
	char stamp[32] = "";
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	for (unsigned int i = 0; i < SAME_SECOND_MAX; i++) {
		snprintf(name, QUARANTINE_NAME_MAX, i ? QUARANTINE_NAME "%s-%u" :
			 QUARANTINE_NAME "%s", stamp, i);
		if (faccessat(dir_fd, name, F_OK, 0) < 0)
			return errno == ENOENT ? 0 : -errno;
	}
	return -EEXIST;
}

int quarantine_end(struct quarantine *q, char name[QUARANTINE_NAME_MAX])
{
	__le64 count = htole64(q->count);
	int ret;

	memcpy(q->plain, &count, sizeof(count));
	ret = put_box(q, sizeof(count), true);
	if (!ret && (fflush(q->file) || fsync(fileno(q->file)) < 0))
		ret = -errno;
	if (!ret)
		ret = find_name(q->dir_fd, name);
	if (!ret && renameat(q->dir_fd, QUARANTINE_FRESH, q->dir_fd, name) < 0)
		ret = -errno;
	if (!ret && fsync(q->dir_fd) < 0)
		ret = -errno;
	return ret;
}

void quarantine_free(struct quarantine *q)
{
	if (!q)
		return;
	if (q->file)
		fclose(q->file);
	unlinkat(q->dir_fd, QUARANTINE_FRESH, 0);
	sealer_free(q->sealer);
	OPENSSL_cleanse(q->plain, sizeof(q->plain));
	free(q);
}

/**
 * struct reading - a file being read
 */
struct reading {
	FILE *file;
	struct opener *opener;
	uint64_t count;
	uint8_t plain[PLAIN_MAX];
	uint8_t box[BOX_MAX];
};

static int open_box(struct reading *r, size_t len, bool end)
{
	const struct quarantine_place place = {
		.index = htole64(r->count),
		.end = htole32(end),
	};

	return opener_open(r->opener, &place, sizeof(place), r->box, len, r->plain);
}

static int tell(struct reading *r, size_t len, int (*fn)(void *arg, const struct store_object *o),
		void *arg)
{
	struct quarantine_object head;
	struct store_object o;

	if (len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, r->plain, sizeof(head));
	o = (struct store_object){
		.label = (const char *)r->plain + sizeof(head),
		.label_len = le32toh(head.label_len),
		.payload_len = le32toh(head.payload_len),
		.version = le64toh(head.version),
		.seq = le64toh(head.seq),
		.attrs = le64toh(head.attrs),
	};
	if (o.label_len > HSMREPL_LABEL_MAX || o.payload_len > HSMREPL_PAYLOAD_MAX ||
	    len != sizeof(head) + o.label_len + o.payload_len)
		return -EBADMSG;
	o.payload = o.label + o.label_len;
	memcpy(o.id, head.id, HSMREPL_ID_LEN);
	memcpy(o.type, head.type, HSMREPL_TYPE_MAX);
	return fn(arg, &o);
}

/* The next box: 1: told, 0: it was the last, what @fn returned, -EBADMSG. */
static int next_box(struct reading *r, int (*fn)(void *arg, const struct store_object *o),
		    void *arg, bool *stopped)
{
	__le32 box_len;
	size_t len;
	int ret;

	if (fread(&box_len, sizeof(box_len), 1, r->file) != 1)
		return -EBADMSG;
	len = le32toh(box_len);
	if (len < SEAL_OVERHEAD || len > sizeof(r->box) || fread(r->box, len, 1, r->file) != 1)
		return -EBADMSG;
	if (!open_box(r, len, true))
		return 0;
	if (open_box(r, len, false))
		return -EBADMSG;
	r->count++;
	ret = tell(r, len - SEAL_OVERHEAD, fn, arg);
	*stopped = ret && ret != -EBADMSG;
	return ret ? ret : 1;
}

static int read_all(struct reading *r, const char *path,
		    int (*fn)(void *arg, const struct store_object *o), void *arg,
		    char error[STORE_ERROR_MAX])
{
	struct quarantine_head head;
	bool stopped = false;
	int ret = 1;

	if (fread(&head, sizeof(head), 1, r->file) != 1 || le32toh(head.magic) != MAGIC ||
	    le16toh(head.format) != FORMAT) {
		snprintf(error, STORE_ERROR_MAX, "%s: is no quarantine file of this agent", path);
		return -1;
	}
	while (ret == 1 && !stopped)
		ret = next_box(r, fn, arg, &stopped);
	if (stopped || !ret)
		return ret;
	snprintf(error, STORE_ERROR_MAX, "%s: is damaged behind object %llu, or was sealed under "
		 "another key set", path, (unsigned long long)r->count);
	return -1;
}

int quarantine_each(const char *path, const uint8_t secret[STORE_KEY_LEN],
		    int (*fn)(void *arg, const struct store_object *o), void *arg,
		    char error[STORE_ERROR_MAX])
{
	struct reading *r = calloc(1, sizeof(*r));
	struct seal_keys keys;
	int ret = -1;

	if (r && !seal_keys_derive(&keys, secret, 0)) {
		r->opener = opener_new(keys.quarantine);
		r->file = fopen(path, "re");
	}
	OPENSSL_cleanse(&keys, sizeof(keys));
	if (r && r->opener && r->file)
		ret = read_all(r, path, fn, arg, error);
	else
		snprintf(error, STORE_ERROR_MAX, "%s: %s", path, strerror(errno ? errno : EIO));
	if (r) {
		if (r->file)
			fclose(r->file);
		opener_free(r->opener);
		OPENSSL_cleanse(r->plain, sizeof(r->plain));
	}
	free(r);
	return ret;
}
