/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests of the ABI: what a scene of abi-behaviour begins with, and how it ends at the first thing
 * that is not as it must be.
 */
#ifndef _SCENE_H
#define _SCENE_H

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "fake.h"

/**
 * struct scene - one scene: a member of a pool of one, its content empty
 * @path: device
 * @fake: its agent
 * @dev: a caller, O_RDWR and O_NONBLOCK
 * @info: limits of the device
 */
struct scene {
	const char *path;
	struct fake fake;
	struct hsmrepl *dev;
	struct hsmrepl_info info;
};

/**
 * struct scene_entry - a scene in the table
 * @name: what it shows
 * @play: returns NULL, or what is not as it must be
 */
struct scene_entry {
	const char *name;
	const char *(*play)(struct scene *scene);
};

extern const struct scene_entry scenes_agent[];
extern const struct scene_entry scenes_caller[];
extern const struct scene_entry scenes_content[];

#define SCENE_STRING(x)		#x
#define SCENE_LINE(x)		SCENE_STRING(x)

/* Ends the scene unless @condition holds. */
#define MUST(condition)							\
	do {								\
		if (!(condition))					\
			return __FILE__ ":" SCENE_LINE(__LINE__) ": " #condition; \
	} while (0)

/**
 * struct waiter - a caller in a thread of its own, that waits in a SUBMIT
 * @thread: the thread
 * @dev: its handle
 * @txn: what it submits
 * @timeout_ms: of the SUBMIT
 * @result: of the SUBMIT
 * @ret: of the SUBMIT
 */
struct waiter {
	pthread_t thread;
	struct hsmrepl *dev;
	struct hsmrepl_txn *txn;
	unsigned int timeout_ms;
	struct hsmrepl_submit result;
	int ret;
};

/** waiter_start() - create @label in a thread; 0 or a negative errno. It is queued on return */
int waiter_start(struct waiter *waiter, struct scene *scene, const char *label,
		 unsigned int timeout_ms);

/** waiter_join() - wait for its end; what SUBMIT returned */
int waiter_join(struct waiter *waiter);

/** scene_state() - state of the device; all zero if it cannot be read */
struct hsmrepl_state scene_state(struct scene *scene);

/** scene_completion() - the next completion of @dev; false if none comes in time */
int scene_completion(struct hsmrepl *dev, struct hsmrepl_completion *completion, uint64_t *tid);

/** scene_holds() - whether @label holds exactly this payload */
int scene_holds(struct scene *scene, const char *label, const void *payload, size_t len);

#endif /* _SCENE_H */
