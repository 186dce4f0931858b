/* SPDX-License-Identifier: GPL-2.0 */
/* Sending messages over a service connection. */
#ifndef HSM_SYNC_POST_H
#define HSM_SYNC_POST_H

#include "message.h"

struct service;

void post(struct service *s, const struct sync_message *m);

/* SYNC_NO with a text. */
void post_no(struct service *s, uint64_t flags, const char *why);

#endif /* HSM_SYNC_POST_H */
