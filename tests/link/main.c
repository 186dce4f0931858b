// SPDX-License-Identifier: GPL-2.0
/*
 * hsmrepl-link: the cables of a pool on this machine (scripts/pool).
 *
 *   hsmrepl-link serve CONTROL                       take a network 127.77.P of one's own, print
 *                                                    it, and serve until SIGTERM
 *   hsmrepl-link CONTROL add NAME AT TARGET SOURCE   a link; HOST:PORT HOST:PORT HOST
 *   hsmrepl-link CONTROL cut NAME...                 nothing passes
 *   hsmrepl-link CONTROL heal NAME...                everything passes again
 *   hsmrepl-link CONTROL delay MS NAME...            each byte is under way so long, either way
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <event2/event.h>
#include <event2/util.h>

#include "link.h"

#define NETWORKS	254	/* 127.77.1 to 127.77.254 */
#define CLAIM_HOST	254	/* holding this host's port holds the network */
#define CLAIM_PORT	4327
#define COMMAND_MAX	1024	/* bytes; words end with a NUL each */
#define WORDS_MAX	40

TAILQ_HEAD(links, link);

/**
 * struct server - the serving side
 * @base: event loop
 * @control: socket of commands
 * @links: all of them
 */
struct server {
	struct event_base *base;
	int control;
	struct links links;
};

static struct link *find(struct server *server, const char *name)
{
	struct link *link;

	TAILQ_FOREACH(link, &server->links, entry) {
		if (!strcmp(link->name, name))
			return link;
	}
	return NULL;
}

static int parse_address(const char *text, struct sockaddr_in *addr)
{
	int len = sizeof(*addr);

	if (evutil_parse_sockaddr_port(text, (struct sockaddr *)addr, &len) ||
	    addr->sin_family != AF_INET)
		return -EINVAL;
	return 0;
}

static int command_add(struct server *server, char **words, int n)
{
	struct sockaddr_in at, target, source;
	struct link *link;

	if (n != 4 || parse_address(words[1], &at) || parse_address(words[2], &target) ||
	    parse_address(words[3], &source))
		return -EINVAL;
	if (find(server, words[0]))
		return -EEXIST;
	link = link_open(server->base, words[0], &at, &target, &source);
	if (!link)
		return -errno;
	TAILQ_INSERT_TAIL(&server->links, link, entry);
	return 0;
}

/* 0 if there are names, and a link for each. */
static int are_links(struct server *server, char **names, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		if (!find(server, names[i]))
			return -ENOENT;
	}
	return n > 0 ? 0 : -EINVAL;
}

static int command_cut(struct server *server, char **names, int n, bool cut)
{
	int i, ret = are_links(server, names, n);

	for (i = 0; !ret && i < n; i++)
		link_cut(find(server, names[i]), cut);
	return ret;
}

static int command_delay(struct server *server, const char *ms, char **names, int n)
{
	int i, ret = are_links(server, names, n);
	unsigned int us;

	if (!ret)
		ret = link_parse_delay(ms, &us);
	for (i = 0; !ret && i < n; i++)
		link_delay(find(server, names[i]), us);
	return ret;
}

static int command(struct server *server, char *text, size_t len)
{
	char *words[WORDS_MAX];
	char *word;
	int n = 0;

	for (word = text; word < text + len && n < WORDS_MAX; word += strlen(word) + 1)
		words[n++] = word;
	if (!n)
		return -EINVAL;
	if (!strcmp(words[0], "add"))
		return command_add(server, words + 1, n - 1);
	if (!strcmp(words[0], "cut"))
		return command_cut(server, words + 1, n - 1, true);
	if (!strcmp(words[0], "heal"))
		return command_cut(server, words + 1, n - 1, false);
	if (!strcmp(words[0], "delay") && n > 1)
		return command_delay(server, words[1], words + 2, n - 2);
	return -EINVAL;
}

/* One command, one answer, one connection. */
static void on_control(evutil_socket_t control, short events, void *arg)
{
	char text[COMMAND_MAX + 1] = "";
	int sock = accept4(control, NULL, NULL, SOCK_CLOEXEC);
	ssize_t len;
	int ret;

	(void)events;
	if (sock < 0)
		return;
	len = recv(sock, text, COMMAND_MAX, 0);
	if (len > 0) {
		ret = command(arg, text, len);
		send(sock, &ret, sizeof(ret), MSG_NOSIGNAL);
	}
	close(sock);
}

