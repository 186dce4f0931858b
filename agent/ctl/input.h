/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hsmreplctl: files that it is given, "-" for standard input.
 */
#ifndef HSM_CTL_INPUT_H
#define HSM_CTL_INPUT_H

#include <stdio.h>

#include "ctl.h"

/** input_open() - open @path for reading; CTL_GO_ON or CTL_FAILED after a message */
int input_open(struct ctl *ctl, const char *path, FILE **file);

/** input_end() - no more lines: was that the end? CTL_GO_ON, or CTL_FAILED after a message */
int input_end(struct ctl *ctl, FILE *file);

/**
 * input_payload() - read a payload whole
 * @ctl: the tool
 * @path: file, or - for standard input
 * @bytes: set to it; input_wipe() frees it
 * @len: set to its length, at most HSMREPL_PAYLOAD_MAX
 *
 * Return: CTL_GO_ON, or CTL_FAILED after a message.
 */
int input_payload(struct ctl *ctl, const char *path, void **bytes, size_t *len);

/** input_wipe() - wipe and free */
void input_wipe(void *bytes, size_t len);

#endif /* HSM_CTL_INPUT_H */
