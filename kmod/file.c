// SPDX-License-Identifier: GPL-2.0
/* Open files: open, close, read, poll. */
#include <linux/align.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "abi.h"
#include "device.h"
#include "netlink.h"
#include "records.h"

#define HSM_READ_SMALL	4096	/* bytes that one read yields to a file that is not the agent's */

void *hsm_records_add(struct hsm_records *records, u16 type, u16 flags, u64 id, size_t body_len)
{
	u8 *place = records->buffer + records->used;
	const struct hsmrepl_record head = {
		.len = ALIGN(sizeof(head) + body_len, HSM_ALIGN),
		.type = type,
		.flags = flags,
		.id = id,
	};

	if (head.len > records->room - records->used)
		return NULL;
	memset(place + head.len - HSM_ALIGN, 0, HSM_ALIGN);
	memcpy(place, &head, sizeof(head));
	records->used += head.len;
	return place + sizeof(head);
}

static int add_tl(struct hsm *hsm, struct hsm_records *records)
{
	const struct hsmrepl_tl *tl;
	bool last;
	void *body;

	tl = hsm_claim_peek(hsm, &last);
	body = hsm_records_add(records, HSMREPL_REC_TL, last ? HSMREPL_REC_LAST : 0,
			       hsm->slot.batch, le32_to_cpu(tl->len));
	if (!body)
		return -EMSGSIZE;
	memcpy(body, tl, le32_to_cpu(tl->len));
	hsm_claim_consume(hsm);
	return 0;
}

static int add_notice(struct hsm *hsm, struct hsm_records *records)
{
	if (!hsm_records_add(records, HSMREPL_REC_QUEUED, 0, hsm->queue.n_waiting, 0))
		return -EMSGSIZE;
	hsm->queue.noticed = true;
	return 0;
}

/* 0: there is nothing more. */
static int add_work(struct hsm *hsm, struct hsm_records *records)
{
	int err = 0;

	while (!err) {
		switch (hsm_work(hsm)) {
		case HSM_WORK_TLS:
			err = add_tl(hsm, records);
			break;
		case HSM_WORK_CLAIM:
			err = hsm_claim(hsm);
			break;
		case HSM_WORK_NOTICE:
			err = add_notice(hsm, records);
			break;
		case HSM_WORK_NONE:
			return 0;
		}
	}
	return err == -EAGAIN ? 0 : err;
}

static int add_completion(struct hsm_file *file, struct hsm_records *records)
{
	struct hsm_txn *txn = list_first_entry(&file->completed, struct hsm_txn, owned);
	struct hsmrepl_completion completion = {
		.cookie = txn->cookie,
		.error = txn->state == HSM_TXN_DONE ? -txn->error : EINPROGRESS,
	};
	void *body = hsm_records_add(records, HSMREPL_REC_COMPLETION, 0, txn->tid,
				     sizeof(completion));

	if (!body)
		return -EMSGSIZE;
	if (!completion.error) {
		completion.seq = txn->seq;
		completion.sync_point = txn->sync_point;
	}
	memcpy(body, &completion, sizeof(completion));
	list_del_init(&txn->owned);
	file->n_async--;
	hsm_txn_put(txn);
	return 0;
}

/* Builds what there is. 0, or why nothing could be built: -EMSGSIZE, -ENOMEM. */
static int build_records(struct hsm_file *file, struct hsm_records *records)
{
	struct hsm_device *device = file->device;
	int err = 0;

	lockdep_assert_held(&device->hsm.lock);
	if (device->agent == file)
		err = hsm_admin_read(device, records) ?: add_work(&device->hsm, records);
	while (!err && !list_empty(&file->completed))
		err = add_completion(file, records);
	return records->used ? 0 : err;
}

