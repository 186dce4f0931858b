// SPDX-License-Identifier: GPL-2.0
#include "boot.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "devlimits.h"
#include "live.h"
#include "standing.h"
#include "vault.h"
#include "../core/batch.h"
#include "../lib/hsmrepl.h"

/**
 * struct boot - a start under way
 * @image: what the store holds; nl, position and slot move on as the two are brought together
 * @content: what the device held
 * @limits: of the device
 * @never_said: the store has a yes for the undecided batch that was not said
 */
struct boot {
	struct store_image image;
	struct device_content content;
	struct device_limits limits;
	bool never_said;
};

/* Facts of the undecided batch; the store has checked it when it was appended. */
static void read_slot(const struct store_image *image, struct batch *b)
{
	bool ok = batch_read(image->slot, image->slot_n_tls, b);

	assert(ok);
}

static int load_object(void *arg, const struct store_object *o)
{
	return device_load_object(arg, o);
}

static int load(struct agent *a, const struct store_image *image, char error[AGENT_ERROR_MAX])
{
	int ret = device_load_begin(a->device);

	if (!ret)
		ret = store_each(a->store, load_object, a->device);
	if (!ret)
		ret = device_load_end(a->device, &image->position, &image->nl);
	device_load_done(a->device);
	if (!ret) {
		log_info(a->log, "loaded %" PRIu64 " objects into the device, seq %" PRIu64,
			 image->objects, image->position.seq);
		return 0;
	}
	snprintf(error, AGENT_ERROR_MAX,
		 "the store cannot be loaded into the device: %s (%s)%s", hsmrepl_error_text(ret),
		 hsmrepl_error_name(ret),
		 ret == -ENOSPC ? ": raise the device's objects_max or bytes_max" :
		 ret == -EBADMSG ? ": the store is damaged: make this node anew" : "");
	return -1;
}

/* The device has committed the undecided batch: the store is told, before anything else. */
static void adopt_commit(struct agent *a, struct boot *b)
{
	struct store_image *image = &b->image;
	struct batch batch;

	read_slot(image, &batch);
	store_append(a->store, RECORD_COMMIT, image->slot_id, (struct bytes){ NULL, 0 }, 0,
		     &b->content.position);
	image->position = b->content.position;
	image->last = image->slot_id;
	if (batch.has_nl) {
		image->nl = batch.nl;
		/* The epoch that it was about is over, unless what was accepted leads further. */
		if (!image->accepted || value_epoch(image->value) <= batch.nl.epoch) {
			image->promised = 0;
			image->accepted = 0;
		}
	}
	store_release_slot(a->store, image);
	image->slot_id = (struct batch_id){ 0 };
	image->slot = (struct bytes){ NULL, 0 };
	image->slot_n_tls = 0;
}

/* The store holds a pool's content without this node in the list: it learns, or it left. */
static bool is_outside(const struct agent *a, const struct store_image *image)
{
	return image->nl.n && !nl_has(&image->nl, a->config.node_id);
}

/*
 * Nobody need be asked whether it commits: a NODE_DOWN TL is written only once it was chosen, and
 * a learner writes only settled history, but for its own NODE_ADD.
 */
static bool is_settled(const struct agent *a, const struct store_image *image,
		       const struct batch *batch)
{
	if (batch->downs)
		return true;
	return is_outside(a, image) && !(batch->adds && nl_has(&batch->nl, a->config.node_id));
}

/* Refusals that follow from content and limits alone: asked again, the device says the same. */
static bool is_repeatable(int refusal)
{
	return refusal == EMSGSIZE || refusal == ENOSPC || refusal == EEXIST || refusal == ENOENT;
}

/*
 * Does the device refuse the undecided batch as it did before? It was asked while the yes went to
 * the disk, and then the agent died.
 */
