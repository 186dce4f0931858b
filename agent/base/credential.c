// SPDX-License-Identifier: GPL-2.0
#include "credential.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *credential_directory(void)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	return dir && *dir == '/' ? dir : NULL;
}

bool credential_is(const char *path)
{
	const char *dir = credential_directory();
	size_t n = dir ? strlen(dir) : 0;

	return dir && !strncmp(path, dir, n) && path[n] == '/' && !strchr(path + n + 1, '/');
}

const char *credential_remedy(const char *path, int reason)
{
	if (reason == EACCES)
		return ": the agent runs as a user who may not read it: have it handed over as "
		       "credential:NAME, see hsmrepld.conf(5)";
	if (reason == ENOENT && credential_is(path))
		return ": the service manager takes it from /etc/credstore: put it there";
	return "";
}
