/* SPDX-License-Identifier: GPL-2.0 */
/* Sockets that the service manager opened for us: sd_listen_fds(3). */
#ifndef HSM_BASE_HANDED_H
#define HSM_BASE_HANDED_H

#include <stdint.h>

/**
 * handed_socket() - the one for that port, if there is one
 * @type: SOCK_DGRAM or SOCK_STREAM; one of the latter listens already
 * @port: of IPv4
 * Returns a non-blocking descriptor that is the caller's to close, also for a second caller;
 * -1 if no such socket was handed over.
 */
int handed_socket(int type, uint16_t port);

#endif /* HSM_BASE_HANDED_H */
