// SPDX-License-Identifier: GPL-2.0
/*
 * Each command with its nth allocation or copy failing, and many callers at once.
 * uml-params: grace_ms=300
 */
#include <pthread.h>
#include <stdlib.h>
#include "../suite.h"
#include "module.h"

#define NTH_MAX		200	/* more points of failure than any command has */
#define CALLERS		4
#define STRESS_TXNS	100	/* per caller */

static uint8_t room[HSMREPL_READ_MIN];

/* Makes the nth point of failure of this thread's next system calls fail. */
static void fail_nth(int switch_fd, int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", nth);

	ck_assert_int_eq(pwrite(switch_fd, text, len, 0), len);
}

/*
 * Switches it off; whether the point was reached. The calls here have points of failure of their
 * own, which may be the one.
 */
static bool failed_nth(int switch_fd)
{
	char text[16] = "";
	bool reached = pread(switch_fd, text, sizeof(text) - 1, 0) > 0 && !atoi(text);

	while (pwrite(switch_fd, "0", 1, 0) != 1)
		ck_assert_int_eq(errno, EFAULT);
	return reached;
}

/*
 * Failure points anywhere, whatever the flags of the allocation. The kernel does not tell of them:
 * the stacks that it shows are what uml-run takes for a complaint.
 */
static void fail_all_kinds(void)
{
	static const char *const settings[][2] = {
		{ "/sys/kernel/debug/failslab/ignore-gfp-wait", "N" },
		{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N" },
		{ "/sys/kernel/debug/fail_page_alloc/min-order", "0" },
		{ "/sys/kernel/debug/failslab/verbose", "0" },
		{ "/sys/kernel/debug/fail_page_alloc/verbose", "0" },
		{ "/sys/kernel/debug/fail_usercopy/verbose", "0" },
	};
	size_t i;
	int fd;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		fd = open(settings[i][0], O_WRONLY);
		if (fd < 0)
			continue;
		ck_assert_int_gt(write(fd, settings[i][1], 1), 0);
		close(fd);
	}
}

/* What a command may answer when memory or a caller's page is missing. */
static bool is_fault(int err)
{
	return err == -ENOMEM || err == -EFAULT;
}

/**
 * struct sweep - one command to be tried with every failure
 * @run: does it once; 0 or -errno
 * @undo: brings the device back to where it was, after success
 */
struct sweep {
	const char *name;
	int (*run)(int agent);
	void (*undo)(int agent);
};

static int run_submit(int agent)
{
	struct request request;

	return submit(agent, &request, HSMREPL_OP_CREATE, "k", "value", HSMREPL_SUBMIT_ASYNC, 0);
}

/* Claims and aborts what is queued, and reads the completions. */
static void drop_queue(int agent)
{
	while (state_of(agent).queue) {
		ck_assert_int_eq(grant(agent, 77, 256), 0);
		ck_assert_int_gt(read(agent, room, sizeof(room)), 0);
		resolve(agent, 77, NODE, HSMREPL_ABORT, ECANCELED);
	}
	while (readable(agent, 0))
		ck_assert_int_gt(read(agent, room, sizeof(room)), 0);
}

static int run_claim(int agent)
{
	return read(agent, room, sizeof(room)) < 0 ? -errno : 0;
}

static void undo_claim(int agent)
{
	resolve(agent, 78, NODE, HSMREPL_ABORT, ECANCELED);
	drop_queue(agent);
}

/* The first TL of epoch 1, by node 2, creates an object. */
static int run_prepare(int agent)
{
	static uint64_t tls[64];
	struct hsmrepl_tl *tl = (void *)tls;
	struct hsmrepl_op *op = (void *)(tl + 1);
	struct hsmrepl_prepare prepare = INIT(hsmrepl_prepare, .batch = 3, .coordinator = 2,
					      .n_tls = 1);

	*tl = (struct hsmrepl_tl){
		.format = htole16(1), .kind = htole16(HSMREPL_TL_DATA), .tid = htole64(42),
		.seq = htole64(1), .epoch = htole64(1), .coordinator = htole16(2),
		.n_ops = htole16(1), .n_voters = htole16(2),
		.voters = { htole16(1), htole16(2) },
	};
	tl->len = htole32(sizeof(*tl) + put_op(op, HSMREPL_OP_CREATE, "foreign", "text", 4));
	op->id[0] = 1;
	op->type[0] = 'x';
	prepare.tls = (uintptr_t)tls;
	prepare.tls_len = le32toh(tl->len);
	return call(agent, HSMREPL_IOC_PREPARE, &prepare);
}

static void undo_prepare(int agent)
{
	ck_assert_int_eq(resolve(agent, 3, 2, HSMREPL_ABORT, 0), 0);
}

static int run_load(int agent)
{
	struct hsmrepl_load load = INIT(hsmrepl_load,
					.flags = HSMREPL_LOAD_BEGIN | HSMREPL_LOAD_END);
	struct hsmrepl_nl nl = node_list(1, 2);

	load.nl = (uintptr_t)&nl;
	return call(agent, HSMREPL_IOC_LOAD, &load);
}

