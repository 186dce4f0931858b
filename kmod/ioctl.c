// SPDX-License-Identifier: GPL-2.0
/* ioctl commands: arguments in and out of callers' memory. */
#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "abi.h"
#include "device.h"
#include "netlink.h"
#include "user.h"

static void send_state(struct hsm_device *device, u32 event)
{
	struct hsm_event what = { .event = event, .minor = device->hsm.minor };

	mutex_lock(&device->hsm.lock);
	what.state = device->hsm.state;
	what.epoch = device->hsm.point.epoch;
	mutex_unlock(&device->hsm.lock);
	hsm_netlink_send(&what);
}

static int ioctl_info(struct file *filp, union hsm_abi_arg *arg)
{
	struct hsm_file *file = filp->private_data;

	hsm_info(&file->device->hsm, &arg->info);
	arg->info.features = HSMREPL_FEATURE_ASYNC | HSMREPL_FEATURE_PROTOCOL;
	return 0;
}

static int ioctl_state(struct file *filp, union hsm_abi_arg *arg)
{
	struct hsm_file *file = filp->private_data;
	struct hsm_device *device = file->device;
	long left = hsm_timeout(arg->state.timeout_ms);
	unsigned long seen;

	do {
		seen = hsm_device_changes(device);
		mutex_lock(&device->hsm.lock);
		hsm_state(&device->hsm, &arg->state);
		mutex_unlock(&device->hsm.lock);
		if (arg->state.seq >= arg->state.min_seq)
			return 0;
		left = hsm_device_wait(device, seen, left);
	} while (left > 0);
	return left;
}

/* The caller's operations as a transaction; what goes into it is copied once. */
static struct hsm_txn *take_txn(struct hsm_file *file, const struct hsmrepl_submit *arg)
{
	struct hsm_txn *txn;
	int err;

	if (arg->kind != HSMREPL_TL_DATA) {
		if (READ_ONCE(file->device->agent) != file)
			return ERR_PTR(-EPERM);
		if (!(arg->flags & HSMREPL_SUBMIT_ASYNC))
			return ERR_PTR(-EINVAL);
	}
	txn = hsm_txn_alloc(arg->kind, arg->n_ops, arg->ops_len);
	if (IS_ERR(txn))
		return txn;
	if (copy_from_user(hsm_txn_ops(txn), u64_to_user_ptr(arg->ops), arg->ops_len))
		err = -EFAULT;
	else
		err = hsm_txn_complete(txn, file->device->hsm.limits.payload_max);
	if (err) {
		hsm_txn_put(txn);
		return ERR_PTR(err);
	}
	txn->cookie = arg->cookie;
	return txn;
}

/* The caller's reference goes to the file. */
static int submit_async(struct hsm_file *file, struct hsmrepl_submit *arg, struct hsm_txn *txn)
{
	struct hsm *hsm = &file->device->hsm;
	int err = -EAGAIN;

	txn->async = true;
	txn->owner = file;
	mutex_lock(&hsm->lock);
	if (file->n_async < HSM_ASYNC_MAX)
		err = hsm_submit(hsm, txn);
	if (!err) {
		list_add_tail(&txn->owned, &file->pending);
		file->n_async++;
		arg->tid = txn->tid;
	}
	mutex_unlock(&hsm->lock);
	if (err)
		hsm_txn_put(txn);
	return err;
}

/* What the caller is told; nobody owns the transaction any more. Under the lock. */
static int submit_result(struct hsm_txn *txn, struct hsmrepl_submit *arg, long left)
{
	txn->owner = NULL;
	arg->tid = txn->tid;
	if (txn->state != HSM_TXN_DONE)
		return left == -ERESTARTSYS && !txn->given_up ? -EINTR : -EINPROGRESS;
	if (txn->error)
		return txn->error;
	arg->seq = txn->seq;
	arg->sync_point = txn->sync_point;
	arg->version = txn->version;
	memcpy(arg->id, txn->id, sizeof(arg->id));
	return 0;
}

static int submit_wait(struct hsm_file *file, struct hsmrepl_submit *arg, struct hsm_txn *txn)
{
	struct hsm *hsm = &file->device->hsm;
	struct hsm_waiter waiter;
	long left;
	int err;

	init_completion(&waiter.told);
	txn->owner = &waiter;
	mutex_lock(&hsm->lock);
	err = hsm_submit(hsm, txn);
	mutex_unlock(&hsm->lock);
	if (!err) {
		left = wait_for_completion_interruptible_timeout(&waiter.told,
								 hsm_timeout(arg->timeout_ms));
		mutex_lock(&hsm->lock);
		err = submit_result(txn, arg, left);
		mutex_unlock(&hsm->lock);
	}
	hsm_txn_put(txn);
	return err;
}

