/* SPDX-License-Identifier: GPL-2.0 */
/* Credentials: files that the service manager hands to this service alone, systemd.exec(5). */
#ifndef HSM_BASE_CREDENTIAL_H
#define HSM_BASE_CREDENTIAL_H

#include <stdbool.h>

/** credential_directory() - where they are ($CREDENTIALS_DIRECTORY), NULL without any */
const char *credential_directory(void);

/** credential_is() - does the service manager keep @path from all others? */
bool credential_is(const char *path);

/** credential_remedy() - what to do about @path that cannot be opened, @reason being errno */
const char *credential_remedy(const char *path, int reason);

#endif /* HSM_BASE_CREDENTIAL_H */