static bool was_never_said(struct agent *a, const struct boot *b, int refusal)
{
	struct batch batch;

	read_slot(&b->image, &batch);
	if (!is_repeatable(refusal) || batch.coordinator == a->config.node_id ||
	    is_settled(a, &b->image, &batch) || !limits_hold(a->config.state_dir, &b->limits))
		return false;
	log_info(a->log, "the device refuses the undecided batch %u/%" PRIx64 ": %s: the yes for "
		 "it was never said", b->image.slot_id.coordinator, b->image.slot_id.number,
		 hsmrepl_error_text(refusal));
	return true;
}

/*
 * After this the device's slot holds what the store has a yes for, or nothing. A batch without
 * a durable yes of this node cannot have been committed anywhere.
 */
static int settle_slot(struct agent *a, struct boot *b, char error[AGENT_ERROR_MAX])
{
	const struct store_image *image = &b->image;
	struct device_content *c = &b->content;
	struct position after;
	int refusal = 0;

	if (c->slot.coordinator && same_batch(c->slot, image->slot_id))
		return 0;
	if (c->slot.coordinator) {
		log_info(a->log, "batch %u/%" PRIx64 " is put back: no vote on it was durable",
			 c->slot.coordinator, c->slot.number);
		device_begin_resolve(a->device, c->slot, HSMREPL_REQUEUE, 0);
		if (device_end(a->device, &refusal, &after) != 0)
			goto gone;
		c->slot = (struct batch_id){ 0 };
		c->slot_claimed = false;
	}
	if (!image->slot_id.coordinator)
		return 0;
	device_begin_prepare(a->device, image->slot_id, image->slot, image->slot_n_tls,
			     false);
	if (device_end(a->device, &refusal, &after) != 0)
		goto gone;
	if (!refusal)
		return 0;
	b->never_said = was_never_said(a, b, refusal);
	if (b->never_said)
		return 0;
	snprintf(error, AGENT_ERROR_MAX,
		 "the device does not take the undecided batch again: %s (%s): give it the limits "
		 "that it had",
		 hsmrepl_error_text(refusal), hsmrepl_error_name(refusal));
	return -1;
gone:
	snprintf(error, AGENT_ERROR_MAX, "the device went away during the start");
	return -1;
}

static int finish_settled(struct agent *a, struct boot *b, char error[AGENT_ERROR_MAX])
{
	struct batch batch;
	int refusal;

	if (!b->image.slot_id.coordinator)
		return 0;
	read_slot(&b->image, &batch);
	if (!is_settled(a, &b->image, &batch))
		return 0;
	device_begin_resolve(a->device, b->image.slot_id, HSMREPL_COMMIT, 0);
	if (device_end(a->device, &refusal, &b->content.position) != 0) {
		snprintf(error, AGENT_ERROR_MAX, "the device went away during the start");
		return -1;
	}
	log_info(a->log, "%s: epoch %" PRIu64 ", seq %" PRIu64,
		 batch.downs ? "a node-down was under way" : "settled history is applied",
		 b->content.position.epoch, b->content.position.seq);
	adopt_commit(a, b);
	return 0;
}

static int load_anew(struct agent *a, struct boot *b, char error[AGENT_ERROR_MAX])
{
	b->content = (struct device_content){ 0 };
	return load(a, &b->image, error);
}

/* Device and store hold the same content after this, but for the slot. */
static int bring_together(struct agent *a, struct boot *b, char error[AGENT_ERROR_MAX])
{
	const struct position *p = &b->content.position;

	switch (standing_of(&b->content, &b->image)) {
	case STANDING_BEHIND:
		log_warning(a->log, "the device is at seq %" PRIu64 ", the store at %" PRIu64
			    ": it is loaded anew",
			    p->seq, b->image.position.seq);
		/* fall through */
	case STANDING_EMPTY:
		return load_anew(a, b, error);
	case STANDING_AFTER_SLOT:
		log_info(a->log, "the undecided batch was committed, seq %" PRIu64, p->seq);
		adopt_commit(a, b);
		break;
	case STANDING_SAME:
		break;
	case STANDING_ELSEWHERE:
		/* What a learner was told is applied before it is on the disk; it is told again. */
		if (is_outside(a, &b->image))
			return load_anew(a, b, error);
		snprintf(error, AGENT_ERROR_MAX,
			 "the device holds seq %" PRIu64 " and Sync-Point %016" PRIx64 ", which "
			 "state-dir %s (seq %" PRIu64 ") does not know of: give this agent its own "
			 "state-dir, or drop the device's content by loading the module (or "
			 "starting hsmrepl-softdev) anew",
			 p->seq, p->sp, a->config.state_dir, b->image.position.seq);
		return -1;
	}
	return 0;
}

