/* SPDX-License-Identifier: GPL-2.0 */
/* What can be told of a frame without handling it: for the trace and for counters. */
#ifndef HSM_PUMP_FRAME_H
#define HSM_PUMP_FRAME_H

#include "../core/step.h"

#define FRAME_LINE_MAX 160

/* Type of a frame or of its beginning, 0 if it is too short to have one; see enum message_type. */
unsigned int frame_type(struct bytes head);

/* "PREPARE" for MSG_PREPARE; "?" for what is none. */
const char *frame_name(unsigned int type);

/**
 * frame_describe() - say in one line what a frame says
 * @head: frame, or its beginning if @tail is not empty
 * @tail: rest of the frame
 * @line: filled in
 */
void frame_describe(struct bytes head, struct bytes tail, char line[FRAME_LINE_MAX]);

#endif /* HSM_PUMP_FRAME_H */
