/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small text files that are whole or not there, whenever the power goes. Each by the descriptor of
 * its directory, or by the directory's path.
 */
#ifndef HSM_BASE_NOTE_H
#define HSM_BASE_NOTE_H

#include <stddef.h>

/* Write @text as file @name, durably. Returns 0 or -errno. */
int note_write_at(int dir_fd, const char *name, const char *text);
int note_write(const char *dir, const char *name, const char *text);

/* Read it as a string, @room bytes at most. Returns 1, 0 if there is none, or -errno. */
int note_read_at(int dir_fd, const char *name, char *text, size_t room);
int note_read(const char *dir, const char *name, char *text, size_t room);

/* Remove it, durably. Returns 0, also if there is none, or -errno. */
int note_drop_at(int dir_fd, const char *name);
int note_drop(const char *dir, const char *name);

#endif /* HSM_BASE_NOTE_H */
