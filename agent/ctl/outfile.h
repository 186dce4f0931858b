/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hsmreplctl: a file that is there whole or not at all, readable by its owner only.
 */
#ifndef HSM_CTL_OUTFILE_H
#define HSM_CTL_OUTFILE_H

#include <limits.h>
#include <stdio.h>

#include "ctl.h"

/**
 * struct outfile - a file being written
 * @path: how it will be called, "-" for standard output
 * @fresh: how it is called until then
 * @force: it may replace one that is there
 * @file: written to
 */
struct outfile {
	const char *path;
	char fresh[PATH_MAX];
	bool force;
	FILE *file;
};

/**
 * outfile_open() - begin
 * @ctl: the tool
 * @path: a terminal is refused as "-"
 * @force: one that is there may be replaced
 * @out: filled in
 *
 * An interrupt removes what was written. Return: CTL_GO_ON, or CTL_FAILED after a message.
 */
int outfile_open(struct ctl *ctl, const char *path, bool force, struct outfile *out);

/** outfile_write() - CTL_GO_ON, or CTL_FAILED after a message */
int outfile_write(struct ctl *ctl, struct outfile *out, const void *bytes, size_t len);

/** outfile_end() - give it its name, durably; CTL_GO_ON, or CTL_FAILED after a message */
int outfile_end(struct ctl *ctl, struct outfile *out);

/** outfile_drop() - what was not ended goes; also after an end */
void outfile_drop(struct outfile *out);

#endif /* HSM_CTL_OUTFILE_H */