static int ioctl_submit(struct file *filp, union hsm_abi_arg *arg)
{
	struct hsm_file *file = filp->private_data;
	struct hsmrepl_submit *submit = &arg->submit;
	struct hsm_txn *txn = take_txn(file, submit);

	submit->tid = 0;
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	if (submit->flags & HSMREPL_SUBMIT_ASYNC)
		return submit_async(file, submit, txn);
	return submit_wait(file, submit, txn);
}

static int ioctl_outcome(struct file *filp, union hsm_abi_arg *arg)
{
	struct hsm_file *file = filp->private_data;
	struct hsmrepl_outcome *outcome = &arg->outcome;
	struct hsm_device *device = file->device;
	long left = hsm_timeout(outcome->timeout_ms);
	unsigned long seen;
	int err;

	if (outcome->wait > 1)
		return -EINVAL;
	do {
		seen = hsm_device_changes(device);
		mutex_lock(&device->hsm.lock);
		err = hsm_outcome(&device->hsm, outcome);
		mutex_unlock(&device->hsm.lock);
		if (err || !outcome->wait || outcome->outcome != HSMREPL_OUTCOME_PENDING)
			return err;
		left = hsm_device_wait(device, seen, left);
	} while (left > 0);
	return left;
}

/*
 * The object as it may be told, waiting for an undecided batch. A label that an object bears needs
 * no check. ERR_PTR.
 */
static struct hsm_object *get_object(struct hsm_device *device, const struct hsmrepl_get *get,
				     const char *label)
{
	bool committed = get->flags & HSMREPL_GET_COMMITTED;
	long left = 0;
	struct hsm_object *object;
	unsigned long seen;
	bool undecided;
	int err;

	do {
		seen = hsm_device_changes(device);
		object = hsm_store_get(&device->hsm.store, label, get->label_len, &undecided);
		err = object ? 0 : hsm_label_check(label, get->label_len);
		if (err)
			return ERR_PTR(err);
		err = hsm_readable(&device->hsm, committed);
		if (!err && (committed || !undecided))
			return object ?: ERR_PTR(-ENOENT);
		if (object)
			hsm_object_put(object);
		if (err == -ENOTCONN)
			return ERR_PTR(err);
		left = hsm_device_wait(device, seen, left ?: hsm_timeout(get->timeout_ms));
	} while (left > 0);
	return ERR_PTR(left);
}

static int ioctl_get(struct file *filp, union hsm_abi_arg *arg)
{
	struct hsm_file *file = filp->private_data;
	struct hsmrepl_get *get = &arg->get;
	char label[HSMREPL_LABEL_MAX] __uninitialized;	/* the first label_len bytes are used */
	struct hsm_object *object;
	int err = 0;

	if (get->label_len > sizeof(label))
		return -EMSGSIZE;
	if (hsm_bytes_from_user(label, u64_to_user_ptr(get->label), get->label_len))
		return -EFAULT;
	object = get_object(file->device, get, label);
	if (IS_ERR(object))
		return PTR_ERR(object);
	hsm_object_show(object, get);
	if (object->payload_len > get->buf_len)
		err = -EMSGSIZE;
	else if (copy_to_user(u64_to_user_ptr(get->buf), object->payload, object->payload_len))
		err = -EFAULT;
	hsm_object_put(object);
	return err;
}

static int list_fill(struct hsm_store *store, struct hsmrepl_list *list, const char *prefix)
{
	u8 __user *to = u64_to_user_ptr(list->buf);
	char label[HSMREPL_LABEL_MAX];
	struct hsm_object *object;
	union hsm_list_room room;
	u32 label_len;

	while (list->buf_len - list->used >= sizeof(room)) {
		if (signal_pending(current))
			return list->used ? 0 : -EINTR;
		object = hsm_store_list_next(store, &list->cursor, prefix, list->prefix_len, label,
					     &label_len);
		if (!object) {
			list->done = 1;
			return 0;
		}
		hsm_object_list(object, label, label_len, &room);
		hsm_object_put(object);
		if (copy_to_user(to + list->used, &room, room.entry.len))
			return -EFAULT;
		list->used += room.entry.len;
	}
	return 0;
}

static int ioctl_list(struct file *filp, union hsm_abi_arg *arg)
{
	struct hsm_file *file = filp->private_data;
	struct hsmrepl_list *list = &arg->list;
	char prefix[HSMREPL_LABEL_MAX];

	if (list->buf_len < HSM_LIST_ROOM_MIN || list->prefix_len > sizeof(prefix))
		return -EINVAL;
	if (copy_from_user(prefix, u64_to_user_ptr(list->prefix), list->prefix_len))
		return -EFAULT;
	list->used = 0;
	list->done = 0;
	return list_fill(&file->device->hsm.store, list, prefix);
}

