/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hsmreplctl: a progress bar on stderr, if that is a terminal.
 */
#ifndef HSM_CTL_PROGRESS_H
#define HSM_CTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct progress - one bar
 * @visible: stderr is a terminal
 * @total: bytes of the input, 0 if not known
 * @bytes: bytes of it read
 * @begin_ms: clock at the begin
 * @shown_ms: clock when it was drawn last
 */
struct progress {
	bool visible;
	uint64_t total;
	uint64_t bytes;
	uint64_t begin_ms;
	uint64_t shown_ms;
};

/** progress_begin() - begin; how long @input is tells what the whole is */
void progress_begin(struct progress *progress, FILE *input);

/** progress_bytes() - so many more bytes of the input were read */
void progress_bytes(struct progress *progress, uint64_t bytes);

/** progress_show() - draw it, not too often; @done objects are done */
void progress_show(struct progress *progress, uint64_t done);

/** progress_line() - draw it at @percent, with @text behind it */
void progress_line(struct progress *progress, unsigned int percent, const char *text);

/** progress_end() - take it off the screen */
void progress_end(struct progress *progress);

/** progress_ms() - milliseconds since the begin */
uint64_t progress_ms(const struct progress *progress);

#endif /* HSM_CTL_PROGRESS_H */
