// SPDX-License-Identifier: GPL-2.0
/*
 * Network switch between virtual machines, over Unix datagram sockets.
 *
 *   switch serve DIR          run until SIGTERM
 *   switch tell DIR WORD...   send one command to a running switch
 *
 * Node I sends its frames to DIR/port.I and receives on DIR/nic.I (QEMU:
 * -netdev dgram). Frames to 52:54:00:4d:00:I go to node I, everything else,
 * multicast included, to all but the sender. Each direction of a pair of
 * nodes is a link of its own; the commands, on DIR/control, change one
 * direction (FROM to TO):
 *
 *   cut FROM TO | heal FROM TO | loss FROM TO PERCENT | delay FROM TO MS
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MAX_NODES	16	/* node numbers are 1..MAX_NODES */
#define MAX_FRAME	2048	/* bytes; guests have an MTU of 1500 */
#define MAX_QUEUED	512	/* frames under way on one link */
#define MAX_COMMAND	128	/* bytes */
#define MAX_DELAY_MS	60000
#define RETRY_MS	1	/* until a receiver whose queue is full is tried again */
#define MAC_BYTES	6
#define PATIENCE_MS	5000	/* for the answer to a command */

struct frame {
	struct frame *next;
	int64_t due_ms;
	size_t len;
	unsigned char data[];
};

struct link {
	bool cut;
	unsigned int loss_percent;
	unsigned int delay_ms;
	struct frame *head, **tail;
	unsigned int queued;
};

struct lan {
	const char *dir;
	int port[MAX_NODES];
	int control;
	struct link links[MAX_NODES][MAX_NODES];
};