static int ioctl_admin(struct file *filp, union hsm_abi_arg *arg)
{
	return hsm_admin_request(filp->private_data, &arg->admin, filp->f_mode & FMODE_WRITE);
}

static int ioctl_answer(struct file *filp, union hsm_abi_arg *arg)
{
	return hsm_admin_answer(filp->private_data, &arg->answer);
}

static int ioctl_attach(struct file *filp, union hsm_abi_arg *arg)
{
	struct hsm_file *file = filp->private_data;
	struct hsm_device *device = file->device;
	int err = 0;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	mutex_lock(&file->reading);
	if (!file->buffer)
		file->buffer = kvmalloc(HSMREPL_READ_MIN, GFP_KERNEL);
	if (!file->buffer)
		err = -ENOMEM;
	mutex_unlock(&file->reading);
	if (err)
		return err;
	mutex_lock(&device->hsm.lock);
	err = hsm_device_attach(device, file, &arg->attach);
	mutex_unlock(&device->hsm.lock);
	if (err)
		return err;
	send_state(device, HSMREPL_EVENT_ATTACH);
	send_state(device, HSMREPL_EVENT_STATE);
	return 0;
}

static int ioctl_load(struct file *filp, union hsm_abi_arg *arg)
{
	const struct hsmrepl_load *load = &arg->load;
	struct hsm_file *file = filp->private_data;
	struct hsm_device *device = file->device;
	struct hsmrepl_nl *nl = NULL;
	void *entries;
	int err;

	if (load->entries_len > HSMREPL_BATCH_MAX)
		return -EMSGSIZE;
	if (load->nl) {
		nl = memdup_user(u64_to_user_ptr(load->nl), sizeof(*nl));
		if (IS_ERR(nl))
			return PTR_ERR(nl);
	}
	entries = vmemdup_user(u64_to_user_ptr(load->entries), load->entries_len);
	if (IS_ERR(entries)) {
		kfree(nl);
		return PTR_ERR(entries);
	}
	mutex_lock(&device->hsm.lock);
	err = hsm_load(&device->hsm, load, entries, nl);
	mutex_unlock(&device->hsm.lock);
	kvfree_sensitive(entries, load->entries_len);
	kfree(nl);
	if (load->flags)
		send_state(device, HSMREPL_EVENT_STATE);
	return err;
}

static int ioctl_grant(struct file *filp, union hsm_abi_arg *arg)
{
	struct hsm_file *file = filp->private_data;
	struct hsm *hsm = &file->device->hsm;
	int err;

	mutex_lock(&hsm->lock);
	err = hsm_grant(hsm, &arg->grant);
	mutex_unlock(&hsm->lock);
	return err;
}

static int ioctl_prepare(struct file *filp, union hsm_abi_arg *arg)
{
	struct hsmrepl_prepare *prepare = &arg->prepare;
	struct hsm_file *file = filp->private_data;
	struct hsm *hsm = &file->device->hsm;
	void *tls;
	int err;

	if (prepare->tls_len > HSMREPL_BATCH_MAX)
		return -EMSGSIZE;
	tls = vmemdup_user(u64_to_user_ptr(prepare->tls), prepare->tls_len);
	if (IS_ERR(tls))
		return PTR_ERR(tls);
	mutex_lock(&hsm->lock);
	err = hsm_prepare(hsm, prepare, tls);
	mutex_unlock(&hsm->lock);
	if (err)
		kvfree_sensitive(tls, prepare->tls_len);
	return err;
}

static int ioctl_resolve(struct file *filp, union hsm_abi_arg *arg)
{
	struct hsm_file *file = filp->private_data;
	struct hsm_device *device = file->device;
	struct hsm_decided decided;
	int err;

	mutex_lock(&device->hsm.lock);
	err = hsm_resolve(&device->hsm, &arg->resolve, &decided);
	mutex_unlock(&device->hsm.lock);
	if (!err && decided.tls) {
		const struct hsm_event event = {
			.event = HSMREPL_EVENT_COMMIT,
			.minor = device->hsm.minor,
			.count = decided.tls,
			.seq = arg->resolve.seq,
			.tid = decided.tid,
			.sync_point = arg->resolve.sync_point,
		};

		hsm_netlink_send(&event);
		if (decided.new_epoch)
			send_state(device, HSMREPL_EVENT_STATE);
	}
	return err;
}

