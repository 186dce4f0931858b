/* SPDX-License-Identifier: GPL-2.0 */
/* The store's directory. */
#ifndef HSM_STORE_HOME_H
#define HSM_STORE_HOME_H

#include "store.h"

#define HOME_PATH_MAX	512
#define HOME_FILE_MAX	(HOME_PATH_MAX + 64)

/* Files of others in it, which a wipe takes along. */
#define IMPORT_FILE		"sync.db"	/* of an import */
#define QUARANTINE_NAME		"quarantine-"	/* begins the names of what was put aside */
#define QUARANTINE_FRESH	"quarantine.new"	/* until it is whole */
#define ORDER_FILE		"live-sync"	/* where the agent is with a Live-Sync */

/**
 * home_open() - make the directory if it is not there, open it, lock it against a second agent
 * @dir: state directory
 * @dir_fd: set; closed by the caller, also after a failure, unless it is -1 still
 * @lock_fd: likewise
 * @error: filled in on failure: what is wrong and what to do
 * Returns 0, or -1 with @error set.
 */
int home_open(const char *dir, int *dir_fd, int *lock_fd, char error[STORE_ERROR_MAX]);

/* Path of a file in it. */
void home_file(const char *dir, const char *name, char path[HOME_FILE_MAX]);

/* Compose an error. Returns -1. */
int home_error(const char *dir, const char *what, int error, const char *remedy,
	       char text[STORE_ERROR_MAX]);

/*
 * Each name that begins with @prefix; @fn may remove it. Returns what @fn returned if not zero, or
 * -errno.
 */
int home_each(int dir_fd, const char *prefix, int (*fn)(void *arg, int dir_fd, const char *name),
	      void *arg);

#endif /* HSM_STORE_HOME_H */
