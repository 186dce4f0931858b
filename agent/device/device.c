// SPDX-License-Identifier: GPL-2.0
#include "device.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "loader.h"
#include "../core/batch.h"
#include "../lib/hsmrepl.h"

#define DEVICE_ALIGN 8u

_Static_assert(DEVICE_GRANT_BYTES <= HSMREPL_BATCH_MAX, "a grant is no more than GRANT takes");

/**
 * union call - the argument of a call that was begun
 * @grant: its argument
 * @prepare: its argument
 * @resolve: its argument
 */
union call {
	struct hsmrepl_grant grant;
	struct hsmrepl_prepare prepare;
	struct hsmrepl_resolve resolve;
};

/**
 * struct device - the attached device
 * @dev: handle
 * @loader: only while loading
 * @call: arguments of the calls that were begun, @n_calls of them
 * @pending: those calls, for the library
 * @n_calls: begun
 * @n_given: of those, the device has them
 * @n_known: of those, what the device said to them is in @call and @pending
 * @n_ended: of those, device_end() has told what came of them
 * @batch: TLs of the batch that is being read
 * @batch_used: bytes of @batch
 * @batch_tls: TLs in @batch
 * @batch_number: of the batch that is being read
 * @records: what device_read() reads into
 */
struct device {
	struct hsmrepl *dev;
	struct loader *loader;
	union call call[DEVICE_CALLS_MAX];
	struct hsmrepl_pending pending[DEVICE_CALLS_MAX];
	unsigned int n_calls;
	unsigned int n_given;
	unsigned int n_known;
	unsigned int n_ended;
	size_t batch_used;
	unsigned int batch_tls;
	uint64_t batch_number;
	uint8_t batch[HSMREPL_BATCH_MAX] __attribute__((aligned(8)));
	uint8_t records[HSMREPL_READ_MIN] __attribute__((aligned(8)));
};

/* An error that no correct device gives: whatever follows from it would be wrong. */
static _Noreturn void broken(const char *call, int error)
{
	fprintf(stderr, "hsmrepld: the device broke its contract: %s: %s (%s)\n", call,
		hsmrepl_error_name(error), hsmrepl_error_text(error));
	abort();
}

