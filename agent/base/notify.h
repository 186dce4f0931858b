/* SPDX-License-Identifier: GPL-2.0 */
/* What the service manager is told: the datagram protocol of sd_notify(3), without its library. */
#ifndef HSM_BASE_NOTIFY_H
#define HSM_BASE_NOTIFY_H

#include <stdbool.h>

/**
 * notify_send() - tell the service manager, if there is one ($NOTIFY_SOCKET)
 * @text: "READY=1" and its like
 * Returns 0, or -errno if there is one and it could not be told.
 */
int notify_send(const char *text);

/* Whether there is a service manager to tell. */
bool notify_managed(void);

/**
 * notify_watchdog_ms() - how often to send "WATCHDOG=1" to the service manager
 * Returns milliseconds, half of what it waits for; 0 if it does not wait for any.
 */
unsigned int notify_watchdog_ms(void);

#endif /* HSM_BASE_NOTIFY_H */
