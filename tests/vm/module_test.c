// SPDX-License-Identifier: GPL-2.0
/* The character device as submitters and the agent see it. uml-params: devices=2 grace_ms=300 */
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include "../suite.h"
#include "module.h"

#define READ_ROOM	HSMREPL_READ_MIN
#define LIST_ROOM	4096

static uint8_t room[READ_ROOM];

/* Polls until the queue of the device has n transactions. */
static void await_queue(int fd, uint32_t n)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int tries = DEADLINE_MS;

	while (state_of(fd).queue != n && tries--)
		nanosleep(&pause, NULL);
	ck_assert_uint_eq(state_of(fd).queue, n);
}

/* Reads records; checks that the first one is of a type. */
static const struct hsmrepl_record *read_record(int fd, uint16_t type)
{
	const struct hsmrepl_record *record = (const void *)room;
	ssize_t n;

	ck_assert(readable(fd, DEADLINE_MS));
	n = read(fd, room, sizeof(room));
	ck_assert_int_ge(n, sizeof(*record));
	ck_assert_uint_eq(record->type, type);
	return record;
}

/* Reads one batch of n TLs. */
static void read_batch(int fd, uint64_t batch, uint32_t n)
{
	const struct hsmrepl_record *record = read_record(fd, HSMREPL_REC_TL);
	uint32_t i;

	for (i = 0; i < n; i++) {
		const struct hsmrepl_tl *tl = (const void *)(record + 1);

		ck_assert_uint_eq(record->id, batch);
		ck_assert_uint_eq(record->flags, i + 1 == n ? HSMREPL_REC_LAST : 0);
		ck_assert_uint_eq(le16toh(tl->n_voters), 2);
		ck_assert_uint_eq(le16toh(tl->coordinator), NODE);
		record = (const void *)((const uint8_t *)record + record->len);
	}
}

/* Commits one transaction of one operation. */
static void commit(int agent, uint64_t batch, uint16_t code, const char *label,
		   const char *payload)
{
	struct request request;

	ck_assert_int_eq(grant(agent, batch, 1), 0);
	ck_assert_int_eq(submit(agent, &request, code, label, payload, HSMREPL_SUBMIT_ASYNC, 0),
			 0);
	read_batch(agent, batch, 1);
	ck_assert_int_eq(resolve(agent, batch, NODE, HSMREPL_COMMIT, 0), 0);
	read_record(agent, HSMREPL_REC_COMPLETION);
}

/**
 * struct blocked - a caller that blocks in a thread of its own
 * @result: of its call
 */
struct blocked {
	pthread_t thread;
	struct request request;
	const char *label;
	uint32_t timeout_ms;
	char buf[64];
	int result;
};

static void *run_submit(void *data)
{
	struct blocked *blocked = data;
	int fd = open_device(O_RDWR);

	blocked->result = submit(fd, &blocked->request, HSMREPL_OP_CREATE, blocked->label, "data",
				 0, blocked->timeout_ms);
	close(fd);
	return NULL;
}

static void *run_get(void *data)
{
	struct blocked *blocked = data;
	int fd = open_device(O_RDONLY);

	blocked->result = get(fd, blocked->label, 0, 0, blocked->buf, sizeof(blocked->buf));
	close(fd);
	return NULL;
}

static void start(struct blocked *blocked, void *(*run)(void *data), const char *label)
{
	blocked->label = label;
	ck_assert_int_eq(pthread_create(&blocked->thread, NULL, run, blocked), 0);
}

static int finish(struct blocked *blocked)
{
	pthread_join(blocked->thread, NULL);
	return blocked->result;
}

