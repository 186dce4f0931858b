// SPDX-License-Identifier: GPL-2.0
#include "credential.h"

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