static void on_end(evutil_socket_t signal, short events, void *arg)
{
	(void)signal;
	(void)events;
	event_base_loopbreak(arg);
}

static int control_address(const char *path, struct sockaddr_un *addr)
{
	*addr = (struct sockaddr_un) { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(addr->sun_path)) {
		fprintf(stderr, "hsmrepl-link: %s: longer than %zu bytes: use a shorter path\n",
			path, sizeof(addr->sun_path) - 1);
		return -1;
	}
	strcpy(addr->sun_path, path);
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
}

/* A network that no other pool uses; it is ours as long as we hold the port. */
static int claim_network(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(CLAIM_PORT) };
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int i;

	for (i = 0; sock >= 0 && i < NETWORKS; i++) {
		unsigned int network = (getpid() + i) % NETWORKS + 1;

		addr.sin_addr.s_addr = htonl(127u << 24 | 77 << 16 | network << 8 | CLAIM_HOST);
		if (!bind(sock, (struct sockaddr *)&addr, sizeof(addr)) && !listen(sock, 1)) {
			printf("127.77.%u\n", network);
			fflush(stdout);
			return 0;
		}
	}
	fprintf(stderr, "hsmrepl-link: no network 127.77.P is free: end a pool first\n");
	return -1;
}

/* Whose timers know more than milliseconds. */
static struct event_base *precise_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	if (!config)
		return NULL;
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

static int serve(const char *path)
{
	struct server server = { .links = TAILQ_HEAD_INITIALIZER(server.links) };
	struct event *control, *end;
	struct sockaddr_un addr;
	struct link *link;

	server.control = control_address(path, &addr);
	if (server.control < 0)
		return EXIT_FAILURE;
	unlink(path);
	if (bind(server.control, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(server.control, 8) < 0) {
		fprintf(stderr, "hsmrepl-link: %s: %s\n", path, strerror(errno));
		return EXIT_FAILURE;
	}
	if (claim_network())
		return EXIT_FAILURE;
	server.base = precise_base();
	if (!server.base)
		return EXIT_FAILURE;
	control = event_new(server.base, server.control, EV_READ | EV_PERSIST, on_control, &server);
	end = evsignal_new(server.base, SIGTERM, on_end, server.base);
	if (!control || !end || event_add(control, NULL) || event_add(end, NULL))
		return EXIT_FAILURE;
	event_base_dispatch(server.base);

	while ((link = TAILQ_FIRST(&server.links))) {
		TAILQ_REMOVE(&server.links, link, entry);
		link_close(link);
	}
	event_free(control);
	event_free(end);
	event_base_free(server.base);
	unlink(path);
	return EXIT_SUCCESS;
}

static void explain(const char *command, int error)
{
	fprintf(stderr, "hsmrepl-link: %s: %s\n", command, strerror(-error));
	if (!strcmp(command, "delay") && error == -EINVAL)
		fprintf(stderr, "hsmrepl-link: give milliseconds, 0 to %d, and names of links\n",
			LINK_DELAY_MS_MAX);
	else if (error == -ENOENT)
		fprintf(stderr, "hsmrepl-link: links are called as they were added: n1-n2\n");
}

static int ask(const char *path, char **words, int n)
{
	char text[COMMAND_MAX];
	struct sockaddr_un addr;
	int i, ret, sock = control_address(path, &addr);
	size_t len = 0;

	if (sock < 0)
		return EXIT_FAILURE;
	for (i = 0; i < n; i++) {
		size_t word = strlen(words[i]) + 1;

		if (len + word > sizeof(text)) {
			fprintf(stderr, "hsmrepl-link: the command is too long\n");
			return EXIT_FAILURE;
		}
		memcpy(text + len, words[i], word);
		len += word;
	}
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    send(sock, text, len, MSG_NOSIGNAL) < 0 ||
	    recv(sock, &ret, sizeof(ret), 0) != sizeof(ret)) {
		fprintf(stderr, "hsmrepl-link: %s: %s\n", path, strerror(errno));
		return EXIT_FAILURE;
	}
	if (ret)
		explain(words[0], ret);
	close(sock);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(argv[2]);
	if (argc > 3)
		return ask(argv[1], argv + 2, argc - 2);
	fprintf(stderr, "usage: hsmrepl-link serve CONTROL\n"
			"       hsmrepl-link CONTROL add NAME AT TARGET SOURCE\n"
			"       hsmrepl-link CONTROL cut|heal NAME...\n"
			"       hsmrepl-link CONTROL delay MS NAME...\n");
	return 2;
}
