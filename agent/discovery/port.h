/* SPDX-License-Identifier: GPL-2.0 */
/* The UDP socket of discovery: one for both agents, with the interface of every datagram. */
#ifndef HSM_DISCOVERY_PORT_H
#define HSM_DISCOVERY_PORT_H

#include "nets.h"
#include "../slp/slp.h"

/**
 * struct datagram - one that came in
 * @from: sender
 * @from_port: of the sender
 * @to: where it was sent to: one of our addresses, or a group
 * @ifindex: interface that it came in by
 * @n: bytes of @data; more than SLP_MTU for one that was longer
 * @data: bytes
 */
struct datagram {
	uint32_t from;
	uint16_t from_port;
	uint32_t to;
	unsigned int ifindex;
	size_t n;
	uint8_t data[SLP_MTU + 1];
};

/*
 * A socket that listens to @port on all interfaces, the service manager's if it has one. Returns
 * it, or a negative errno.
 */
int port_open(uint16_t port);

/* Become, or stop being, a member of the group there. Returns 0 or a negative errno. */
int port_join(int fd, const struct net *net);
int port_leave(int fd, const struct net *net);

/* The next datagram that waits: 0, or a negative errno: -EAGAIN for none. */
int port_receive(int fd, struct datagram *d);

/**
 * port_send() - one datagram
 * @fd: socket
 * @net: interface and address to send from; NULL: as the routes say
 * @to: address
 * @port: UDP port
 * @data: bytes to send
 * Returns 0 or a negative errno.
 */
int port_send(int fd, const struct net *net, uint32_t to, uint16_t port, struct bytes data);

#endif /* HSM_DISCOVERY_PORT_H */
