// SPDX-License-Identifier: GPL-2.0
/* Attributes of the device, one value per file: see Documentation/ABI/testing. */
#include <linux/device.h>
#include <linux/sysfs.h>
#include "device.h"

/* The state of the device behind dev, as HSMREPL_IOC_STATE has it. */
static int read_state(struct device *dev, struct hsmrepl_state *state)
{
	struct miscdevice *misc = dev_get_drvdata(dev);
	struct hsm *hsm = &container_of(misc, struct hsm_device, misc)->hsm;

	memset(state, 0, sizeof(*state));
	if (mutex_lock_interruptible(&hsm->lock))
		return -EINTR;
	hsm_state(hsm, state);
	mutex_unlock(&hsm->lock);
	return 0;
}

#define HSM_ATTR(_name, _format, _value)						\
static ssize_t _name##_show(struct device *dev, struct device_attribute *attr, char *buf) \
{											\
	struct hsmrepl_state state;							\
	int err = read_state(dev, &state);						\
											\
	return err ?: sysfs_emit(buf, _format "\n", _value);				\
}											\
static DEVICE_ATTR_RO(_name)

static const char *state_word(u32 state)
{
	static const char *const words[] = {
		[HSMREPL_OFFLINE] = "offline",
		[HSMREPL_STARTING] = "starting",
		[HSMREPL_JOINING] = "joining",
		[HSMREPL_MEMBER] = "member",
		[HSMREPL_BLOCKED] = "blocked",
		[HSMREPL_REMOVED] = "removed",
		[HSMREPL_DIVERGED] = "diverged",
		[HSMREPL_HALTED] = "halted",
	};

	return words[state];
}

static const char *mode_word(u32 mode)
{
	return mode == HSMREPL_MODE_FIPS ? "fips" : "normal";
}

HSM_ATTR(state, "%s", state_word(state.state));
HSM_ATTR(epoch, "%llu", state.epoch);
HSM_ATTR(seq, "%llu", state.seq);
HSM_ATTR(sync_point, "%016llx", state.sync_point);
HSM_ATTR(check_code, "%04u", state.check_code);
HSM_ATTR(digest, "%016llx", state.digest);
HSM_ATTR(objects, "%llu", state.objects);
HSM_ATTR(bytes, "%llu", state.bytes);
HSM_ATTR(queue, "%u", state.queue);
HSM_ATTR(pending_tid, "%016llx", state.pending_tid);
HSM_ATTR(agent, "%u", state.agent);
HSM_ATTR(mode, "%s", mode_word(state.mode));
HSM_ATTR(nodes_total, "%u", state.nodes_total);
HSM_ATTR(nodes_up, "%u", state.nodes_up);
HSM_ATTR(last_error, "%s", state.last_error);

static struct attribute *attributes[] = {
	&dev_attr_state.attr,
	&dev_attr_epoch.attr,
	&dev_attr_seq.attr,
	&dev_attr_sync_point.attr,
	&dev_attr_check_code.attr,
	&dev_attr_digest.attr,
	&dev_attr_objects.attr,
	&dev_attr_bytes.attr,
	&dev_attr_queue.attr,
	&dev_attr_pending_tid.attr,
	&dev_attr_agent.attr,
	&dev_attr_mode.attr,
	&dev_attr_nodes_total.attr,
	&dev_attr_nodes_up.attr,
	&dev_attr_last_error.attr,
	NULL
};

static const struct attribute_group group = {
	.name = "hsmrepl",
	.attrs = attributes,
};

const struct attribute_group *hsm_sysfs_groups[] = { &group, NULL };
