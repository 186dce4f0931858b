// SPDX-License-Identifier: GPL-2.0
/* The character device: a replica, its waiters, the agent's coming and going. */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "device.h"
#include "netlink.h"

#define HSM_DEVICE_MODE	0660

static struct hsm_device *to_device(struct hsm *hsm)
{
	return container_of(hsm, struct hsm_device, hsm);
}

static void wake_reader(struct hsm_file *file)
{
	WRITE_ONCE(file->news, file->news + 1);
	wake_up_interruptible(&file->wait);
}

/* hsm_ops.done */
static void device_done(struct hsm *hsm, struct hsm_txn *txn)
{
	struct hsm_waiter *waiter = txn->owner;
	struct hsm_file *file = txn->owner;

	if (!txn->async) {
		complete(&waiter->told);
		return;
	}
	list_move_tail(&txn->owned, &file->completed);
	wake_reader(file);
}

/**
 * hsm_device_wake_agent() - the agent may have something to read
 * @device: its lock is held
 */
void hsm_device_wake_agent(struct hsm_device *device)
{
	lockdep_assert_held(&device->hsm.lock);
	if (device->agent)
		wake_reader(device->agent);
}

/* hsm_ops.work */
static void device_work(struct hsm *hsm)
{
	hsm_device_wake_agent(to_device(hsm));
}

/* hsm_ops.changed */
static void device_changed(struct hsm *hsm)
{
	struct hsm_device *device = to_device(hsm);

	/* Pairs with hsm_device_changes(): who sees this count sees what has changed. */
	smp_store_release(&device->changes, device->changes + 1);
	wake_up_interruptible_all(&device->changed);
}

static const struct hsm_ops device_ops = {
	.done = device_done,
	.work = device_work,
	.changed = device_changed,
};

/**
 * hsm_timeout() - jiffies of a timeout in the ABI
 * @timeout_ms: 0: no limit
 */
long hsm_timeout(u32 timeout_ms)
{
	return timeout_ms ? (long)msecs_to_jiffies(timeout_ms) : MAX_SCHEDULE_TIMEOUT;
}

/**
 * hsm_device_wait() - wait until something changes
 * @device: its lock is not held
 * @seen: hsm_device_changes() from before the caller looked
 * @timeout: jiffies
 *
 * Return: jiffies left, -ETIMEDOUT, -EINTR.
 */
long hsm_device_wait(struct hsm_device *device, unsigned long seen, long timeout)
{
	long left = wait_event_interruptible_timeout(device->changed,
						     READ_ONCE(device->changes) != seen, timeout);

	if (left < 0)
		return -EINTR;
	return left ?: -ETIMEDOUT;
}

static void grace_over(struct work_struct *work)
{
	struct hsm_device *device = container_of(to_delayed_work(work), struct hsm_device, grace);

	mutex_lock(&device->hsm.lock);
	/* Another agent may have come, and gone, since this was queued. */
	if (!device->agent && !time_before(jiffies, device->grace_end))
		hsm_withdraw(&device->hsm, -ENOTCONN);
	mutex_unlock(&device->hsm.lock);
}

/**
 * hsm_device_attach() - HSMREPL_IOC_ATTACH
 * @device: its lock is held
 * @file: becomes the agent's; its buffer is there
 * @arg: as in the uapi header
 *
 * Return: 0 or an error of hsm_attach().
 */
int hsm_device_attach(struct hsm_device *device, struct hsm_file *file,
		      struct hsmrepl_attach *arg)
{
	int err;

	lockdep_assert_held(&device->hsm.lock);
	err = hsm_attach(&device->hsm, arg);
	if (err)
		return err;
	WRITE_ONCE(device->agent, file);
	cancel_delayed_work(&device->grace);
	wake_reader(file);
	return 0;
}

/**
 * hsm_device_detach() - a file is closed
 * @device: its lock is held
 * @file: the file
 *
 * Return: it was the agent's.
 */
bool hsm_device_detach(struct hsm_device *device, struct hsm_file *file)
{
	unsigned long grace = msecs_to_jiffies(device->hsm.limits.grace_ms);

	lockdep_assert_held(&device->hsm.lock);
	if (device->agent != file)
		return false;
	WRITE_ONCE(device->agent, NULL);
	hsm_detach(&device->hsm);
	hsm_admin_detach(device);
	device->grace_end = jiffies + grace;
	mod_delayed_work(system_wq, &device->grace, grace);
	return true;
}

/**
 * hsm_device_create() - a device node
 * @minor: instance number
 * @limits: of its replica
 *
 * Return: the device; ERR_PTR.
 */
struct hsm_device *hsm_device_create(u32 minor, const struct hsm_limits *limits)
{
	struct hsm_device *device = kvzalloc(sizeof(*device), GFP_KERNEL);
	int err;

	if (!device)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&device->admin.fresh);
	INIT_LIST_HEAD(&device->admin.sent);
	INIT_DELAYED_WORK(&device->grace, grace_over);
	init_waitqueue_head(&device->changed);
	err = hsm_init(&device->hsm, minor, limits, &device_ops);
	if (err)
		goto err_free;
	snprintf(device->name, sizeof(device->name), minor ? "hsmrepl%u" : "hsmrepl", minor);
	device->misc.minor = MISC_DYNAMIC_MINOR;
	device->misc.name = device->name;
	device->misc.fops = &hsm_file_operations;
	device->misc.groups = hsm_sysfs_groups;
	device->misc.mode = HSM_DEVICE_MODE;
	err = misc_register(&device->misc);
	if (err)
		goto err_destroy;
	return device;

err_destroy:
	hsm_destroy(&device->hsm);
err_free:
	kvfree(device);
	return ERR_PTR(err);
}

/**
 * hsm_device_destroy() - take a device node away; wipes its content
 * @device: no file is open
 */
void hsm_device_destroy(struct hsm_device *device)
{
	misc_deregister(&device->misc);
	cancel_delayed_work_sync(&device->grace);
	hsm_destroy(&device->hsm);
	kvfree_sensitive(device, sizeof(*device));
}
