/* SPDX-License-Identifier: GPL-2.0 */
/* Numeric addresses as text and as the kernel has them. */
#ifndef HSM_MESH_ADDRESS_H
#define HSM_MESH_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#define ADDRESS_TEXT_MAX 64	/* "address:port" */

/**
 * address_parse() - read a numeric "host:port"
 * @text: numeric, NUL terminated
 * @addr: filled in
 * @len: bytes of @addr
 * Returns false if the host is a name, or the text is no address.
 */
bool address_parse(const char *text, struct sockaddr_storage *addr, socklen_t *len);

/* Is the host of a numeric @text that of @addr? */
bool address_same_host(const char *text, const struct sockaddr *addr);

/* Write an address without its port. */
void address_host(const struct sockaddr *addr, char text[ADDRESS_TEXT_MAX]);

/**
 * address_write() - write an address as "address:port"
 * @addr: address
 * @text: ADDRESS_TEXT_MAX bytes
 */
void address_write(const struct sockaddr *addr, char text[ADDRESS_TEXT_MAX]);

#endif /* HSM_MESH_ADDRESS_H */
