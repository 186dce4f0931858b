// SPDX-License-Identifier: GPL-2.0
/*
 * hsmreplctl: writes a .tar.gz (POSIX.1-1988, "ustar").
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <zlib.h>

#include "tar.h"

#define BLOCK 512

/**
 * struct tar - one archive
 * @gz: where it goes
 * @error: the first that happened, as -errno
 */
struct tar {
	gzFile gz;
	int error;
};

/**
 * struct tar_head - the header of a file; numbers are octal digits
 */
struct tar_head {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6];
	char version[2];
	char user[32];
	char group[32];
	char device_major[8];
	char device_minor[8];
	char prefix[155];
	char padding[12];
};

_Static_assert(sizeof(struct tar_head) == BLOCK, "one block");

struct tar *tar_open(int fd)
{
	struct tar *tar = calloc(1, sizeof(*tar));
	int own = dup(fd);

	if (tar && own >= 0)
		tar->gz = gzdopen(own, "wb");
	if (tar && tar->gz)
		return tar;
	if (own >= 0)
		close(own);
	free(tar);
	return NULL;
}

static void put(struct tar *tar, const void *bytes, size_t len)
{
	errno = 0;
	if (!tar->error && len && gzwrite(tar->gz, bytes, (unsigned int)len) != (int)len)
		tar->error = errno ? -errno : -EIO;
}

/* The sum of all bytes, with spaces where it stands itself. */
static void add_checksum(struct tar_head *head)
{
	const unsigned char *byte = (const unsigned char *)head;
	unsigned int sum = 0;
	size_t i;

	memset(head->checksum, ' ', sizeof(head->checksum));
	for (i = 0; i < sizeof(*head); i++)
		sum += byte[i];
	snprintf(head->checksum, sizeof(head->checksum), "%06o", sum & 0777777);
}

int tar_add(struct tar *tar, const char *name, const void *bytes, size_t len)
{
	static const char zeros[BLOCK];
	struct tar_head head = { .type = '0', .magic = "ustar", .version = { '0', '0' } };

	snprintf(head.name, sizeof(head.name), "%s", name);
	snprintf(head.mode, sizeof(head.mode), "%07o", 0600);
	snprintf(head.uid, sizeof(head.uid), "%07o", 0);
	snprintf(head.gid, sizeof(head.gid), "%07o", 0);
	snprintf(head.size, sizeof(head.size), "%011o", (unsigned int)len);
	snprintf(head.mtime, sizeof(head.mtime), "%011llo",
		 (unsigned long long)time(NULL) & 077777777777ULL);
	add_checksum(&head);
	put(tar, &head, sizeof(head));
	put(tar, bytes, len);
	put(tar, zeros, (BLOCK - len % BLOCK) % BLOCK);
	return tar->error;
}

int tar_close(struct tar *tar)
{
	static const char end[2 * BLOCK];
	int ret;

	put(tar, end, sizeof(end));
	ret = tar->error;
	if (gzclose(tar->gz) != Z_OK && !ret)
		ret = -EIO;
	free(tar);
	return ret;
}