static void boot_pump(struct agent *a, struct boot *b)
{
	struct store_image *image = &b->image;
	struct recovery r = {
		.nl = &image->nl,
		.protocol = a->protocol,
		.position = image->position,
		.incarnation = image->incarnation,
		.slot = image->slot,
		.slot_n_tls = image->slot_n_tls,
		.slot_id = image->slot_id,
		.slot_claimed = b->content.slot_claimed,
		.slot_refused = b->never_said,
		.last = image->last,
		.refused = image->refused,
		.n_refused = image->n_refused,
		.promised = image->promised,
		.accepted = image->accepted,
		.value = { image->value, image->has_value ? DOWN_VALUE_LEN : 0 },
		.left = is_outside(a, image) && image->last.coordinator == a->config.node_id,
		.rolled_back = image->rolled_back,
	};

	hands_connect(a, &image->nl);
	pump_boot(a->pump, &r);
	store_release_slot(a->store, image);
}

static int attach(struct agent *a, struct device_content *content, char error[AGENT_ERROR_MAX])
{
	uint8_t key[HSMREPL_KEY_LEN];
	int ret;

	store_digest_key(a->secret, key);
	ret = device_attach(a->device, a->config.node_id, a->config.node_name, a->config.mode, key,
			    content, error);
	OPENSSL_cleanse(key, sizeof(key));
	return ret;
}

/* What is undecided; from here on votes may be given. */
static int settle(struct agent *a, struct boot *b, char error[AGENT_ERROR_MAX])
{
	int ret;

	if (device_limits(a->device, &b->limits) != 0) {
		snprintf(error, AGENT_ERROR_MAX, "the device went away during the start");
		return -1;
	}
	if (settle_slot(a, b, error) != 0 || finish_settled(a, b, error) != 0)
		return -1;
	ret = limits_note(a->config.state_dir, &b->limits);
	if (ret)
		snprintf(error, AGENT_ERROR_MAX, "%s/" LIMITS_FILE " cannot be written: %s: free "
			 "or repair the disk", a->config.state_dir, strerror(-ret));
	return ret;
}

static int start_node(struct agent *a, struct boot *b, char error[AGENT_ERROR_MAX])
{
	if (attach(a, &b->content, error) != 0 || bring_together(a, b, error) != 0)
		return -1;
	return settle(a, b, error);
}

/* What pool and undecided batch ask of a node. 0: something that only newer agents write. */
static uint16_t needed(const struct store_image *image)
{
	uint16_t protocol = list_protocol(&image->nl);
	struct batch batch;

	if (!image->slot_id.coordinator)
		return protocol;
	if (!batch_read(image->slot, image->slot_n_tls, &batch))
		return 0;
	return batch_spoken(&batch, protocol) ? protocol : list_protocol(&batch.nl);
}

/* Do agent and device speak what the store's content asks for? */
static int check_protocol(struct agent *a, const struct store_image *image,
			  char error[AGENT_ERROR_MAX])
{
	uint16_t need = needed(image);

	if (!need)
		snprintf(error, AGENT_ERROR_MAX, "the undecided batch is of a newer agent than "
			 "this one: install that agent again");
	else if (need > PROTOCOL_MAX)
		snprintf(error, AGENT_ERROR_MAX, "this pool was finalised at protocol %u, this "
			 "agent speaks only up to %u: install the newer agent again", need,
			 PROTOCOL_MAX);
	else if (need > a->protocol)
		snprintf(error, AGENT_ERROR_MAX, "this pool was finalised at protocol %u, device "
			 "%s is of a release that knows only up to %u: load the module, or start "
			 "hsmrepl-softdev, of this agent's release", need, a->config.device,
			 a->protocol);
	else
		return 0;
	return -1;
}