static void sysfs_is(const char *name, const char *value)
{
	char path[128], text[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/misc/hsmrepl/hsmrepl/%s", name);
	file = fopen(path, "r");
	ck_assert_msg(file, "%s", path);
	ck_assert(fgets(text, sizeof(text), file));
	fclose(file);
	text[strcspn(text, "\n")] = 0;
	ck_assert_str_eq(text, value);
}

START_TEST(agents_come_and_go)
{
	struct hsmrepl_attach again = { };
	int agent = agent_up(), other = open_device(O_RDWR);

	sysfs_is("agent", "1");
	sysfs_is("state", "member");
	sysfs_is("nodes_total", "2");
	sysfs_is("nodes_up", "2");
	sysfs_is("epoch", "1");
	ck_assert_int_eq(attach(other, &again), -EBUSY);
	ck_assert_int_eq(grant(other, 1, 1), -EPERM);
	close(agent);
	sysfs_is("agent", "0");
	sysfs_is("state", "offline");
	again = INIT(hsmrepl_attach, .node_id = 2, .digest_key = { 1, 2, 3 }, .name = "n2");
	ck_assert_int_eq(call(other, HSMREPL_IOC_ATTACH, &again), -EKEYREJECTED);
	ck_assert_int_eq(attach(other, &again), 0);
	ck_assert_uint_eq(again.loaded, 1);
	ck_assert_uint_eq(again.epoch, 1);
	sysfs_is("state", "starting");
}
END_TEST

START_TEST(minors_are_apart)
{
	struct hsmrepl_info info = INIT(hsmrepl_info);
	int agent = agent_up(), second = open("/dev/hsmrepl1", O_RDWR);

	ck_assert_int_ge(second, 0);
	ck_assert_int_eq(call(second, HSMREPL_IOC_INFO, &info), 0);
	ck_assert_uint_eq(info.minor, 1);
	ck_assert_uint_eq(info.grace_ms, 300);
	ck_assert_uint_eq(info.abi_version, HSMREPL_ABI_VERSION);
	commit(agent, 1, HSMREPL_OP_CREATE, "k", "v");
	ck_assert_uint_eq(state_of(second).objects, 0);
	ck_assert_uint_eq(state_of(agent).objects, 1);
	sysfs_is("objects", "1");
	sysfs_is("seq", "1");
}
END_TEST

START_TEST(blocking_submit_commits)
{
	struct hsmrepl_outcome fate;
	struct blocked caller = { };
	char buf[16];
	int agent = agent_up();

	start(&caller, run_submit, "key");
	await_queue(agent, 1);
	ck_assert_uint_eq(read_record(agent, HSMREPL_REC_QUEUED)->id, 1);
	ck_assert(!readable(agent, 0));
	ck_assert_int_eq(read(agent, room, sizeof(room)), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(grant(agent, 5, 10), 0);
	read_batch(agent, 5, 1);
	ck_assert_int_eq(grant(agent, 6, 10), -EBUSY);
	ck_assert_int_eq(resolve(agent, 4, NODE, HSMREPL_COMMIT, 0), -ENOENT);
	ck_assert_int_eq(resolve(agent, 5, NODE, HSMREPL_COMMIT, 0), 0);
	ck_assert_int_eq(finish(&caller), 0);
	ck_assert_uint_eq(caller.request.arg.seq, 1);
	ck_assert_uint_eq(caller.request.arg.version, 1);
	ck_assert_uint_eq(caller.request.arg.sync_point, caller.request.arg.tid);
	ck_assert_int_eq(outcome(agent, caller.request.arg.tid, &fate), 0);
	ck_assert_uint_eq(fate.outcome, HSMREPL_OUTCOME_COMMITTED);
	ck_assert_int_eq(get(agent, "key", 0, 0, buf, sizeof(buf)), 0);
	ck_assert_str_eq(buf, "data");
	ck_assert_int_eq(get(agent, "key", 0, 0, buf, 3), -EMSGSIZE);
	ck_assert_int_eq(get(agent, "none", 0, 0, buf, 3), -ENOENT);
}
END_TEST

START_TEST(refused_at_once)
{
	int agent = agent_up(), reader = open_device(O_RDONLY), writer = open_device(O_WRONLY);
	struct hsmrepl_state state = INIT(hsmrepl_state);
	struct request request;

	commit(agent, 1, HSMREPL_OP_CREATE, "k", "v");
	ck_assert_int_eq(submit(writer, &request, HSMREPL_OP_CREATE, "k", "v", 0, 0), -EEXIST);
	ck_assert_int_eq(submit(writer, &request, HSMREPL_OP_UPDATE, "no", "v", 0, 0), -ENOENT);
	ck_assert_int_eq(submit(reader, &request, HSMREPL_OP_CREATE, "x", "v", 0, 0), -EACCES);
	ck_assert_int_eq(call(writer, HSMREPL_IOC_STATE, &state), -EACCES);
	ck_assert_int_eq(report(agent, HSMREPL_HALTED), 0);
	ck_assert_int_eq(submit(writer, &request, HSMREPL_OP_CREATE, "x", "v", 0, 0), -EROFS);
	close(agent);
	ck_assert_int_eq(submit(writer, &request, HSMREPL_OP_CREATE, "x", "v", 0, 0), -ENOTCONN);
	ck_assert_int_eq(ioctl(reader, _IO(HSMREPL_IOC_TYPE, 0x7f), &state), -1);
	ck_assert_int_eq(errno, ENOTTY);
}
END_TEST

START_TEST(get_waits_for_the_outcome)
{
	struct blocked reader = { };
	struct request request;
	char buf[16];
	int agent = agent_up();

	commit(agent, 1, HSMREPL_OP_CREATE, "k", "old");
	ck_assert_int_eq(grant(agent, 2, 1), 0);
	ck_assert_int_eq(submit(agent, &request, HSMREPL_OP_UPDATE, "k", "new",
				HSMREPL_SUBMIT_ASYNC, 0), 0);
	read_batch(agent, 2, 1);
	ck_assert_int_eq(get(agent, "k", HSMREPL_GET_COMMITTED, 0, buf, sizeof(buf)), 0);
	ck_assert_str_eq(buf, "old");
	ck_assert_int_eq(get(agent, "k", 0, 30, buf, sizeof(buf)), -ETIMEDOUT);
	start(&reader, run_get, "k");
	ck_assert_int_eq(resolve(agent, 2, NODE, HSMREPL_COMMIT, 0), 0);
	ck_assert_int_eq(finish(&reader), 0);
	ck_assert_str_eq(reader.buf, "new");
	/* One that starts may be behind its pool. */
	ck_assert_int_eq(report(agent, HSMREPL_STARTING), 0);
	ck_assert_int_eq(get(agent, "k", 0, 30, buf, sizeof(buf)), -ETIMEDOUT);
	ck_assert_int_eq(report(agent, HSMREPL_BLOCKED), 0);
	ck_assert_int_eq(get(agent, "k", 0, 0, buf, sizeof(buf)), 0);
}
END_TEST

START_TEST(timeout_leaves_it_pending)
{
	struct hsmrepl_outcome fate;
	struct request request;
	int agent = agent_up();

	ck_assert_int_eq(submit(agent, &request, HSMREPL_OP_CREATE, "k", "v", 0, 30),
			 -EINPROGRESS);
	ck_assert_uint_ne(request.arg.tid, 0);
	ck_assert_uint_eq(state_of(agent).pending_tid, request.arg.tid);
	ck_assert_int_eq(outcome(agent, request.arg.tid, &fate), 0);
	ck_assert_uint_eq(fate.outcome, HSMREPL_OUTCOME_PENDING);
	fate = INIT(hsmrepl_outcome, .tid = request.arg.tid, .wait = 1, .timeout_ms = 30);
	ck_assert_int_eq(call(agent, HSMREPL_IOC_OUTCOME, &fate), -ETIMEDOUT);
	ck_assert_int_eq(grant(agent, 1, 1), 0);
	read_batch(agent, 1, 1);
	ck_assert_int_eq(resolve(agent, 1, NODE, HSMREPL_ABORT, EDQUOT), 0);
	ck_assert_int_eq(outcome(agent, request.arg.tid, &fate), 0);
	ck_assert_uint_eq(fate.outcome, HSMREPL_OUTCOME_ABORTED);
	ck_assert_uint_eq(fate.error, EDQUOT);
	ck_assert_int_eq(outcome(agent, 0, &fate), -ENOENT);
}
END_TEST

static void on_signal(int number)
{
	(void)number;
}

START_TEST(a_signal_ends_the_wait)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct blocked caller = { };
	struct hsmrepl_outcome fate;
	int agent = agent_up();

	sigaction(SIGUSR1, &action, NULL);
	start(&caller, run_submit, "k");
	await_queue(agent, 1);
	pthread_kill(caller.thread, SIGUSR1);
	ck_assert_int_eq(finish(&caller), -EINTR);
	ck_assert_uint_ne(caller.request.arg.tid, 0);
	ck_assert_int_eq(outcome(agent, caller.request.arg.tid, &fate), 0);
	ck_assert_uint_eq(fate.outcome, HSMREPL_OUTCOME_PENDING);
	ck_assert_int_eq(grant(agent, 1, 1), 0);
	read_batch(agent, 1, 1);
	ck_assert_int_eq(resolve(agent, 1, NODE, HSMREPL_COMMIT, 0), 0);
	ck_assert_int_eq(outcome(agent, caller.request.arg.tid, &fate), 0);
	ck_assert_uint_eq(fate.outcome, HSMREPL_OUTCOME_COMMITTED);
}
END_TEST

START_TEST(callers_outlive_an_agent_for_a_while)
{
	struct blocked claimed = { }, queued = { };
	struct hsmrepl_outcome fate;
	struct hsmrepl_attach arg;
	int agent = agent_up(), fd = open_device(O_RDWR);

	start(&claimed, run_submit, "claimed");
	await_queue(fd, 1);
	ck_assert_int_eq(grant(agent, 1, 1), 0);
	read_batch(agent, 1, 1);
	start(&queued, run_submit, "queued");
	await_queue(fd, 1);
	close(agent);
	ck_assert_int_eq(finish(&queued), -ENOTCONN);
	ck_assert_int_eq(finish(&claimed), -EINPROGRESS);
	ck_assert_int_eq(outcome(fd, queued.request.arg.tid, &fate), 0);
	ck_assert_uint_eq(fate.outcome, HSMREPL_OUTCOME_ABORTED);
	ck_assert_int_eq(outcome(fd, claimed.request.arg.tid, &fate), 0);
	ck_assert_uint_eq(fate.outcome, HSMREPL_OUTCOME_PENDING);
	ck_assert_int_eq(attach(fd, &arg), 0);
	ck_assert_uint_eq(arg.slot_state, HSMREPL_SLOT_CLAIMED);
	ck_assert_uint_eq(arg.slot_batch, 1);
	ck_assert_uint_eq(arg.slot_tls, 1);
	ck_assert_uint_eq(arg.slot_coordinator, NODE);
	ck_assert_int_eq(resolve(fd, 1, NODE, HSMREPL_COMMIT, 0), 0);
	ck_assert_int_eq(outcome(fd, claimed.request.arg.tid, &fate), 0);
	ck_assert_uint_eq(fate.outcome, HSMREPL_OUTCOME_COMMITTED);
}
END_TEST

START_TEST(a_new_agent_in_time_takes_over)
{
	struct blocked caller = { };
	struct hsmrepl_attach arg;
	int agent = agent_up(), next = open_device(O_RDWR | O_NONBLOCK);

	start(&caller, run_submit, "k");
	await_queue(agent, 1);
	close(agent);
	ck_assert_int_eq(attach(next, &arg), 0);
	ck_assert_int_eq(report(next, HSMREPL_MEMBER), 0);
	read_record(next, HSMREPL_REC_QUEUED);
	/* Longer than the grace time. */
	poll(NULL, 0, 500);
	ck_assert_uint_eq(state_of(next).queue, 1);
	ck_assert_int_eq(grant(next, 1, 1), 0);
	read_batch(next, 1, 1);
	ck_assert_int_eq(resolve(next, 1, NODE, HSMREPL_COMMIT, 0), 0);
	ck_assert_int_eq(finish(&caller), 0);
}
END_TEST

START_TEST(async_in_order_through_requeue)
{
	const struct hsmrepl_completion *completion;
	int agent = agent_up(), fd = open_device(O_RDWR | O_NONBLOCK);
	const struct hsmrepl_record *record;
	struct request requests[5];
	char label[16];
	ssize_t n;
	int i;

	for (i = 0; i < 5; i++) {
		snprintf(label, sizeof(label), "k%d", i);
		ck_assert_int_eq(submit(fd, &requests[i], HSMREPL_OP_CREATE, label, "v",
					HSMREPL_SUBMIT_ASYNC, 0), 0);
	}
	ck_assert(!readable(fd, 0));
	ck_assert_int_eq(grant(agent, 1, 3), 0);
	read_batch(agent, 1, 3);
	ck_assert_uint_eq(state_of(agent).queue, 2);
	ck_assert_int_eq(resolve(agent, 1, NODE, HSMREPL_REQUEUE, 0), 0);
	ck_assert_uint_eq(state_of(agent).queue, 5);
	ck_assert_int_eq(grant(agent, 2, 256), 0);
	/* A read that is too small takes nothing. */
	ck_assert_int_eq(read(agent, room, 64), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	read_batch(agent, 2, 5);
	ck_assert_int_eq(resolve(agent, 2, NODE, HSMREPL_COMMIT, 0), 0);
	ck_assert(readable(fd, DEADLINE_MS));
	n = read(fd, room, sizeof(room));
	ck_assert_int_eq(n, 5 * (sizeof(*record) + sizeof(*completion)));
	record = (const void *)room;
	for (i = 0; i < 5; i++) {
		completion = (const void *)(record + 1);
		ck_assert_uint_eq(record->type, HSMREPL_REC_COMPLETION);
		ck_assert_uint_eq(record->id, requests[i].arg.tid);
		ck_assert_uint_eq(completion->seq, i + 1);
		ck_assert_uint_eq(completion->error, 0);
		record = (const void *)((const uint8_t *)record + record->len);
	}
	ck_assert(!readable(fd, 0));
}
END_TEST

static void *run_admin(void *data)
{
	static char answer[16];
	struct hsmrepl_admin admin = INIT(hsmrepl_admin, .verb = HSMREPL_VERB_STATUS,
					  .request_len = 2, .answer_max = sizeof(answer));
	struct blocked *blocked = data;
	int fd = open_device(O_RDONLY);

	admin.request = (uintptr_t)"{}";
	admin.answer = (uintptr_t)answer;
	admin.timeout_ms = blocked->timeout_ms;
	blocked->result = call(fd, HSMREPL_IOC_ADMIN, &admin);
	blocked->request.arg.version = admin.answer_len;
	memcpy(blocked->buf, answer, sizeof(answer));
	close(fd);
	return NULL;
}

static int answer(int agent, uint64_t request, const char *text)
{
	struct hsmrepl_answer answer = INIT(hsmrepl_answer, .request = request,
					    .answer_len = strlen(text));

	answer.answer = (uintptr_t)text;
	return call(agent, HSMREPL_IOC_ANSWER, &answer);
}

START_TEST(admin_requests)
{
	struct hsmrepl_admin admin = INIT(hsmrepl_admin, .verb = HSMREPL_VERB_FORM);
	int agent = agent_up(), reader = open_device(O_RDONLY);
	const struct hsmrepl_record *record;
	struct blocked caller = { };

	ck_assert_int_eq(call(reader, HSMREPL_IOC_ADMIN, &admin), -EACCES);
	start(&caller, run_admin, NULL);
	record = read_record(agent, HSMREPL_REC_ADMIN);
	ck_assert_mem_eq((const char *)(record + 1) + sizeof(struct hsmrepl_admin_request), "{}",
			 2);
	ck_assert_int_eq(answer(agent, record->id + 1, "no"), -ENOENT);
	ck_assert_int_eq(answer(agent, record->id, "fine"), 0);
	ck_assert_int_eq(finish(&caller), 0);
	ck_assert_str_eq(caller.buf, "fine");
	ck_assert_uint_eq(caller.request.arg.version, 4);
	start(&caller, run_admin, NULL);
	record = read_record(agent, HSMREPL_REC_ADMIN);
	ck_assert_int_eq(answer(agent, record->id, "much longer than its room"), 0);
	ck_assert_int_eq(finish(&caller), -EMSGSIZE);
	ck_assert_uint_eq(caller.request.arg.version, 25);
	caller.timeout_ms = 30;
	start(&caller, run_admin, NULL);
	ck_assert_int_eq(finish(&caller), -ETIMEDOUT);
	caller.timeout_ms = 0;
	start(&caller, run_admin, NULL);
	read_record(agent, HSMREPL_REC_ADMIN);
	close(agent);
	ck_assert_int_eq(finish(&caller), -ENOTCONN);
}
END_TEST

START_TEST(listing_goes_on_at_its_cursor)
{
	struct hsmrepl_list list = INIT(hsmrepl_list, .buf_len = 512, .prefix_len = 1);
	uint8_t entries[LIST_ROOM];
	int agent = agent_up(), i, n = 0;
	char label[16];

	for (i = 0; i < 20; i++) {
		snprintf(label, sizeof(label), "%c%d", i % 2 ? 'a' : 'b', i);
		commit(agent, i + 1, HSMREPL_OP_CREATE, label, "v");
	}
	list.buf = (uintptr_t)entries;
	list.prefix = (uintptr_t)"a";
	while (!list.done) {
		const struct hsmrepl_list_entry *entry = (const void *)entries;
		uint32_t used = 0;

		ck_assert_int_eq(call(agent, HSMREPL_IOC_LIST, &list), 0);
		for (; used < list.used; used += entry->len, n++) {
			entry = (const void *)(entries + used);
			ck_assert_int_eq(*(const char *)(entry + 1), 'a');
		}
		ck_assert_uint_eq(used, list.used);
	}
	ck_assert_int_eq(n, 10);
	list.buf_len = 511;
	ck_assert_int_eq(call(agent, HSMREPL_IOC_LIST, &list), -EINVAL);
}
END_TEST

START_TEST(the_module_stays_while_it_is_used)
{
	int agent = agent_up();

	ck_assert_int_eq(syscall(SYS_delete_module, "hsmrepl", O_NONBLOCK), -1);
	ck_assert_int_eq(errno, EWOULDBLOCK);
	close(agent);
}
END_TEST

START_TEST(bad_pointers)
{
	static const unsigned long commands[] = {
		HSMREPL_IOC_INFO, HSMREPL_IOC_STATE, HSMREPL_IOC_SUBMIT, HSMREPL_IOC_OUTCOME,
		HSMREPL_IOC_GET, HSMREPL_IOC_LIST, HSMREPL_IOC_ADMIN, HSMREPL_IOC_ATTACH,
		HSMREPL_IOC_LOAD, HSMREPL_IOC_GRANT, HSMREPL_IOC_PREPARE, HSMREPL_IOC_RESOLVE,
		HSMREPL_IOC_REPORT, HSMREPL_IOC_ANSWER,
	};
	struct hsmrepl_submit submit = INIT(hsmrepl_submit, .kind = HSMREPL_TL_DATA, .n_ops = 1,
					    .ops = 8, .ops_len = 128);
	struct hsmrepl_get get = INIT(hsmrepl_get, .label = 8, .label_len = 4);
	struct hsmrepl_prepare prepare = INIT(hsmrepl_prepare, .batch = 1, .coordinator = 2,
					      .n_tls = 1, .tls = 8, .tls_len = 128);
	struct hsmrepl_load load = INIT(hsmrepl_load, .entries = 8, .entries_len = 128);
	int agent = agent_up();
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		ck_assert_int_eq(call(agent, commands[i], (void *)8), -EFAULT);
	ck_assert_int_eq(call(agent, HSMREPL_IOC_SUBMIT, &submit), -EFAULT);
	ck_assert_int_eq(call(agent, HSMREPL_IOC_GET, &get), -EFAULT);
	ck_assert_int_eq(call(agent, HSMREPL_IOC_PREPARE, &prepare), -EFAULT);
	ck_assert_int_eq(call(agent, HSMREPL_IOC_LOAD, &load), -EFAULT);
	commit(agent, 1, HSMREPL_OP_CREATE, "k", "v");
	get = INIT(hsmrepl_get, .label_len = 1, .buf = 8, .buf_len = 100);
	get.label = (uintptr_t)"k";
	ck_assert_int_eq(call(agent, HSMREPL_IOC_GET, &get), -EFAULT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("module");
	TCase *tcase = tcase_create("module");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, agents_come_and_go);
	tcase_add_test(tcase, minors_are_apart);
	tcase_add_test(tcase, blocking_submit_commits);
	tcase_add_test(tcase, refused_at_once);
	tcase_add_test(tcase, get_waits_for_the_outcome);
	tcase_add_test(tcase, timeout_leaves_it_pending);
	tcase_add_test(tcase, a_signal_ends_the_wait);
	tcase_add_test(tcase, callers_outlive_an_agent_for_a_while);
	tcase_add_test(tcase, a_new_agent_in_time_takes_over);
	tcase_add_test(tcase, async_in_order_through_requeue);
	tcase_add_test(tcase, admin_requests);
	tcase_add_test(tcase, listing_goes_on_at_its_cursor);
	tcase_add_test(tcase, the_module_stays_while_it_is_used);
	tcase_add_test(tcase, bad_pointers);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
