// SPDX-License-Identifier: GPL-2.0
/*
 * hsmreplctl: a file that is there whole or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outfile.h"

#define EXISTS	"it is there already"
#define INSTEAD	"give another name, or --force to replace it"

/* For the handler: the file that an interrupt removes. */
static char unfinished[PATH_MAX];

static void on_interrupt(int signal)
{
	if (unfinished[0])
		unlink(unfinished);
	raise(signal);
}

static void heed_interrupts(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ };
	const struct sigaction action = {
		.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND,
	};
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

static int refuse(struct ctl *ctl, const struct outfile *out, int error)
{
	return ctl_refuse(ctl, out->path, strerror(error),
			  error == ENOSPC ? "make room there, or give another place" :
			  "give a name in a directory that can be written");
}

int outfile_open(struct ctl *ctl, const char *path, bool force, struct outfile *out)
{
	int fd;

	*out = (struct outfile) { .path = path, .force = force };
	if (!strcmp(path, "-")) {
		out->file = stdout;
		return isatty(STDOUT_FILENO) ?
			ctl_refuse(ctl, path, "standard output is a terminal", "give a name, or "
				   "send it to a file or program") : CTL_GO_ON;
	}
	if (!force && !access(path, F_OK))
		return ctl_refuse(ctl, path, EXISTS, INSTEAD);
	if (snprintf(out->fresh, sizeof(out->fresh), "%s.XXXXXX", path) >=
	    (int)sizeof(out->fresh))
		return refuse(ctl, out, ENAMETOOLONG);
	heed_interrupts();
	fd = mkostemp(out->fresh, O_CLOEXEC);		/* mode 0600 */
	if (fd < 0) {
		out->fresh[0] = '\0';
		return refuse(ctl, out, errno);
	}
	memcpy(unfinished, out->fresh, sizeof(unfinished));
	out->file = fdopen(fd, "w");
	if (out->file)
		return CTL_GO_ON;
	close(fd);
	return refuse(ctl, out, ENOMEM);
}

int outfile_write(struct ctl *ctl, struct outfile *out, const void *bytes, size_t len)
{
	errno = EIO;
	return fwrite(bytes, 1, len, out->file) == len ? CTL_GO_ON : refuse(ctl, out, errno);
}

/* Some filesystems cannot look and rename in one. */
static int rename_fresh(const struct outfile *out)
{
	if (out->force)
		return rename(out->fresh, out->path);
	if (!renameat2(AT_FDCWD, out->fresh, AT_FDCWD, out->path, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL)
		return -1;
	if (access(out->path, F_OK))
		return rename(out->fresh, out->path);
	errno = EEXIST;
	return -1;
}

static int flush_directory(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int ret;

	free(copy);
	if (fd < 0)
		return -1;
	ret = fsync(fd);
	close(fd);
	return ret;
}

int outfile_end(struct ctl *ctl, struct outfile *out)
{
	if (out->file == stdout)
		return fflush(stdout) ? refuse(ctl, out, errno) : CTL_GO_ON;
	if (fflush(out->file) || fsync(fileno(out->file)) || rename_fresh(out)) {
		if (errno == EEXIST)
			return ctl_refuse(ctl, out->path, EXISTS, INSTEAD);
		return refuse(ctl, out, errno);
	}
	out->fresh[0] = '\0';
	unfinished[0] = '\0';
	return flush_directory(out->path) ? refuse(ctl, out, errno) : CTL_GO_ON;
}

void outfile_drop(struct outfile *out)
{
	if (out->file && out->file != stdout)
		fclose(out->file);
	out->file = NULL;
	if (out->fresh[0])
		unlink(out->fresh);
	out->fresh[0] = '\0';
	unfinished[0] = '\0';
}
