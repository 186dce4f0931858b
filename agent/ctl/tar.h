/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hsmreplctl: writes a .tar.gz. Ours, on zlib: a ustar header is one struct, and libarchive would
 * bring libxml2 and ICU onto every appliance.
 */
#ifndef HSM_CTL_TAR_H
#define HSM_CTL_TAR_H

#include <stddef.h>

struct tar;

/** tar_open() - begin on a descriptor, which stays the caller's; NULL without memory */
struct tar *tar_open(int fd);

/** tar_add() - a file of mode 0600 with the time of now; @name: up to 99 bytes. 0 or -errno */
int tar_add(struct tar *tar, const char *name, const void *bytes, size_t len);

/** tar_close() - its end, unless something failed before; frees it. 0 or -errno */
int tar_close(struct tar *tar);

#endif /* HSM_CTL_TAR_H */
