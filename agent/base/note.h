/* SPDX-License-Identifier: GPL-2.0 */
/* Small text files in the state directory that are whole or not there, whenever the power goes. */
#ifndef HSM_BASE_NOTE_H
#define HSM_BASE_NOTE_H

#include <stddef.h>

/* Write @text as file @name of @dir, durably. Returns 0 or -errno. */
int note_write(const char *dir, const char *name, const char *text);

/* Read it as a string, @room bytes at most. Returns 1, 0 if there is none, or -errno. */
int note_read(const char *dir, const char *name, char *text, size_t room);

/* Remove it, durably. Returns 0, also if there is none, or -errno. */
int note_drop(const char *dir, const char *name);

#endif /* HSM_BASE_NOTE_H */
