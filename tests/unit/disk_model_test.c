// SPDX-License-Identifier: GPL-2.0
/*
 * The store against a naive model over random histories: batches committed and refused, with starts
 * in between, and with the process killed at any moment.
 */
#include <check.h>
#include <signal.h>

#include <sys/wait.h>

#include "../suite.h"
#include "disk_bed.h"

#define LABELS		24
#define BATCHES		150
#define PAYLOAD_MAX	600
#define SEEDS		6
#define KILLS		12
#define STARTS		60

/**
 * struct object - what the model knows
 */
struct object {
	bool exists;
	uint64_t version;
	uint64_t seq;
	uint64_t attrs;
	unsigned int payload_len;
	uint8_t fill;
	char type[HSMREPL_TYPE_MAX];
};

struct model {
	struct object object[LABELS];
};

static uint64_t rng;

static unsigned int draw(unsigned int n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (unsigned int)(rng >> 33) % n;
}

static void label_of(unsigned int i, char label[32])
{
	snprintf(label, 32, "label-%u", i);
}

/* One operation that fits, in the model and in the TL at @at. */
static void random_op(struct bed *b, struct model *m, size_t at, uint64_t seq)
{
	static const char *const types[] = { "", "aes", "rsa" };
	uint8_t payload[PAYLOAD_MAX];
	unsigned int i = draw(LABELS), code;
	struct object *o = &m->object[i];
	const char *type = types[draw(3)];
	char label[32];

	label_of(i, label);
	code = !o->exists ? HSMREPL_OP_CREATE : draw(4) ? HSMREPL_OP_UPDATE : HSMREPL_OP_DELETE;
	if (code == HSMREPL_OP_DELETE) {
		*o = (struct object){ 0 };
		bed_op(b, at, code, label, NULL, 0, 0, "");
		return;
	}
	if (code == HSMREPL_OP_CREATE || *type)
		snprintf(o->type, sizeof(o->type), "%s", type);
	o->exists = true;
	o->version++;
	o->seq = seq;
	o->attrs = draw(1000);
	o->fill = (uint8_t)draw(256);
	o->payload_len = draw(PAYLOAD_MAX);
	memset(payload, o->fill, o->payload_len);
	bed_op(b, at, code, label, payload, o->payload_len, o->attrs, type);
}

static void random_batch(struct bed *b, struct model *m)
{
	unsigned int tls = 1 + draw(5);

	bed_begin(b);
	while (tls--) {
		size_t at = bed_tl(b, HSMREPL_TL_DATA, rng | 1);
		unsigned int ops = 1 + draw(4);

		while (ops--)
			random_op(b, m, at, b->after.seq);
	}
}

/**
 * struct check - a walk beside the model
 */
struct check {
	const struct model *m;
	unsigned int n;
};

static int check_object(void *arg, const struct store_object *o)
{
	struct check *c = arg;
	const struct object *want;
	char label[32] = "";
	unsigned int i;

	ck_assert_uint_lt(o->label_len, sizeof(label));
	memcpy(label, o->label, o->label_len);
	ck_assert_int_eq(sscanf(label, "label-%u", &i), 1);
	want = &c->m->object[i];
	ck_assert(want->exists);
	ck_assert_uint_eq(o->version, want->version);
	ck_assert_uint_eq(o->seq, want->seq);
	ck_assert_uint_eq(o->attrs, want->attrs);
	ck_assert_uint_eq(o->payload_len, want->payload_len);
	for (size_t at = 0; at < o->payload_len; at++)
		ck_assert_uint_eq(((const uint8_t *)o->payload)[at], want->fill);
	ck_assert_int_eq(strncmp(o->type, want->type, HSMREPL_TYPE_MAX), 0);
	ck_assert_int_eq(strncmp((const char *)o->id, "idlabel-", 8), 0);
	c->n++;
	return 0;
}

static void check_store(struct bed *b, const struct model *m)
{
	struct check c = { .m = m };
	unsigned int want = 0;

	for (unsigned int i = 0; i < LABELS; i++)
		want += m->object[i].exists;
	ck_assert_int_eq(store_each(b->store, check_object, &c), 0);
	ck_assert_uint_eq(c.n, want);
	ck_assert_uint_eq(b->image.objects, want);
	ck_assert_mem_eq(&b->image.position, &b->position, sizeof(b->position));
}