static const unsigned char mac_prefix[MAC_BYTES - 1] = { 0x52, 0x54, 0x00, 0x4d, 0x00 };

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static void die(const char *what, const char *which)
{
	fprintf(stderr, "switch: %s %s: %s\n", what, which, strerror(errno));
	exit(1);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void set_path(struct sockaddr_un *sun, const char *dir, const char *name, int number)
{
	int n;

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	if (number)
		n = snprintf(sun->sun_path, sizeof(sun->sun_path), "%s/%s.%d", dir, name, number);
	else
		n = snprintf(sun->sun_path, sizeof(sun->sun_path), "%s/%s", dir, name);
	if (n < 0 || (size_t)n >= sizeof(sun->sun_path)) {
		errno = ENAMETOOLONG;
		die("socket in", dir);
	}
}

static int bound_socket(const char *dir, const char *name, int number)
{
	struct sockaddr_un sun;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket", name);
	set_path(&sun, dir, name, number);
	unlink(sun.sun_path);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		die("cannot bind", sun.sun_path);
	return fd;
}

static void link_push(struct link *link, const void *data, size_t len)
{
	struct frame *frame;

	if (link->cut || link->queued >= MAX_QUEUED)
		return;
	if (link->loss_percent && (unsigned int)(random() % 100) < link->loss_percent)
		return;
	frame = malloc(sizeof(*frame) + len);
	if (!frame)
		return;
	frame->next = NULL;
	frame->due_ms = now_ms() + link->delay_ms;
	frame->len = len;
	memcpy(frame->data, data, len);
	*link->tail = frame;
	link->tail = &frame->next;
	link->queued++;
}

static void link_pop(struct link *link)
{
	struct frame *frame = link->head;

	link->head = frame->next;
	if (!link->head)
		link->tail = &link->head;
	link->queued--;
	free(frame);
}

/* Returns when the link wants to be looked at again, INT64_MAX if it is empty. */
static int64_t link_flush(struct lan *lan, struct link *link, int from, int to)
{
	struct sockaddr_un sun;

	set_path(&sun, lan->dir, "nic", to + 1);
	while (link->head) {
		struct frame *frame = link->head;

		if (frame->due_ms > now_ms())
			return frame->due_ms;
		/* Whoever is powered off loses the frame; a full queue is waited for. */
		if (sendto(lan->port[from], frame->data, frame->len, 0,
			   (struct sockaddr *)&sun, sizeof(sun)) < 0 &&
		    (errno == EAGAIN || errno == ENOBUFS))
			return now_ms() + RETRY_MS;
		link_pop(link);
	}
	return INT64_MAX;
}

static int64_t lan_flush(struct lan *lan)
{
	int64_t next = INT64_MAX;

	for (int from = 0; from < MAX_NODES; from++) {
		for (int to = 0; to < MAX_NODES; to++) {
			int64_t due = link_flush(lan, &lan->links[from][to], from, to);

			if (due < next)
				next = due;
		}
	}
	return next;
}

static void lan_receive(struct lan *lan, int from)
{
	unsigned char data[MAX_FRAME];
	ssize_t len;

	while ((len = recv(lan->port[from], data, sizeof(data), 0)) >= MAC_BYTES) {
		int only = -1;

		if (!memcmp(data, mac_prefix, sizeof(mac_prefix)))
			only = data[MAC_BYTES - 1] - 1;
		for (int to = 0; to < MAX_NODES; to++)
			if (to != from && (only < 0 || only == to))
				link_push(&lan->links[from][to], data, (size_t)len);
	}
}

static void link_empty(struct link *link)
{
	while (link->head)
		link_pop(link);
}

/* Returns what is wrong with the command, or NULL. */
static const char *lan_command(struct lan *lan, const char *text)
{
	char verb[16];
	unsigned int from, to, value = 0;
	struct link *link;
	int n = sscanf(text, "%15s %u %u %u", verb, &from, &to, &value);

	if (n < 3 || !from || !to || from > MAX_NODES || to > MAX_NODES)
		return "use VERB FROM TO [VALUE] with node numbers from 1";
	link = &lan->links[from - 1][to - 1];
	if (!strcmp(verb, "cut") && n == 3) {
		link->cut = true;
		link_empty(link);
	} else if (!strcmp(verb, "heal") && n == 3) {
		link->cut = false;
	} else if (!strcmp(verb, "loss") && n == 4 && value <= 100) {
		link->loss_percent = value;
	} else if (!strcmp(verb, "delay") && n == 4 && value <= MAX_DELAY_MS) {
		link->delay_ms = value;
	} else {
		return "use cut, heal, loss PERCENT or delay MS";
	}
	return NULL;
}

static void lan_control(struct lan *lan)
{
	struct sockaddr_un peer;
	socklen_t peer_len = sizeof(peer);
	char text[MAX_COMMAND + 1];
	const char *error;
	ssize_t len;

	len = recvfrom(lan->control, text, MAX_COMMAND, 0, (struct sockaddr *)&peer, &peer_len);
	if (len < 0)
		return;
	text[len] = '\0';
	error = lan_command(lan, text);
	if (!error)
		error = "ok";
	sendto(lan->control, error, strlen(error), 0, (struct sockaddr *)&peer, peer_len);
}

static void lan_open(struct lan *lan, const char *dir)
{
	lan->dir = dir;
	lan->control = bound_socket(dir, "control", 0);
	for (int i = 0; i < MAX_NODES; i++) {
		lan->port[i] = bound_socket(dir, "port", i + 1);
		for (int k = 0; k < MAX_NODES; k++)
			lan->links[i][k].tail = &lan->links[i][k].head;
	}
}

static void lan_run(struct lan *lan)
{
	struct pollfd fds[MAX_NODES + 1];

	for (int i = 0; i < MAX_NODES; i++)
		fds[i] = (struct pollfd){ .fd = lan->port[i], .events = POLLIN };
	fds[MAX_NODES] = (struct pollfd){ .fd = lan->control, .events = POLLIN };
	while (!stopped) {
		int64_t next = lan_flush(lan), wait = next - now_ms();
		int timeout = next == INT64_MAX ? -1 : wait > 0 ? (int)wait : 0;

		if (poll(fds, MAX_NODES + 1, timeout) < 0)
			continue;
		for (int i = 0; i < MAX_NODES; i++)
			if (fds[i].revents)
				lan_receive(lan, i);
		if (fds[MAX_NODES].revents)
			lan_control(lan);
	}
}

static int serve(const char *dir)
{
	static struct lan lan;
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	lan_open(&lan, dir);
	puts("ready");
	fflush(stdout);
	lan_run(&lan);
	for (int i = 0; i < MAX_NODES; i++)
		for (int k = 0; k < MAX_NODES; k++)
			link_empty(&lan.links[i][k]);
	return 0;
}

static int tell(const char *dir, int count, char **words)
{
	char text[MAX_COMMAND + 1] = "", name[32];
	struct sockaddr_un sun, own;
	ssize_t len;
	int fd;

	for (int i = 0; i < count; i++) {
		if (strlen(text) + strlen(words[i]) + 1 > MAX_COMMAND) {
			fprintf(stderr, "switch: command too long\n");
			return 2;
		}
		strcat(text, i ? " " : "");
		strcat(text, words[i]);
	}
	snprintf(name, sizeof(name), "tell.%d", (int)getpid());
	fd = bound_socket(dir, name, 0);
	set_path(&own, dir, name, 0);
	set_path(&sun, dir, "control", 0);
	if (sendto(fd, text, strlen(text), 0, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		unlink(own.sun_path);
		die("no switch at", sun.sun_path);
	}
	if (poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, PATIENCE_MS) < 1)
		len = -1;
	else
		len = recv(fd, text, MAX_COMMAND, 0);
	unlink(own.sun_path);
	text[len < 0 ? 0 : len] = '\0';
	if (!strcmp(text, "ok"))
		return 0;
	fprintf(stderr, "switch: %s\n", len < 0 ? "no answer" : text);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(argv[2]);
	if (argc > 3 && !strcmp(argv[1], "tell"))
		return tell(argv[2], argc - 3, argv + 3);
	fprintf(stderr, "usage: switch serve DIR | switch tell DIR VERB FROM TO [VALUE]\n");
	return 2;
}