static int run_get(int agent)
{
	char buf[16];
	int err = get(agent, "none", 0, 0, buf, sizeof(buf));

	return err == -ENOENT ? 0 : err;
}

static int run_list(int agent)
{
	static uint8_t entries[4096];
	struct hsmrepl_list list = INIT(hsmrepl_list, .buf_len = sizeof(entries));

	list.buf = (uintptr_t)entries;
	return call(agent, HSMREPL_IOC_LIST, &list);
}

static int run_attach(int agent)
{
	struct hsmrepl_attach arg;
	int fd, err;

	(void)agent;
	fd = open(HSMREPL_DEVICE, O_RDWR);
	if (fd < 0)
		return -errno;
	err = attach(fd, &arg);
	close(fd);
	return err == -EBUSY ? 0 : err;
}

static void undo_nothing(int agent)
{
	(void)agent;
}

static const struct sweep sweeps[] = {
	{ "submit", run_submit, drop_queue },
	{ "claim", run_claim, undo_claim },
	{ "prepare", run_prepare, undo_prepare },
	{ "load", run_load, undo_nothing },
	{ "get", run_get, undo_nothing },
	{ "list", run_list, undo_nothing },
	{ "attach", run_attach, undo_nothing },
};

/* Before each try: what the command needs. */
static void arrange(int agent, const struct sweep *sweep)
{
	if (sweep->run != run_claim)
		return;
	if (!state_of(agent).queue)
		ck_assert_int_eq(run_submit(agent), 0);
	ck_assert_int_eq(grant(agent, 78, 1), 0);
}

START_TEST(every_failure_leaves_the_device_sound)
{
	const struct sweep *sweep = &sweeps[_i];
	int switch_fd = open("/proc/thread-self/fail-nth", O_RDWR);
	int agent = agent_up(), nth, err;
	bool reached = true;

	ck_assert_int_ge(switch_fd, 0);
	fail_all_kinds();
	for (nth = 1; reached && nth < NTH_MAX; nth++) {
		arrange(agent, sweep);
		fail_nth(switch_fd, nth);
		err = sweep->run(agent);
		reached = failed_nth(switch_fd);
		ck_assert_msg(!err || is_fault(err), "%s, %d: %d", sweep->name, nth, err);
		ck_assert_uint_eq(state_of(agent).digest, 0);
		if (sweep->run == run_prepare && is_fault(err))
			ck_assert_int_eq(resolve(agent, 3, 2, HSMREPL_ABORT, 0), -ENOENT);
		else
			sweep->undo(agent);
		drop_queue(agent);
	}
	ck_assert_msg(nth > 2 && nth < NTH_MAX, "%s: %d points", sweep->name, nth - 2);
}
END_TEST

/**
 * struct caller - one of many that submit at the same time
 * @committed: how many of its transactions were
 */
struct caller {
	pthread_t thread;
	int number;
	int committed;
};

static void *run_caller(void *data)
{
	struct caller *caller = data;
	int fd = open_device(O_RDWR), i, err;
	struct request request;
	char label[32], buf[64];

	for (i = 0; i < STRESS_TXNS; i++) {
		snprintf(label, sizeof(label), "c%d-%d", caller->number, i);
		err = submit(fd, &request, HSMREPL_OP_CREATE, label, label, 0, 0);
		ck_assert_int_eq(err, 0);
		caller->committed++;
		ck_assert_int_eq(get(fd, label, 0, 0, buf, sizeof(buf)), 0);
		ck_assert_str_eq(buf, label);
		ck_assert_int_eq(run_list(fd), 0);
	}
	close(fd);
	return NULL;
}

START_TEST(many_callers)
{
	struct caller callers[CALLERS] = { };
	int agent = agent_up(), i, resolution;
	uint64_t batch = 0;

	for (i = 0; i < CALLERS; i++) {
		callers[i].number = i;
		ck_assert_int_eq(pthread_create(&callers[i].thread, NULL, run_caller,
						&callers[i]), 0);
	}
	while (state_of(agent).seq < CALLERS * STRESS_TXNS) {
		ck_assert_int_eq(grant(agent, ++batch, 8), 0);
		ck_assert(readable(agent, DEADLINE_MS));
		ck_assert_int_gt(read(agent, room, sizeof(room)), 0);
		resolution = batch % 7 ? HSMREPL_COMMIT : HSMREPL_REQUEUE;
		ck_assert_int_eq(resolve(agent, batch, NODE, resolution, 0), 0);
	}
	for (i = 0; i < CALLERS; i++) {
		pthread_join(callers[i].thread, NULL);
		ck_assert_int_eq(callers[i].committed, STRESS_TXNS);
	}
	ck_assert_uint_eq(state_of(agent).objects, CALLERS * STRESS_TXNS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fault");
	TCase *tcase = tcase_create("fault");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, every_failure_leaves_the_device_sound, 0,
			    sizeof(sweeps) / sizeof(sweeps[0]));
	tcase_add_test(tcase, many_callers);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
