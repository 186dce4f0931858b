/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Console: one administrative request, in a thread and on a handle of its own.
 */
#ifndef HSM_CONSOLE_REQUEST_H
#define HSM_CONSOLE_REQUEST_H

struct json_object;
struct request;

/**
 * request_start() - send it
 * @path: device, as hsmrepl_open() takes it
 * @verb: enum hsmrepl_verb
 * @json: taken over
 * @request: set on 0; request_take() or request_forget() frees it
 */
int request_start(const char *path, unsigned int verb, struct json_object *json,
		  struct request **request);

/** request_fd() - descriptor for poll(): readable when it has ended */
int request_fd(const struct request *request);

/**
 * request_take() - the answer of a request that has ended
 * @request: freed by it
 * @answer: set to the agent's answer, or NULL; json_object_put() frees it
 *
 * Return: 0, or the negative errno of the device or of the agent's refusal.
 */
int request_take(struct request *request, struct json_object **answer);

/** request_forget() - its answer is not wanted any more */
void request_forget(struct request *request);

#endif /* HSM_CONSOLE_REQUEST_H */
