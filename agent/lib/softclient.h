/* SPDX-License-Identifier: MIT */
/*
 * What the files of the library that speak to the software device share.
 */
#ifndef _SOFTCLIENT_H
#define _SOFTCLIENT_H

#include <sys/types.h>

struct hsmrepl;

/** soft_error() - errno of a call on a socket as the library's caller is told it */
int soft_error(void);

/** soft_read() - struct transport.read of the software device */
ssize_t soft_read(struct hsmrepl *dev, void *buf, size_t len);

#endif /* _SOFTCLIENT_H */