static int open_device(struct agent *a, char error[AGENT_ERROR_MAX])
{
	a->device = device_open(a->config.device, error);
	if (!a->device)
		return -1;
	if (device_protocol(a->device, &a->protocol) != 0) {
		snprintf(error, AGENT_ERROR_MAX, "the device went away during the start");
		return -1;
	}
	if (a->protocol < PROTOCOL_MAX)
		log_warning(a->log, "device %s is of an older release: this node speaks protocol "
			    "%u, not %u, until the module is loaded (or hsmrepl-softdev started) "
			    "anew", a->config.device, a->protocol, PROTOCOL_MAX);
	return 0;
}

static int open_store(struct agent *a, struct store_image *image, char error[AGENT_ERROR_MAX])
{
	_Static_assert(AGENT_ERROR_MAX >= STORE_ERROR_MAX && AGENT_ERROR_MAX >= DEVICE_ERROR_MAX,
		       "an error of the shells fits");

	a->store = store_open(a->config.state_dir, a->secret, a->config.node_id,
			      a->config.counter, a->log, image, error);
	if (!a->store)
		return -1;
	if (agent_watch_store(a) == 0)
		return 0;
	snprintf(error, AGENT_ERROR_MAX, "no memory");
	return -1;
}

int boot_start(struct agent *a, char error[AGENT_ERROR_MAX])
{
	struct boot b = { 0 };

	if (open_store(a, &b.image, error) != 0)
		return -1;
	if (open_device(a, error) != 0 || check_protocol(a, &b.image, error) != 0 ||
	    start_node(a, &b, error) != 0) {
		store_release_slot(a->store, &b.image);
		return -1;
	}
	boot_pump(a, &b);
	return 0;
}

/* Whoever is connected hears the end of the old node, and the pump hears that they are gone. */
static void disconnect(struct agent *a)
{
	sync_stop(a->sync);
	vault_stop(a);
	a->candidate = (struct member){ 0 };
	live_connect(a);
	mesh_set_epoch(a->mesh, 0);
	mesh_set_protocol(a->mesh, PROTOCOL_MIN, a->protocol);
	mesh_set_peers(a->mesh, NULL, 0);
	agent_settle(a);
	a->granted = 0;
}

static void close_store(struct agent *a)
{
	agent_unwatch_store(a);
	store_close(a->store);
	a->store = NULL;
}

/* Opened again, it counts a new incarnation: no batch number is used twice. */
int boot_resume(struct agent *a, char error[AGENT_ERROR_MAX])
{
	struct boot b = { 0 };

	if (open_store(a, &b.image, error) != 0 || check_protocol(a, &b.image, error) != 0 ||
	    load(a, &b.image, error) != 0 || settle(a, &b, error) != 0)
		return -1;
	boot_pump(a, &b);
	return 0;
}

int boot_park(struct agent *a, char error[AGENT_ERROR_MAX])
{
	const struct node_list none = { .n = 0 };
	const struct recovery blank = { .nl = &none, .protocol = a->protocol };

	(void)error;
	disconnect(a);
	close_store(a);
	pump_boot(a->pump, &blank);
	return 0;
}

int boot_zeroize(struct agent *a, char error[AGENT_ERROR_MAX])
{
	int ret;

	disconnect(a);
	ret = store_zeroize(a->store);
	if (ret) {
		snprintf(error, AGENT_ERROR_MAX, "zeroize %s: %s", a->config.state_dir,
			 strerror(-ret));
		return -1;
	}
	close_store(a);
	if (boot_resume(a, error) != 0)
		return -1;
	log_warning(a->log, "zeroized: this node is back in reset state");
	return 0;
}
