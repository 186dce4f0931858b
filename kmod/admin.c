// SPDX-License-Identifier: GPL-2.0
/* Administrative requests on their way to the agent and back. */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "device.h"
#include "records.h"

/**
 * struct admin_request - one request; lives on the stack of its caller
 * @node: in fresh or sent of struct hsm_admin, or nowhere once it is over
 * @id: number in the ADMIN record
 * @verb: enum hsmrepl_verb
 * @json: request text
 * @json_len: bytes
 * @answer: text of the agent, from vmemdup_user(); goes over to the caller
 * @answer_len: bytes
 * @status: of the answer
 * @error: 0 answered, -ENOTCONN the agent is gone
 * @over: completed when it is taken off the lists
 */
struct admin_request {
	struct list_head node;
	u64 id;
	u32 verb;
	void *json;
	u32 json_len;
	void *answer;
	u32 answer_len;
	u32 status;
	int error;
	struct completion over;
};

static void request_end(struct hsm_admin *admin, struct admin_request *request, int error)
{
	list_del_init(&request->node);
	admin->waiting--;
	request->error = error;
	complete(&request->over);
}

static int request_queue(struct hsm_device *device, struct admin_request *request)
{
	struct hsm_admin *admin = &device->admin;
	int err = 0;

	mutex_lock(&device->hsm.lock);
	if (!device->agent) {
		err = -ENOTCONN;
	} else if (admin->waiting >= HSM_ADMIN_WAITING_MAX) {
		err = -EAGAIN;
	} else {
		request->id = ++admin->last;
		list_add_tail(&request->node, &admin->fresh);
		admin->waiting++;
		hsm_device_wake_agent(device);
	}
	mutex_unlock(&device->hsm.lock);
	return err;
}

/* Until it is over. What came first counts: a timeout that meets an answer takes the answer. */
static int request_wait(struct hsm_device *device, struct admin_request *request, u32 timeout_ms)
{
	long left = wait_for_completion_interruptible_timeout(&request->over,
							      hsm_timeout(timeout_ms));

	mutex_lock(&device->hsm.lock);
	if (!list_empty(&request->node))
		request_end(&device->admin, request, left < 0 ? -EINTR : -ETIMEDOUT);
	mutex_unlock(&device->hsm.lock);
	return request->error;
}

/* Hands the answer to the caller's memory. */
static int answer_copy(struct hsmrepl_admin *arg, const struct admin_request *request)
{
	arg->answer_len = request->answer_len;
	arg->status = request->status;
	if (request->answer_len > arg->answer_max)
		return -EMSGSIZE;
	if (copy_to_user(u64_to_user_ptr(arg->answer), request->answer, request->answer_len))
		return -EFAULT;
	return 0;
}

/**
 * hsm_admin_request() - HSMREPL_IOC_ADMIN
 * @file: of the caller
 * @arg: as in the uapi header
 * @may_write: the file was opened for writing
 *
 * Return: 0 or an error as in the uapi header; -EAGAIN: too many requests wait.
 */
int hsm_admin_request(struct hsm_file *file, struct hsmrepl_admin *arg, bool may_write)
{
	struct admin_request request = {
		.verb = arg->verb,
		.json_len = arg->request_len,
	};
	int err;

	if (!arg->verb || arg->request_len > HSMREPL_ADMIN_MAX)
		return -EINVAL;
	if (arg->verb >= HSMREPL_VERB_WRITE && !may_write)
		return -EACCES;
	request.json = vmemdup_user(u64_to_user_ptr(arg->request), arg->request_len);
	if (IS_ERR(request.json))
		return PTR_ERR(request.json);
	INIT_LIST_HEAD(&request.node);
	init_completion(&request.over);
	err = request_queue(file->device, &request);
	if (!err)
		err = request_wait(file->device, &request, arg->timeout_ms);
	if (!err)
		err = answer_copy(arg, &request);
	kvfree(request.answer);
	kvfree(request.json);
	return err;
}

/* Under the lock: the request that the agent answers, NULL if its caller is gone. */
static struct admin_request *request_find(const struct hsm_admin *admin, u64 id)
{
	struct admin_request *request;

	list_for_each_entry(request, &admin->sent, node) {
		if (request->id == id)
			return request;
	}
	return NULL;
}

/**
 * hsm_admin_answer() - HSMREPL_IOC_ANSWER
 * @file: of the agent
 * @arg: as in the uapi header
 *
 * Return: 0, -EMSGSIZE, -EINVAL, -EFAULT, -ENOMEM, -ENOENT: the caller is gone.
 */
int hsm_admin_answer(struct hsm_file *file, const struct hsmrepl_answer *arg)
{
	struct hsm_device *device = file->device;
	struct admin_request *request;
	void *answer;

	if (arg->answer_len > HSMREPL_ADMIN_MAX)
		return -EMSGSIZE;
	if (arg->status > HSM_ERRNO_MAX)
		return -EINVAL;
	answer = vmemdup_user(u64_to_user_ptr(arg->answer), arg->answer_len);
	if (IS_ERR(answer))
		return PTR_ERR(answer);
	mutex_lock(&device->hsm.lock);
	request = request_find(&device->admin, arg->request);
	if (request) {
		request->answer = answer;
		request->answer_len = arg->answer_len;
		request->status = arg->status;
		request_end(&device->admin, request, 0);
	}
	mutex_unlock(&device->hsm.lock);
	if (request)
		return 0;
	kvfree(answer);
	return -ENOENT;
}

static int add_request(struct hsm_records *records, const struct admin_request *request)
{
	const struct hsmrepl_admin_request head = {
		.verb = request->verb,
		.json_len = request->json_len,
	};
	void *body = hsm_records_add(records, HSMREPL_REC_ADMIN, 0, request->id,
				     sizeof(head) + request->json_len);

	if (!body)
		return -EMSGSIZE;
	memcpy(body, &head, sizeof(head));
	memcpy(body + sizeof(head), request->json, request->json_len);
	return 0;
}

/**
 * hsm_admin_read() - ADMIN records of all fresh requests
 * @device: its lock is held
 * @records: where they go
 *
 * Return: 0, -EMSGSIZE: one does not fit.
 */
int hsm_admin_read(struct hsm_device *device, struct hsm_records *records)
{
	struct hsm_admin *admin = &device->admin;
	struct admin_request *request, *next;
	int err;

	lockdep_assert_held(&device->hsm.lock);
	list_for_each_entry_safe(request, next, &admin->fresh, node) {
		err = add_request(records, request);
		if (err)
			return err;
		list_move_tail(&request->node, &admin->sent);
	}
	return 0;
}

/* The agent is gone: callers get ENOTCONN. Under the lock. */
void hsm_admin_detach(struct hsm_device *device)
{
	struct hsm_admin *admin = &device->admin;
	struct admin_request *request, *next;

	lockdep_assert_held(&device->hsm.lock);
	list_splice_init(&admin->fresh, &admin->sent);
	list_for_each_entry_safe(request, next, &admin->sent, node)
		request_end(admin, request, -ENOTCONN);
}
