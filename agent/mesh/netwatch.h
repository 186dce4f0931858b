/* SPDX-License-Identifier: GPL-2.0 */
/* Tells when a link or an address of this machine changed: the moment to dial peers again. */
#ifndef HSM_MESH_NETWATCH_H
#define HSM_MESH_NETWATCH_H

struct event_base;
struct netwatch;

#define NETWATCH_ERROR_MAX 256

/**
 * netwatch_new() - listen to rtnetlink
 * @base: event loop
 * @changed: something changed; called once for all that was waiting. It only takes note
 * @arg: of the callback
 * @error: what is wrong and what to do
 * Returns NULL with @error set.
 */
struct netwatch *netwatch_new(struct event_base *base, void (*changed)(void *arg), void *arg,
			      char error[NETWATCH_ERROR_MAX]);
void netwatch_free(struct netwatch *w);

#endif /* HSM_MESH_NETWATCH_H */