/* Bytes read, 0 if there is nothing. */
static ssize_t read_now(struct hsm_file *file, char __user *to, size_t count)
{
	struct hsm_records records = { .buffer = file->buffer, .room = HSMREPL_READ_MIN };
	ssize_t ret;

	lockdep_assert_held(&file->reading);
	if (!records.buffer) {
		records.room = HSM_READ_SMALL;
		records.buffer = kmalloc(records.room, GFP_KERNEL);
		if (!records.buffer)
			return -ENOMEM;
	}
	records.room = min(records.room, count);
	mutex_lock(&file->device->hsm.lock);
	ret = build_records(file, &records);
	mutex_unlock(&file->device->hsm.lock);
	if (!ret)
		ret = copy_to_user(to, records.buffer, records.used) ? -EFAULT : records.used;
	if (file->buffer)
		memzero_explicit(records.buffer, records.used);
	else
		kfree(records.buffer);
	return ret;
}

static ssize_t hsm_file_read(struct file *filp, char __user *to, size_t count, loff_t *pos)
{
	struct hsm_file *file = filp->private_data;
	unsigned long seen;
	ssize_t ret;

	do {
		seen = READ_ONCE(file->news);
		if (mutex_lock_interruptible(&file->reading))
			return -EINTR;
		ret = read_now(file, to, count);
		mutex_unlock(&file->reading);
		if (ret)
			return ret;
		if (filp->f_flags & O_NONBLOCK)
			return -EAGAIN;
	} while (!wait_event_interruptible(file->wait, READ_ONCE(file->news) != seen));
	return -EINTR;
}

static __poll_t hsm_file_poll(struct file *filp, struct poll_table_struct *table)
{
	struct hsm_file *file = filp->private_data;
	struct hsm_device *device = file->device;
	bool readable;

	poll_wait(filp, &file->wait, table);
	mutex_lock(&device->hsm.lock);
	readable = !list_empty(&file->completed);
	if (device->agent == file)
		readable |= !list_empty(&device->admin.fresh) ||
			    hsm_work(&device->hsm) != HSM_WORK_NONE;
	mutex_unlock(&device->hsm.lock);
	return readable ? EPOLLIN | EPOLLRDNORM : 0;
}

static int hsm_file_open(struct inode *inode, struct file *filp)
{
	struct miscdevice *misc = filp->private_data;
	struct hsm_file *file = kzalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return -ENOMEM;
	file->device = container_of(misc, struct hsm_device, misc);
	if (filp->f_mode & FMODE_READ)
		file->access |= HSM_ABI_READ;
	if (filp->f_mode & FMODE_WRITE)
		file->access |= HSM_ABI_WRITE;
	mutex_init(&file->reading);
	init_waitqueue_head(&file->wait);
	INIT_LIST_HEAD(&file->pending);
	INIT_LIST_HEAD(&file->completed);
	filp->private_data = file;
	return stream_open(inode, filp);
}

/* Nobody will read what becomes of them. */
static void disown(struct list_head *txns)
{
	struct hsm_txn *txn, *next;

	list_for_each_entry_safe(txn, next, txns, owned) {
		list_del_init(&txn->owned);
		txn->owner = NULL;
		hsm_txn_put(txn);
	}
}

static int hsm_file_release(struct inode *inode, struct file *filp)
{
	struct hsm_file *file = filp->private_data;
	struct hsm_device *device = file->device;
	struct hsm_event event = { .minor = device->hsm.minor, .state = HSMREPL_OFFLINE };
	bool was_agent;

	mutex_lock(&device->hsm.lock);
	disown(&file->pending);
	disown(&file->completed);
	was_agent = hsm_device_detach(device, file);
	event.epoch = device->hsm.point.epoch;
	mutex_unlock(&device->hsm.lock);
	if (was_agent) {
		event.event = HSMREPL_EVENT_DETACH;
		hsm_netlink_send(&event);
		event.event = HSMREPL_EVENT_STATE;
		hsm_netlink_send(&event);
	}
	kvfree_sensitive(file->buffer, HSMREPL_READ_MIN);
	mutex_destroy(&file->reading);
	kfree(file);
	return 0;
}

const struct file_operations hsm_file_operations = {
	.owner = THIS_MODULE,
	.open = hsm_file_open,
	.release = hsm_file_release,
	.read = hsm_file_read,
	.poll = hsm_file_poll,
	.unlocked_ioctl = hsm_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
