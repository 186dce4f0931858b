/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hsmreplctl: takes out of a text what does not belong in other hands. A second line of defence:
 * logs and configuration hold no keys to begin with.
 */
#ifndef HSM_CTL_REDACT_H
#define HSM_CTL_REDACT_H

#include <stdio.h>

/**
 * redact_text() - copy lines
 * @text: NUL terminated
 * @to: written to
 *
 * Left out are runs that may be a key (64 hex digits or more, 43 characters of base64 or more) and
 * lines of a private key in PEM.
 */
void redact_text(const char *text, FILE *to);

/**
 * redact_config() - copy the lines of a hsmrepld.conf
 * @from: read to its end
 * @to: written to
 *
 * Only the keys that it may have; of those that name a secret's file only a path.
 */
void redact_config(FILE *from, FILE *to);

#endif /* HSM_CTL_REDACT_H */
