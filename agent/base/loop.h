/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The event loop of the daemon, over libevent: descriptors, signals, ticks, and notes of its own.
 */
#ifndef HSM_BASE_LOOP_H
#define HSM_BASE_LOOP_H

struct loop;
struct watch;
struct event_base;

/* Called when what is watched happened. */
typedef void (*loop_fn)(void *arg);

/* Return NULL without memory. */
struct loop *loop_new(void);
void loop_free(struct loop *l);

/* For what brings libevent sources of its own. */
struct event_base *loop_base(struct loop *l);

/**
 * loop_watch_fd() - call @fn whenever @fd is readable
 * loop_watch_signal() - call @fn on a signal
 * loop_watch_tick() - call @fn every @ms milliseconds
 * loop_watch_alarm() - call @fn some time after watch_alarm()
 * loop_watch_note() - call @fn after watch_note(), before anything else that waits
 * @l: loop
 * @fd: descriptor, not owned
 * @fn: called when it is ready
 * @arg: of @fn
 *
 * Return NULL without memory. watch_free() ends it; NULL is allowed there.
 */
struct watch *loop_watch_fd(struct loop *l, int fd, loop_fn fn, void *arg);
struct watch *loop_watch_signal(struct loop *l, int signal, loop_fn fn, void *arg);
struct watch *loop_watch_tick(struct loop *l, unsigned int ms, loop_fn fn, void *arg);
struct watch *loop_watch_alarm(struct loop *l, loop_fn fn, void *arg);
struct watch *loop_watch_note(struct loop *l, loop_fn fn, void *arg);
/* Once, in @ms milliseconds; an alarm set before is off. */
void watch_alarm(struct watch *w, unsigned int ms);
void watch_note(struct watch *w);
void watch_free(struct watch *w);

/* Runs until loop_end() is called. Returns 0, or -1 if there is nothing to wait for. */
int loop_run(struct loop *l);
void loop_end(struct loop *l);

#endif /* HSM_BASE_LOOP_H */
