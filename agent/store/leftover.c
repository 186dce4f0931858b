// SPDX-License-Identifier: GPL-2.0
#include "leftover.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "import_private.h"

int leftover_drop(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = import_remove_files(fd);
	close(fd);
	return ret;
}
