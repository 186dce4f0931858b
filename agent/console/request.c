// SPDX-License-Identifier: GPL-2.0
/*
 * Console: one administrative request.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <json-c/json.h>

#include "hsmrepl.h"
#include "request.h"
#include "../ctl/ctl.h"

/**
 * struct request - one request
 * @users: threads that hold it; the last one frees it
 * @done: eventfd
 * @path: device
 * @verb: enum hsmrepl_verb
 * @text: request
 * @reply: answer, or NULL
 * @error: 0 or a negative errno
 */
struct request {
	atomic_uint users;
	int done;
	const char *path;
	unsigned int verb;
	char *text;
	char *reply;
	int error;
};

static void let_go(struct request *request)
{
	if (atomic_fetch_sub(&request->users, 1) > 1)
		return;
	close(request->done);
	free(request->text);
	free(request->reply);
	free(request);
}

static void *run(void *arg)
{
	struct request *request = arg;
	struct hsmrepl *dev = hsmrepl_open(request->path, O_RDWR);

	if (dev)
		request->error = hsmrepl_node_ask(dev, request->verb, request->text, CTL_ASK_MS,
						  &request->reply);
	else
		request->error = -errno;
	hsmrepl_close(dev);
	eventfd_write(request->done, 1);
	let_go(request);
	return NULL;
}

static int launch(struct request *request)
{
	pthread_t thread;
	int ret;

	atomic_fetch_add(&request->users, 1);
	ret = pthread_create(&thread, NULL, run, request);
	if (ret)
		atomic_fetch_sub(&request->users, 1);
	else
		pthread_detach(thread);
	return -ret;
}

int request_start(const char *path, unsigned int verb, struct json_object *json,
		  struct request **request)
{
	int ret = -ENOMEM;

	*request = calloc(1, sizeof(**request));
	if (!*request)
		goto out_put;
	atomic_init(&(*request)->users, 1);
	(*request)->path = path;
	(*request)->verb = verb;
	(*request)->done = eventfd(0, EFD_CLOEXEC);
	(*request)->text = strdup(json_object_to_json_string(json));
	if ((*request)->done < 0)
		ret = -errno;
	else if ((*request)->text)
		ret = launch(*request);
	if (ret)
		let_go(*request);
out_put:
	json_object_put(json);
	return ret;
}

int request_fd(const struct request *request)
{
	return request->done;
}

int request_take(struct request *request, struct json_object **answer)
{
	int error = request->error;

	*answer = request->reply ? json_tokener_parse(request->reply) : NULL;
	let_go(request);
	return error;
}

void request_forget(struct request *request)
{
	let_go(request);
}
