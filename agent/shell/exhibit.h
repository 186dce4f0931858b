/* SPDX-License-Identifier: GPL-2.0 */
/* What a quarantine file holds, for whoever may read the key set. */
#ifndef HSM_SHELL_EXHIBIT_H
#define HSM_SHELL_EXHIBIT_H

#include <stdbool.h>

/**
 * exhibit_print() - print a quarantine file as JSON lines, whether or not an agent runs
 * @config: path of the agent's configuration, which names state directory and key set
 * @file: name in the state directory, or a path
 * @payloads: lines that hsmreplctl load and txn take; else label, type, version, seq and size
 *
 * A file that was cut off, or changed, is an error, told after the objects before that place.
 * Returns 0, or 1 after a message.
 */
int exhibit_print(const char *config, const char *file, bool payloads);

#endif /* HSM_SHELL_EXHIBIT_H */
