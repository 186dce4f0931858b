/* SPDX-License-Identifier: GPL-2.0 */
/* The character device: what the module has around a replica. */
#ifndef HSM_DEVICE_H
#define HSM_DEVICE_H

#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include "hsm.h"

#define HSM_DEVICES_MAX		16
#define HSM_ADMIN_WAITING_MAX	64	/* administrative requests at a time, per device */
/* ASYNC transactions of one file, those with unread completions included. */
#define HSM_ASYNC_MAX		65536

/**
 * struct hsm_admin - administrative requests that wait for the agent
 * @fresh: not read by the agent yet
 * @sent: read, not answered
 * @waiting: in both
 * @last: id given last
 */
struct hsm_admin {
	struct list_head fresh;
	struct list_head sent;
	u32 waiting;
	u64 last;
};

/**
 * struct hsm_device - one minor
 * @hsm: the replica; its lock guards all here that changes
 * @misc: the device node
 * @name: of the device node
 * @agent: file of the attached agent, NULL for none
 * @admin: administrative requests
 * @grace: hsm_withdraw() after the agent's death
 * @grace_end: jiffies when it is due
 * @changed: wakes those who wait for a change of point, state or slot
 * @changes: grows with each such change; read without the lock
 */
struct hsm_device {
	struct hsm hsm;
	struct miscdevice misc;
	char name[20];
	struct hsm_file *agent;
	struct hsm_admin admin;
	struct delayed_work grace;
	unsigned long grace_end;
	wait_queue_head_t changed;
	unsigned long changes;
};

/**
 * struct hsm_file - one open file
 * @device: its device
 * @access: HSM_ABI_READ and HSM_ABI_WRITE, as it was opened
 * @reading: one read at a time
 * @wait: wakes readers
 * @news: grows when there may be something to read; read without the lock
 * @pending: ASYNC transactions that are not decided, by hsm_txn.owned; a reference each
 * @completed: those whose completion record is to be read
 * @n_async: in both
 * @buffer: agent: HSMREPL_READ_MIN bytes, for reads; guarded by @reading
 */
struct hsm_file {
	struct hsm_device *device;
	u32 access;
	struct mutex reading;
	wait_queue_head_t wait;
	unsigned long news;
	struct list_head pending;
	struct list_head completed;
	u32 n_async;
	void *buffer;
};

/**
 * struct hsm_waiter - a caller in SUBMIT; the owner of a transaction that is not async
 * @told: completed when the transaction is done or given up
 */
struct hsm_waiter {
	struct completion told;
};

/* What hsm_device_wait() compares with: take it before looking at the state. */
static inline unsigned long hsm_device_changes(const struct hsm_device *device)
{
	/* Pairs with the release where it is counted up. */
	return smp_load_acquire(&device->changes);
}

/* device.c */
struct hsm_device *hsm_device_create(u32 minor, const struct hsm_limits *limits);
void hsm_device_destroy(struct hsm_device *device);
void hsm_device_wake_agent(struct hsm_device *device);
int hsm_device_attach(struct hsm_device *device, struct hsm_file *file,
		      struct hsmrepl_attach *arg);
bool hsm_device_detach(struct hsm_device *device, struct hsm_file *file);
long hsm_device_wait(struct hsm_device *device, unsigned long seen, long timeout);
long hsm_timeout(u32 timeout_ms);

/* file.c */
extern const struct file_operations hsm_file_operations;

/* ioctl.c */
long hsm_ioctl(struct file *filp, unsigned int cmd, unsigned long arg);

/* admin.c */
struct hsm_records;
int hsm_admin_request(struct hsm_file *file, struct hsmrepl_admin *arg, bool may_write);
int hsm_admin_answer(struct hsm_file *file, const struct hsmrepl_answer *arg);
int hsm_admin_read(struct hsm_device *device, struct hsm_records *records);
void hsm_admin_detach(struct hsm_device *device);

/* sysfs.c */
extern const struct attribute_group *hsm_sysfs_groups[];

#endif
