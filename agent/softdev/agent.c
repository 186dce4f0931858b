// SPDX-License-Identifier: GPL-2.0
/*
 * Commands of the agent: ATTACH, LOAD, GRANT, PREPARE, RESOLVE, REPORT.
 */
#include <errno.h>
#include <string.h>
#include <linux/slab.h>

#include "command.h"

int command_attach(struct conn *conn, struct call *call)
{
	struct soft_device *dev = conn->dev;
	int ret;

	if (!conn->privileged)
		return -EPERM;
	ret = hsm_attach(&dev->hsm, &call->arg.attach);
	if (!ret)
		device_attached(dev, conn);
	return ret;
}

/* An aligned copy of an input buffer, for kvfree(); NULL with *error set, or if it is empty. */
static void *copy_input(const struct call *call, u32 max, int *error)
{
	void *copy;

	*error = 0;
	if (!call->input_len[0])
		return NULL;
	if (call->input_len[0] > max) {
		*error = -EMSGSIZE;
		return NULL;
	}
	if (!call->input[0]) {
		*error = -EFAULT;
		return NULL;
	}
	copy = kvmalloc(call->input_len[0], GFP_KERNEL);
	if (copy)
		memcpy(copy, call->input[0], call->input_len[0]);
	else
		*error = -ENOMEM;
	return copy;
}

int command_load(struct conn *conn, struct call *call)
{
	struct hsmrepl_nl nl;
	void *entries;
	int ret;

	entries = copy_input(call, HSMREPL_BATCH_MAX, &ret);
	if (ret)
		return ret;
	if (call->input_len[1])
		memcpy(&nl, call->input[1], sizeof(nl));
	ret = hsm_load(&conn->dev->hsm, &call->arg.load, entries, call->input_len[1] ? &nl : NULL);
	if (entries)
		memzero_explicit(entries, call->input_len[0]);
	kvfree(entries);
	if (call->arg.load.flags)
		notice_state(conn->dev, HSMREPL_EVENT_STATE);
	return ret;
}

int command_grant(struct conn *conn, struct call *call)
{
	return hsm_grant(&conn->dev->hsm, &call->arg.grant);
}

int command_prepare(struct conn *conn, struct call *call)
{
	void *tls;
	int ret;

	tls = copy_input(call, HSMREPL_BATCH_MAX, &ret);
	if (ret)
		return ret;
	ret = hsm_prepare(&conn->dev->hsm, &call->arg.prepare, tls);
	if (ret && tls) {
		memzero_explicit(tls, call->input_len[0]);
		kvfree(tls);
	}
	return ret;
}

int command_resolve(struct conn *conn, struct call *call)
{
	struct hsmrepl_resolve *resolve = &call->arg.resolve;
	struct soft_device *dev = conn->dev;
	struct hsm_decided decided = { };
	int ret;

	ret = hsm_resolve(&dev->hsm, resolve, &decided);
	if (!ret && decided.tls) {
		const struct hsmrepl_notice notice = {
			.event = HSMREPL_EVENT_COMMIT,
			.count = decided.tls,
			.seq = resolve->seq,
			.tid = decided.tid,
			.sync_point = resolve->sync_point,
		};

		notice_send(dev, &notice);
		if (decided.new_epoch)
			notice_state(dev, HSMREPL_EVENT_STATE);
	}
	return ret;
}

int command_report(struct conn *conn, struct call *call)
{
	const struct hsmrepl_report *report = &call->arg.report;
	struct soft_device *dev = conn->dev;
	bool new_state;
	int ret;

	ret = hsm_report(&dev->hsm, report, &new_state);
	if (ret)
		return ret;
	if (new_state && report->event != HSMREPL_EVENT_STATE)
		notice_state(dev, HSMREPL_EVENT_STATE);
	if (report->event) {
		const struct hsmrepl_notice notice = {
			.event = report->event,
			.node = report->node_id,
			.percent = report->percent,
			.state = report->state,
			.epoch = dev->hsm.point.epoch,
		};

		notice_send(dev, &notice);
	}
	return 0;
}
