/* SPDX-License-Identifier: MIT */
/*
 * libhsmrepl: client library of the replicated key store of an HSM appliance.
 *
 * The device may be the kernel's (/dev/hsmrepl) or the software device (a Unix socket): the
 * path given to hsmrepl_open() decides, nothing else differs. Two levels: hsmrepl_ioctl() and
 * hsmrepl_read() carry the ABI of <linux/hsmrepl.h> as it stands; the calls below them take care of
 * layout, buffers and iteration (hsmrepl-object.h, hsmrepl-node.h).
 *
 * Unless said otherwise a function returns 0 or a negative errno, with the meaning of the errno
 * table in <linux/hsmrepl.h>; hsmrepl_error_text() puts it in words. -ENODEV: the software device
 * went away.
 *
 * One handle serves one thread at a time; handles are independent of each other.
 */
#ifndef _HSMREPL_H
#define _HSMREPL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/hsmrepl.h>

#include "hsmrepl-node.h"
#include "hsmrepl-object.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HSMREPL_ENV_DEVICE	"HSMREPL_DEVICE"	/* in the environment: a path */

struct hsmrepl;

/**
 * hsmrepl_open() - open a device
 * @path: character device or socket of the software device; NULL: $HSMREPL_DEVICE, else
 *        HSMREPL_DEVICE
 * @flags: O_RDONLY or O_RDWR, and O_NONBLOCK, which concerns hsmrepl_read() alone
 *
 * Return: a handle, or NULL with errno set (ENOTSUP: neither a character device nor a socket,
 * EPROTO: not a software device or one of another version).
 */
struct hsmrepl *hsmrepl_open(const char *path, int flags);

/** hsmrepl_close() - give back everything; the agent's handle detaches by it. NULL is allowed */
void hsmrepl_close(struct hsmrepl *dev);

/**
 * hsmrepl_ioctl() - one command of the ABI
 * @dev: handle
 * @cmd: HSMREPL_IOC_*
 * @arg: its struct, size filled in
 *
 * A signal ends a command that waits: -EINTR, also with SA_RESTART.
 */
int hsmrepl_ioctl(struct hsmrepl *dev, unsigned int cmd, void *arg);

/**
 * struct hsmrepl_pending - a command that was begun
 * @cmd: HSMREPL_IOC_* that is answered at once and fills no buffer: SUBMIT with ASYNC, GRANT,
 *	PREPARE, RESOLVE
 * @arg: its struct, size filled in; stays until the end
 * @number: for the library
 * @error: from hsmrepl_ioctl_end() on: what hsmrepl_ioctl() would have returned
 */
struct hsmrepl_pending {
	unsigned int cmd;
	void *arg;
	uint32_t number;
	int error;
};

/**
 * hsmrepl_ioctl_begin() - begin commands, without waiting for what comes of them
 * @dev: handle
 * @pending: @n of them, @cmd and @arg filled in
 * @n: commands; with those begun before, and not ended, at most HSMREPL_PENDING_MAX
 *
 * The device sees them in this order, before any later command. Until they are ended nothing may
 * be called with the handle but this and hsmrepl_read(). A device that is quick at it may have
 * carried them out on return.
 */
void hsmrepl_ioctl_begin(struct hsmrepl *dev, struct hsmrepl_pending *pending, unsigned int n);

/** hsmrepl_ioctl_end() - wait for @n commands, which were begun in this order and first of all */
void hsmrepl_ioctl_end(struct hsmrepl *dev, struct hsmrepl_pending *pending, unsigned int n);

#define HSMREPL_PENDING_MAX	64

/**
 * hsmrepl_read() - take records, whole ones
 * @dev: handle
 * @buf: room for them
 * @len: HSMREPL_READ_MIN bytes for the agent; 48 bytes are enough for one completion
 *
 * Return: bytes, or -EAGAIN (O_NONBLOCK and nothing there), -EMSGSIZE (not even one record fits; it
 * stays).
 */
ssize_t hsmrepl_read(struct hsmrepl *dev, void *buf, size_t len);

/** hsmrepl_fd() - descriptor for poll(): readable exactly when hsmrepl_read() has something */
int hsmrepl_fd(const struct hsmrepl *dev);

/*
 * Words
 */

/** hsmrepl_error_name() - "EEXIST" for EEXIST; @error positive or negative */
const char *hsmrepl_error_name(int error);

/** hsmrepl_error_text() - what an errno means here, in words; @error positive or negative */
const char *hsmrepl_error_text(int error);

/** hsmrepl_state_name() - "member" for HSMREPL_MEMBER, "unknown" for what is none */
const char *hsmrepl_state_name(unsigned int state);

/** hsmrepl_event_name() - "commit" for HSMREPL_EVENT_COMMIT, "unknown" for what is none */
const char *hsmrepl_event_name(unsigned int event);

#ifdef __cplusplus
}
#endif

#endif /* _HSMREPL_H */
