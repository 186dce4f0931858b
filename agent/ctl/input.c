// SPDX-License-Identifier: GPL-2.0
/*
 * hsmreplctl: files that it is given.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"

#define HINT	"give a file that can be read, or -"

int input_open(struct ctl *ctl, const char *path, FILE **file)
{
	*file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	if (!*file)
		return ctl_refuse(ctl, path, strerror(errno), HINT);
	return CTL_GO_ON;
}

int input_end(struct ctl *ctl, FILE *file)
{
	return ferror(file) ? ctl_refuse(ctl, NULL, strerror(errno), HINT) : CTL_GO_ON;
}

int input_payload(struct ctl *ctl, const char *path, void **bytes, size_t *len)
{
	const size_t room = HSMREPL_PAYLOAD_MAX + 1;
	int failed, status;
	FILE *file;

	status = input_open(ctl, path, &file);
	if (status != CTL_GO_ON)
		return status;
	*bytes = malloc(room);
	if (!*bytes)
		return ctl_fail(ctl, path, -ENOMEM);
	setvbuf(file, NULL, _IONBF, 0);
	*len = fread(*bytes, 1, room, file);
	failed = ferror(file) ? errno : 0;
	if (file != stdin)
		fclose(file);
	if (!failed && *len < room)
		return CTL_GO_ON;
	input_wipe(*bytes, *len);
	if (failed)
		return ctl_refuse(ctl, path, strerror(failed), HINT);
	return ctl_refuse(ctl, path, "longer than 65536 bytes (EMSGSIZE)", "make it smaller");
}

void input_wipe(void *bytes, size_t len)
{
	explicit_bzero(bytes, len);
	free(bytes);
}
