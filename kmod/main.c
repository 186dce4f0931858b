// SPDX-License-Identifier: GPL-2.0
/* The module: parameters, start, end. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/module.h>
#include "device.h"
#include "netlink.h"

#define OBJECTS_MAX	(1024 * 1024)
#define QUEUE_MAX	65536
#define GRACE_MS_MAX	(24 * 60 * 60 * 1000)
#define BYTES_SHARE	4	/* bytes_max: one part in so many of all memory */

static uint devices = 1;
module_param(devices, uint, 0444);
MODULE_PARM_DESC(devices, "Device nodes: 1 to 16 (default 1)");

static ulong objects_max = OBJECTS_MAX;
module_param(objects_max, ulong, 0444);
MODULE_PARM_DESC(objects_max, "Objects per device (default 1048576)");

static ulong bytes_max;
module_param(bytes_max, ulong, 0444);
MODULE_PARM_DESC(bytes_max, "Bytes of memory for objects per device (default 0: a quarter of all)");

static uint queue_max = 16384;
module_param(queue_max, uint, 0444);
MODULE_PARM_DESC(queue_max, "Transactions that may wait per device: 1 to 65536 (default 16384)");

static uint payload_max = HSMREPL_PAYLOAD_MAX;
module_param(payload_max, uint, 0444);
MODULE_PARM_DESC(payload_max, "Bytes of one payload: 1 to 65536 (default 65536)");

static uint grace_ms = 10000;
module_param(grace_ms, uint, 0444);
MODULE_PARM_DESC(grace_ms, "Time that callers wait for an agent that is gone, ms (default 10000)");

static struct hsm_device *all[HSM_DEVICES_MAX];

static int __init params_check(void)
{
	if (!devices || devices > HSM_DEVICES_MAX)
		pr_err("devices=%u: must be 1 to %u\n", devices, HSM_DEVICES_MAX);
	else if (!objects_max)
		pr_err("objects_max=0: must be at least 1\n");
	else if (!queue_max || queue_max > QUEUE_MAX)
		pr_err("queue_max=%u: must be 1 to %u\n", queue_max, QUEUE_MAX);
	else if (!payload_max || payload_max > HSMREPL_PAYLOAD_MAX)
		pr_err("payload_max=%u: must be 1 to %u\n", payload_max, HSMREPL_PAYLOAD_MAX);
	else if (grace_ms > GRACE_MS_MAX)
		pr_err("grace_ms=%u: must be at most %u\n", grace_ms, GRACE_MS_MAX);
	else
		return 0;
	return -EINVAL;
}

static void devices_destroy(void)
{
	u32 i;

	for (i = 0; i < devices && all[i]; i++)
		hsm_device_destroy(all[i]);
}

static int __init devices_create(void)
{
	const struct hsm_limits limits = {
		.payload_max = payload_max,
		.queue_max = queue_max,
		.grace_ms = grace_ms,
		.outcomes = HSM_OUTCOMES,
		.objects_max = objects_max,
		.bytes_max = bytes_max ?: totalram_pages() / BYTES_SHARE * PAGE_SIZE,
	};
	struct hsm_device *device;
	u32 i;

	for (i = 0; i < devices; i++) {
		device = hsm_device_create(i, &limits);
		if (IS_ERR(device)) {
			devices_destroy();
			return PTR_ERR(device);
		}
		all[i] = device;
	}
	return 0;
}

static int __init hsmrepl_init(void)
{
	int err;

	err = params_check();
	if (err)
		return err;
	err = hsm_object_setup();
	if (err)
		return err;
	err = hsm_netlink_init();
	if (err)
		goto err_object;
	err = devices_create();
	if (err)
		goto err_netlink;
	return 0;

err_netlink:
	hsm_netlink_exit();
err_object:
	hsm_object_teardown();
	return err;
}

static void __exit hsmrepl_exit(void)
{
	devices_destroy();
	hsm_netlink_exit();
	hsm_object_teardown();
}

module_init(hsmrepl_init);
module_exit(hsmrepl_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Key store of an HSM appliance, replicated under two-phase commit");