static uint64_t to_u64(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

struct device *device_open(const char *path, char error[DEVICE_ERROR_MAX])
{
	struct hsmrepl_info info = { .size = sizeof(info) };
	struct device *d = OPENSSL_zalloc(sizeof(*d));
	int ret;

	if (!d) {
		snprintf(error, DEVICE_ERROR_MAX, "device %s: no memory", path);
		return NULL;
	}
	d->dev = hsmrepl_open(path, O_RDWR | O_NONBLOCK);
	if (!d->dev) {
		snprintf(error, DEVICE_ERROR_MAX,
			 "device %s: %s: load the module hsmrepl, or start hsmrepl-softdev, or "
			 "correct \"device\"",
			 path, strerror(errno));
		OPENSSL_clear_free(d, sizeof(*d));
		return NULL;
	}
	ret = hsmrepl_ioctl(d->dev, HSMREPL_IOC_INFO, &info);
	if (ret) {
		snprintf(error, DEVICE_ERROR_MAX,
			 "device %s: it is none of hsmrepl (%s): correct \"device\"", path,
			 hsmrepl_error_name(ret));
		device_close(d);
		return NULL;
	}
	return d;
}

void device_close(struct device *d)
{
	if (!d)
		return;
	loader_free(d->loader);
	hsmrepl_close(d->dev);
	OPENSSL_clear_free(d, sizeof(*d));
}

int device_fd(const struct device *d)
{
	return hsmrepl_fd(d->dev);
}

void device_give(struct device *d)
{
	if (d->n_given < d->n_calls)
		hsmrepl_ioctl_begin(d->dev, d->pending + d->n_given, d->n_calls - d->n_given);
	d->n_given = d->n_calls;
}

/* The device has said something to all that was begun. */
static void hear_out(struct device *d)
{
	device_give(d);
	if (d->n_known < d->n_calls)
		hsmrepl_ioctl_end(d->dev, d->pending + d->n_known, d->n_calls - d->n_known);
	d->n_known = d->n_calls;
}

static int call(struct device *d, unsigned int cmd, void *arg)
{
	hear_out(d);
	return hsmrepl_ioctl(d->dev, cmd, arg);
}

static void begin(struct device *d, unsigned int cmd, const union call *call)
{
	unsigned int at = d->n_calls++;

	assert(at < DEVICE_CALLS_MAX);
	d->call[at] = *call;
	d->pending[at] = (struct hsmrepl_pending){ .cmd = cmd, .arg = &d->call[at] };
}

static int read_state(struct device *d, struct hsmrepl_state *state)
{
	int ret;

	memset(state, 0, sizeof(*state));
	state->size = sizeof(*state);
	ret = call(d, HSMREPL_IOC_STATE, state);
	if (ret && ret != -ENODEV)
		broken("STATE", ret);
	return ret;
}

static int read_info(struct device *d, struct hsmrepl_info *info)
{
	int ret;

	*info = (struct hsmrepl_info){ .size = sizeof(*info) };
	ret = call(d, HSMREPL_IOC_INFO, info);
	if (ret && ret != -ENODEV)
		broken("INFO", ret);
	return ret;
}

int device_protocol(struct device *d, uint16_t *protocol)
{
	struct hsmrepl_info info;
	int ret = read_info(d, &info);

	*protocol = info.features & HSMREPL_FEATURE_PROTOCOL ? PROTOCOL_MAX : PROTOCOL_MIN;
	return ret;
}

int device_limits(struct device *d, struct device_limits *limits)
{
	struct hsmrepl_info info;
	int ret = read_info(d, &info);

	*limits = (struct device_limits){
		.payload = info.payload_max,
		.objects = info.objects_max,
		.bytes = info.bytes_max,
	};
	return ret;
}

static const char *attach_hint(int error)
{
	switch (-error) {
	case EBUSY:
		return "another agent is attached: end that one first";
	case EKEYREJECTED:
		return "it holds the content of another node or key set: correct node-id or "
		       "key-set, or reload the module to drop that content";
	case EPERM:
		return "an agent needs CAP_SYS_ADMIN";
	default:
		return hsmrepl_error_text(error);
	}
}

int device_attach(struct device *d, uint16_t id, const char *name, enum hsmrepl_mode mode,
		  const uint8_t digest_key[HSMREPL_KEY_LEN], struct device_content *content,
		  char error[DEVICE_ERROR_MAX])
{
	struct hsmrepl_attach arg = { .size = sizeof(arg), .node_id = id, .mode = mode };
	struct hsmrepl_state state;
	int ret;

	memcpy(arg.digest_key, digest_key, sizeof(arg.digest_key));
	snprintf(arg.name, sizeof(arg.name), "%s", name);
	ret = call(d, HSMREPL_IOC_ATTACH, &arg);
	OPENSSL_cleanse(arg.digest_key, sizeof(arg.digest_key));
	if (!ret)
		ret = read_state(d, &state);
	if (ret) {
		snprintf(error, DEVICE_ERROR_MAX, "device: cannot attach: %s (%s)",
			 attach_hint(ret), hsmrepl_error_name(ret));
		return ret;
	}
	memset(content, 0, sizeof(*content));
	content->loaded = arg.loaded;
	if (!arg.loaded)
		return 0;
	content->position.epoch = arg.epoch;
	content->position.seq = arg.seq;
	content->position.sp = arg.sync_point;
	content->position.digest = state.digest;
	memcpy(content->position.chain, arg.chain, sizeof(arg.chain));
	if (arg.slot_state == HSMREPL_SLOT_FREE)
		return 0;
	content->slot.coordinator = (uint16_t)arg.slot_coordinator;
	content->slot.number = arg.slot_batch;
	content->slot_claimed = arg.slot_state == HSMREPL_SLOT_CLAIMED;
	return 0;
}

/* What LOAD came to. */
static int loaded(int ret)
{
	switch (-ret) {
	case 0:
	case ENODEV:
	case EBADMSG:
	case EEXIST:
	case ENOSPC:
	case ENOMEM:
		return ret;
	default:
		broken("LOAD", ret);
	}
}

int device_load_begin(struct device *d)
{
	hear_out(d);
	loader_free(d->loader);
	d->loader = loader_new(d->dev);
	return d->loader ? loaded(loader_begin(d->loader)) : -ENOMEM;
}

int device_load_object(struct device *d, const struct store_object *o)
{
	return loaded(loader_add(d->loader, o));
}

int device_load_end(struct device *d, const struct position *position, const struct node_list *nl)
{
	return loaded(loader_end(d->loader, position, nl));
}

void device_load_done(struct device *d)
{
	loader_free(d->loader);
	d->loader = NULL;
}

void device_begin_grant(struct device *d, uint64_t number, uint64_t epoch, unsigned int max_tls)
{
	const union call grant = {
		.grant = {
			.size = sizeof(grant.grant),
			.batch = number,
			.epoch = epoch,
			.max_tls = max_tls,
			.max_bytes = DEVICE_GRANT_BYTES,
		},
	};

	assert(number);
	begin(d, HSMREPL_IOC_GRANT, &grant);
}

int device_revoke(struct device *d)
{
	struct hsmrepl_grant arg = { .size = sizeof(arg) };
	int ret = call(d, HSMREPL_IOC_GRANT, &arg);

	if (ret && ret != -ENODEV && ret != -EBUSY)
		broken("GRANT 0", ret);
	return ret;
}

void device_begin_prepare(struct device *d, struct batch_id batch, struct bytes tls,
			  unsigned int n_tls, bool foretell)
{
	const union call prepare = {
		.prepare = {
			.size = foretell ? sizeof(prepare.prepare) :
					   offsetof(struct hsmrepl_prepare, epoch),
			.batch = batch.number,
			.coordinator = batch.coordinator,
			.n_tls = n_tls,
			.tls = to_u64(tls.p),
			.tls_len = (uint32_t)tls.n,
		},
	};

	begin(d, HSMREPL_IOC_PREPARE, &prepare);
}

void device_begin_resolve(struct device *d, struct batch_id batch,
			  enum hsmrepl_resolution resolution, int error)
{
	const union call resolve = {
		.resolve = {
			.size = sizeof(resolve.resolve),
			.batch = batch.number,
			.coordinator = batch.coordinator,
			.resolution = resolution,
			.error = (uint32_t)error,
		},
	};

	begin(d, HSMREPL_IOC_RESOLVE, &resolve);
}

static int granted(int ret)
{
	if (ret && ret != -ENODEV)
		broken("GRANT", ret);
	return ret;
}

static int prepared(int ret, const struct hsmrepl_prepare *arg, int *refusal,
		    struct position *after)
{
	*refusal = -ret;
	after->epoch = arg->epoch;
	after->seq = arg->seq;
	after->sp = arg->sync_point;
	after->digest = arg->digest;
	memcpy(after->chain, arg->chain, sizeof(after->chain));
	switch (-ret) {
	case 0:
	case EBUSY:
	case ESTALE:
	case EBADMSG:
	case EEXIST:
	case ENOENT:
	case ENOSPC:
	case ENOMEM:
	case EMSGSIZE:
		return 0;
	case ENODEV:
		return ret;
	default:
		broken("PREPARE", ret);
	}
}

static int resolved(int ret, const struct hsmrepl_resolve *arg, struct position *after)
{
	if (ret && ret != -ENODEV)
		broken("RESOLVE", ret);
	after->epoch = arg->epoch;
	after->seq = arg->seq;
	after->sp = arg->sync_point;
	after->digest = arg->digest;
	memcpy(after->chain, arg->chain, sizeof(after->chain));
	return ret;
}

int device_end(struct device *d, int *refusal, struct position *after)
{
	unsigned int at = d->n_ended++;
	unsigned int cmd = d->pending[at].cmd;
	int error;

	assert(at < d->n_calls);
	hear_out(d);
	error = d->pending[at].error;
	if (d->n_ended == d->n_calls)
		d->n_ended = d->n_known = d->n_given = d->n_calls = 0;
	if (cmd == HSMREPL_IOC_PREPARE)
		return prepared(error, &d->call[at].prepare, refusal, after);
	if (cmd == HSMREPL_IOC_RESOLVE)
		return resolved(error, &d->call[at].resolve, after);
	return granted(error);
}

int device_nodes(struct device *d, enum hsmrepl_tl_kind kind, const struct node_list *nl,
		 int *refusal)
{
	struct {
		struct hsmrepl_op op;
		struct hsmrepl_nl nl;
	} change = {
		.op = {
			.len = htole32(sizeof(change)),
			.code = htole16(HSMREPL_OP_NODES),
			.payload_len = htole32(sizeof(change.nl)),
		},
	};
	struct hsmrepl_submit arg = {
		.size = sizeof(arg),
		.flags = HSMREPL_SUBMIT_ASYNC,
		.kind = kind,
		.n_ops = 1,
		.ops = to_u64(&change),
		.ops_len = sizeof(change),
	};
	int ret;

	_Static_assert(sizeof(struct hsmrepl_nl) % DEVICE_ALIGN == 0, "no padding is needed");
	nl_encode(nl, &change.nl);
	ret = call(d, HSMREPL_IOC_SUBMIT, &arg);
	if (ret && ret != -ENODEV && ret != -ENOMEM && ret != -EAGAIN)
		broken("SUBMIT of a node list", ret);
	*refusal = ret == -ENODEV ? 0 : -ret;
	return ret == -ENODEV ? ret : 0;
}

int device_report(struct device *d, enum hsmrepl_node_state state, unsigned int nodes_up,
		  enum hsmrepl_event event, uint16_t node, unsigned int percent,
		  const char *error)
{
	struct hsmrepl_report arg = {
		.size = sizeof(arg),
		.event = event,
		.node_id = node,
		.state = state,
		.nodes_up = nodes_up,
		.percent = percent,
	};
	int ret;

	snprintf(arg.error, sizeof(arg.error), "%s", error ? error : "");
	ret = call(d, HSMREPL_IOC_REPORT, &arg);
	if (ret && ret != -ENODEV)
		broken("REPORT", ret);
	return ret;
}

int device_answer(struct device *d, uint64_t request, int status, const char *json)
{
	struct hsmrepl_answer arg = {
		.size = sizeof(arg),
		.request = request,
		.answer = to_u64(json),
		.answer_len = (uint32_t)strlen(json),
		.status = (uint32_t)status,
	};
	int ret;

	assert(strlen(json) <= HSMREPL_ADMIN_MAX);
	ret = call(d, HSMREPL_IOC_ANSWER, &arg);
	if (ret && ret != -ENODEV && ret != -ENOENT)
		broken("ANSWER", ret);
	return ret == -ENOENT ? 0 : ret;
}

int device_look(struct device *d, struct device_view *view)
{
	struct hsmrepl_state state;
	int ret = read_state(d, &state);

	memset(view, 0, sizeof(*view));
	if (ret)
		return ret;
	view->queued = state.queue;
	view->first_tid = state.pending_tid;
	view->objects = state.objects;
	view->bytes = state.bytes;
	view->check_code = state.check_code;
	return 0;
}

static void take_tl(struct device *d, const struct hsmrepl_record *r, struct bytes body,
		    const struct device_sink *sink)
{
	/* Of a batch that LOAD dropped the rest never comes. */
	if (r->id != d->batch_number) {
		d->batch_number = r->id;
		d->batch_used = 0;
		d->batch_tls = 0;
	}
	if (body.n > sizeof(d->batch) - d->batch_used || d->batch_tls >= HSMREPL_BATCH_TLS_MAX)
		broken("read: a batch over its limits", EMSGSIZE);
	memcpy(d->batch + d->batch_used, body.p, body.n);
	d->batch_used += body.n;
	d->batch_tls++;
	if (!(r->flags & HSMREPL_REC_LAST))
		return;
	sink->claimed(sink->arg, r->id, (struct bytes){ d->batch, d->batch_used }, d->batch_tls);
	d->batch_used = 0;
	d->batch_tls = 0;
}

static void take_admin(const struct hsmrepl_record *r, struct bytes body,
		       const struct device_sink *sink)
{
	struct hsmrepl_admin_request head;
	struct device_request request = { .id = r->id };

	if (body.n < sizeof(head))
		broken("read: an ADMIN record without its body", EINVAL);
	memcpy(&head, body.p, sizeof(head));
	if (head.json_len > body.n - sizeof(head))
		broken("read: an ADMIN record without its text", EINVAL);
	request.verb = head.verb;
	request.json = (const char *)body.p + sizeof(head);
	request.json_len = head.json_len;
	sink->admin(sink->arg, &request);
}

/* A COMPLETION is of this agent's own node list: its outcome comes by way of the protocol. */
static void take_record(struct device *d, const struct hsmrepl_record *r, struct bytes body,
			const struct device_sink *sink)
{
	switch ((enum hsmrepl_record_type)r->type) {
	case HSMREPL_REC_TL:
		take_tl(d, r, body, sink);
		return;
	case HSMREPL_REC_QUEUED:
		sink->queued(sink->arg);
		return;
	case HSMREPL_REC_ADMIN:
		take_admin(r, body, sink);
		return;
	case HSMREPL_REC_COMPLETION:
		return;
	}
	broken("read: a record of unknown type", EINVAL);
}

int device_read(struct device *d, const struct device_sink *sink)
{
	ssize_t got = hsmrepl_read(d->dev, d->records, sizeof(d->records));
	size_t at = 0;

	if (got == -EAGAIN || got == -EINTR)
		return 0;
	if (got == -ENODEV)
		return -ENODEV;
	if (got < 0)
		broken("read", (int)got);
	while (at < (size_t)got) {
		struct hsmrepl_record r;

		if ((size_t)got - at < sizeof(r))
			broken("read: half a record", EINVAL);
		memcpy(&r, d->records + at, sizeof(r));
		if (r.len < sizeof(r) || r.len > (size_t)got - at)
			broken("read: half a record", EINVAL);
		take_record(d, &r, (struct bytes){ d->records + at + sizeof(r), r.len - sizeof(r) },
			    sink);
		at += r.len;
	}
	return 0;
}
