/* SPDX-License-Identifier: GPL-2.0 */
/* Sockets that the parts of slp-ask share. */
#ifndef HSM_TESTS_SLP_ASK_H
#define HSM_TESTS_SLP_ASK_H

#include "slp.h"

#define ASK_PATIENCE_MS 10000	/* far more than any answer takes */

/* End with a message and status 1. */
_Noreturn void ask_fail(const char *what);

/* Datagrams from @here (0: any), any port unless one is given; multicast goes out there. */
int ask_udp(uint32_t here, uint16_t port);
void ask_send(int fd, uint32_t to, struct bytes data);

/* One datagram: its length, 0 after @ms without any. @from: its sender. */
size_t ask_receive(int fd, int ms, uint8_t buf[SLP_MTU + 1], uint32_t *from);

/* A request by TCP, and the answer: its length, 0 if the other side ends the connection. */
size_t ask_by_stream(uint32_t here, uint32_t to, struct bytes data, uint8_t buf[SLP_STREAM_MAX]);

/* One message from a connected stream: its length, 0 at the end. */
size_t ask_read_stream(int fd, uint8_t buf[SLP_STREAM_MAX]);

/* fake.c: be a node whose attributes by datagram are cut, so that who asks must come by TCP. */
void fake_serve(uint32_t here, const char *scope, const char *key_set);

/* noise.c: @n bent messages by datagram and TCP; then it must still answer. */
void noise_make(uint32_t here, uint32_t to, const char *scope, unsigned int n);

#endif /* HSM_TESTS_SLP_ASK_H */
