/* SPDX-License-Identifier: GPL-2.0 */
/* What on this very machine keeps us from an address. */
#ifndef HSM_MESH_BARRIER_H
#define HSM_MESH_BARRIER_H

#include <stdbool.h>
#include <stddef.h>

/**
 * barrier_before() - whether IPAddressAllow= of the service, or a firewall here, is in the way
 * @where: numeric "address:port"
 * @text: says so, and what to do
 * @size: bytes at @text
 * Returns false, and an empty @text, if nothing is known to be.
 *
 * Both drop a connection's first packet without a word, so that it looks like silence of the other
 * side. A datagram fails with EPERM: one without content is sent, to the port for such, and no
 * router passes it on.
 */
bool barrier_before(const char *where, char *text, size_t size);

#endif /* HSM_MESH_BARRIER_H */
