/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests of the software device: its socket without the client library.
 */
#ifndef _SOFTSOCK_H
#define _SOFTSOCK_H

/** softsock_reach() - a socket connected to the device at @path, or -1 */
int softsock_reach(const char *path);

#endif /* _SOFTSOCK_H */
