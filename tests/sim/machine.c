// SPDX-License-Identifier: GPL-2.0
#include "machine.h"

#include <assert.h>
#include <errno.h>
#include <linux/err.h>
#include <linux/slab.h>

#include "image.h"

#define OUTCOMES	4096	/* kept by a device */
#define QUEUE_MAX	1000
#define OBJECTS_MAX	1000
#define BYTES_MAX	(1u << 20)

static struct machine *of_hsm(struct hsm *hsm)
{
	return container_of(hsm, struct machine, hsm);
}

static void on_done(struct hsm *hsm, struct hsm_txn *txn)
{
	struct caller *who = txn->owner;

	list_add_tail(&who->waiting, &of_hsm(hsm)->ready);
}

static void on_work(struct hsm *hsm)
{
	of_hsm(hsm)->work = true;
}

static void on_changed(struct hsm *hsm)
{
	of_hsm(hsm)->changed = true;
}

void machine_on(struct machine *m, u32 grace_ms)
{
	static const struct hsm_ops ops = {
		.done = on_done, .work = on_work, .changed = on_changed,
	};
	const struct hsm_limits limits = {
		.payload_max = SIM_PAYLOAD_MAX, .queue_max = QUEUE_MAX, .grace_ms = grace_ms,
		.outcomes = OUTCOMES, .objects_max = OBJECTS_MAX, .bytes_max = BYTES_MAX,
	};
	int err = hsm_init(&m->hsm, 0, &limits, &ops);

	assert(!err);
	m->powered = true;
	m->work = false;
	m->changed = false;
	INIT_LIST_HEAD(&m->ready);
	INIT_LIST_HEAD(&m->getters);
}

void machine_off(struct machine *m)
{
	assert(list_empty(&m->ready) && list_empty(&m->getters));
	hsm_destroy(&m->hsm);
	m->powered = false;
}

static u32 op_len(const struct change *ch, unsigned int pad)
{
	u32 payload = ch->code == HSMREPL_OP_DELETE ? 0 : sizeof(ch->value) + pad;

	return (sizeof(struct hsmrepl_op) + SIM_LABEL_LEN + payload + HSM_ALIGN - 1) / HSM_ALIGN *
	       HSM_ALIGN;
}

static void put_label(char label[SIM_LABEL_LEN], unsigned int number)
{
	label[0] = 'k';
	label[1] = (char)('0' + number);
}

static void put_op(struct hsmrepl_op *op, const struct change *ch, unsigned int pad)
{
	u32 len = op_len(ch, pad);
	char *label = (char *)(op + 1);
	__le64 value = cpu_to_le64(ch->value);

	memset(op, 0, len);
	op->len = cpu_to_le32(len);
	op->code = cpu_to_le16(ch->code);
	op->label_len = cpu_to_le16(SIM_LABEL_LEN);
	op->if_version = cpu_to_le64(ch->if_version);
	put_label(label, ch->label);
	if (ch->code == HSMREPL_OP_DELETE)
		return;
	op->payload_len = cpu_to_le32(sizeof(value) + pad);
	op->attrs = cpu_to_le64(ch->value * 3);
	memcpy(label + SIM_LABEL_LEN, &value, sizeof(value));
}

int machine_submit(struct machine *m, struct caller *who, const unsigned int pad[CHANGES_MAX])
{
	const struct call *c = who->call;
	struct hsm_txn *txn;
	u32 len = 0;
	int err;

	for (unsigned int i = 0; i < c->n_changes; i++)
		len += op_len(&c->change[i], pad[i]);
	txn = hsm_txn_alloc(HSMREPL_TL_DATA, c->n_changes, len);
	if (IS_ERR(txn))
		return (int)-PTR_ERR(txn);
	len = 0;
	for (unsigned int i = 0; i < c->n_changes; i++) {
		put_op((void *)((u8 *)hsm_txn_ops(txn) + len), &c->change[i], pad[i]);
		len += op_len(&c->change[i], pad[i]);
	}
	err = hsm_txn_complete(txn, m->hsm.limits.payload_max);
	assert(!err);
	txn->owner = who;
	err = hsm_submit(&m->hsm, txn);
	if (err) {
		hsm_txn_put(txn);
		return -err;
	}
	who->txn = txn;
	who->call->tid = txn->tid;
	return 0;
}

static void fill_get(struct call *c, struct hsm_object *object)
{
	__le64 value;

	if (!object) {
		c->end = END_NOTHING;
		return;
	}
	assert(object->payload_len >= sizeof(value));
	memcpy(&value, object->payload, sizeof(value));
	c->value = le64_to_cpu(value);
	c->version = object->version;
	c->seq = object->seq;
	c->end = END_DONE;
}

int machine_get(struct machine *m, struct caller *who)
{
	struct call *c = who->call;
	char label[SIM_LABEL_LEN];
	struct hsm_object *object;
	bool undecided;

	put_label(label, c->change[0].label);
	object = hsm_store_get(&m->hsm.store, label, SIM_LABEL_LEN, &undecided);
	if (c->committed_only || (!undecided && !hsm_readable(&m->hsm)))
		fill_get(c, object);
	else
		list_add_tail(&who->waiting, &m->getters);
	if (object)
		hsm_object_put(object);
	return 0;
}

struct caller *machine_ended(struct machine *m, int *error)
{
	struct caller *who;
	struct hsm_txn *txn;

	if (list_empty(&m->ready))
		return NULL;
	who = list_first_entry(&m->ready, struct caller, waiting);
	list_del_init(&who->waiting);
	txn = who->txn;
	*error = txn->state == HSM_TXN_DONE ? -txn->error : EINPROGRESS;
	if (!*error) {
		who->call->seq = txn->seq;
		who->call->version = txn->version;
	}
	machine_leave(who);
	return who;
}

struct caller *machine_retry(struct machine *m, struct list_head *tries, int *error)
{
	while (!list_empty(tries)) {
		struct caller *who = list_first_entry(tries, struct caller, waiting);

		list_del_init(&who->waiting);
		*error = machine_get(m, who);
		if (who->call->end != END_NONE)
			return who;
	}
	return NULL;
}

void machine_leave(struct caller *who)
{
	list_del_init(&who->waiting);
	if (!who->txn)
		return;
	who->txn->owner = NULL;
	hsm_txn_put(who->txn);
	who->txn = NULL;
}

u64 machine_peek(struct machine *m, unsigned int label)
{
	struct hsm_object *object;
	char name[SIM_LABEL_LEN];
	bool undecided;
	u64 version = 0;

	put_label(name, label);
	object = hsm_store_get(&m->hsm.store, name, SIM_LABEL_LEN, &undecided);
	if (object) {
		version = object->version;
		hsm_object_put(object);
	}
	return version;
}