START_TEST(random_histories)
{
	struct bed *b = bed_new();
	struct model m = { 0 };

	rng = 0x9e3779b97f4a7c15u * (uint64_t)(_i + 1);
	ck_assert(bed_open(b));
	for (unsigned int i = 0; i < BATCHES; i++) {
		struct model before = m;

		random_batch(b, &m);
		ck_assert_int_eq(bed_yes(b), 0);
		if (draw(10) == 0) {
			bed_reopen(b);
			check_store(b, &before);
			ck_assert_uint_eq(b->image.slot_id.number, b->number);
			ck_assert_uint_eq(b->image.slot.n, b->len);
			ck_assert_mem_eq(b->image.slot.p, b->tls, b->len);
		}
		if (draw(8) == 0) {
			m = before;
			ck_assert_int_eq(bed_refuse(b), 0);
			if (draw(2))
				bed_abort(b);
		} else {
			bed_commit(b);
		}
		if (draw(20) == 0) {
			bed_reopen(b);
			check_store(b, &m);
			ck_assert_uint_eq(b->image.slot_id.coordinator, 0);
		}
	}
	bed_reopen(b);
	check_store(b, &m);
	bed_free(b);
}
END_TEST

/*
 * The child appends until it is killed, and tells each batch whose yes and whose COMMIT it knows
 * durable.
 */
static void append_until_killed(struct bed *b, int told)
{
	struct model m = { 0 };
	uint64_t seq;

	if (!bed_open(b))
		_exit(1);
	for (;;) {
		random_batch(b, &m);
		if (bed_yes(b))
			_exit(1);
		seq = b->after.seq;
		if (write(told, &seq, sizeof(seq)) != sizeof(seq))
			_exit(1);
		bed_commit(b);
	}
}

/* Replays the seed's history up to @seq into @m. Returns false if no batch ends there. */
static bool model_at(struct bed *b, uint64_t seq, uint64_t seed, struct model *m)
{
	memset(m, 0, sizeof(*m));
	memset(&b->position, 0, sizeof(b->position));
	rng = seed;
	while (b->position.seq < seq) {
		random_batch(b, m);
		b->position = b->after;
	}
	return b->position.seq == seq;
}

START_TEST(killed_at_any_moment)
{
	uint64_t seed = 0x2545f4914f6cdd1du * (uint64_t)(_i + 1), told = 0, seq;
	struct bed *b = bed_new();
	struct model m;
	uint64_t end;
	int fd[2];
	pid_t pid;

	rng = seed;
	ck_assert_int_eq(pipe(fd), 0);
	pid = fork();
	if (!pid) {
		close(fd[0]);
		append_until_killed(b, fd[1]);
	}
	close(fd[1]);
	end = 40 + 37 * (uint64_t)_i;
	while (told < end && read(fd[0], &seq, sizeof(seq)) == sizeof(seq))
		told = seq;
	ck_assert_uint_ge(told, end);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (read(fd[0], &seq, sizeof(seq)) == sizeof(seq))
		told = seq;
	close(fd[0]);
	ck_assert_msg(bed_open(b), "%s", b->error);
	/* Told is the yes: the batch is settled, or it is the slot. */
	seq = b->image.position.seq;
	ck_assert(model_at(b, seq, seed, &m));
	check_store(b, &m);
	if (b->image.slot_id.coordinator) {
		random_batch(b, &m);
		seq = b->after.seq;
		ck_assert_uint_eq(b->image.slot.n, b->len);
		ck_assert_mem_eq(b->image.slot.p, b->tls, b->len);
	}
	ck_assert_uint_ge(seq, told);
	bed_free(b);
}
END_TEST

/* Many starts that die somewhere between their steps: the slot and all that is committed stay. */
START_TEST(killed_while_starting)
{
	struct bed *b = bed_new();
	struct model m = { 0 }, before;

	rng = 77;
	ck_assert(bed_open(b));
	for (unsigned int i = 0; i < 30; i++) {
		random_batch(b, &m);
		ck_assert_int_eq(bed_yes(b), 0);
		bed_commit(b);
	}
	before = m;
	random_batch(b, &m);
	ck_assert_int_eq(bed_yes(b), 0);
	bed_close(b);
	for (unsigned int i = 0; i < STARTS; i++) {
		pid_t pid = fork();

		if (!pid) {
			while (bed_open(b))
				bed_close(b);
			_exit(1);
		}
		poll(NULL, 0, (int)(i % 17));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		ck_assert_msg(bed_open(b), "%s", b->error);
		check_store(b, &before);
		ck_assert_uint_eq(b->image.slot_id.number, b->number);
		ck_assert_uint_eq(b->image.slot.n, b->len);
		ck_assert_mem_eq(b->image.slot.p, b->tls, b->len);
		bed_close(b);
	}
	bed_free(b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("disk-model");
	TCase *t = tcase_create("disk-model");

	tcase_set_timeout(t, 240);
	tcase_add_loop_test(t, random_histories, 0, SEEDS);
	tcase_add_loop_test(t, killed_at_any_moment, 0, KILLS);
	tcase_add_test(t, killed_while_starting);
	suite_add_tcase(s, t);
	return suite_run(s);
}