static int ioctl_report(struct file *filp, union hsm_abi_arg *arg)
{
	const struct hsmrepl_report *report = &arg->report;
	struct hsm_file *file = filp->private_data;
	struct hsm_device *device = file->device;
	struct hsm_event event = {
		.event = report->event,
		.minor = device->hsm.minor,
		.state = report->state,
		.node = report->node_id,
		.percent = report->percent,
	};
	bool new_state;
	int err;

	mutex_lock(&device->hsm.lock);
	err = hsm_report(&device->hsm, report, &new_state);
	event.epoch = device->hsm.point.epoch;
	mutex_unlock(&device->hsm.lock);
	if (err)
		return err;
	if (new_state && report->event != HSMREPL_EVENT_STATE)
		send_state(device, HSMREPL_EVENT_STATE);
	if (report->event)
		hsm_netlink_send(&event);
	return 0;
}

#define HANDLER(_name, _function)	\
	[_IOC_NR(HSMREPL_IOC_##_name)] = (_function)

/* One for each entry of the table in abi.c. */
static int (*const handlers[])(struct file *filp, union hsm_abi_arg *arg) = {
	HANDLER(INFO, ioctl_info),
	HANDLER(STATE, ioctl_state),
	HANDLER(SUBMIT, ioctl_submit),
	HANDLER(OUTCOME, ioctl_outcome),
	HANDLER(GET, ioctl_get),
	HANDLER(LIST, ioctl_list),
	HANDLER(ADMIN, ioctl_admin),
	HANDLER(ATTACH, ioctl_attach),
	HANDLER(LOAD, ioctl_load),
	HANDLER(GRANT, ioctl_grant),
	HANDLER(PREPARE, ioctl_prepare),
	HANDLER(RESOLVE, ioctl_resolve),
	HANDLER(REPORT, ioctl_report),
	HANDLER(ANSWER, ioctl_answer),
};

static int check_access(const struct hsm_file *file, const struct hsm_abi *abi)
{
	u32 lacks = abi->access & ~file->access;

	if (!lacks)
		return 0;
	if ((lacks & HSM_ABI_AGENT) && READ_ONCE(file->device->agent) != file)
		return -EPERM;
	return lacks & (HSM_ABI_READ | HSM_ABI_WRITE) ? -EACCES : 0;
}

/* A caller may know less of the struct, or more. How much of it is to be taken, or an error. */
static ssize_t known_part(const struct hsm_abi *abi, u32 size, const void __user *user)
{
	int err = hsm_abi_size(abi, size);

	if (err)
		return err;
	if (size < abi->size)
		return round_down(size, HSM_ABI_WORD);
	err = check_zeroed_user(user + abi->size, size - abi->size);
	if (err < 0)
		return err;
	return err ? abi->size : -E2BIG;
}

/* How much of the struct is known to caller and module, or an error. */
static ssize_t take_arg(const struct hsm_abi *abi, union hsm_abi_arg *arg, const u64 __user *user)
{
	ssize_t known = abi->size;
	u64 *word = (u64 *)arg;
	int err;

	err = hsm_words_from_user(word, user, sizeof(*word));
	if (err)
		return err;
	if (arg->head.size != known) {
		known = known_part(abi, arg->head.size, user);
		if (known < 0)
			return known;
		memset((u8 *)arg + known, 0, abi->size - known);
	}
	err = hsm_words_from_user(word + 1, user + 1, known - sizeof(*word));
	return err ?: hsm_abi_check(abi, arg) ?: known;
}

/* The answer, whatever it is: an outcome that is pending has a TID. */
static int give_arg(const struct hsm_abi *abi, const union hsm_abi_arg *arg, u64 __user *user,
		    ssize_t known)
{
	size_t first = abi->out / HSM_ABI_WORD;

	if (!abi->out || abi->out >= known)
		return 0;
	return hsm_words_to_user(user + first, (const u64 *)arg + first, known - abi->out);
}

long hsm_ioctl(struct file *filp, unsigned int cmd, unsigned long address)
{
	const struct hsm_abi *abi = hsm_abi_find(cmd);
	u64 __user *user = (u64 __user *)address;
	union hsm_abi_arg arg __uninitialized;	/* its first abi->size bytes are used */
	ssize_t known;
	int err;

	if (!abi)
		return -ENOTTY;
	known = take_arg(abi, &arg, user);
	err = known < 0 ? known : check_access(filp->private_data, abi);
	if (err)
		return err;
	err = handlers[_IOC_NR(cmd)](filp, &arg);
	if (give_arg(abi, &arg, user, known))
		err = -EFAULT;
	if (abi->secret)
		memzero_explicit(&arg, abi->size);
	return err;
}
