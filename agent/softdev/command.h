/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The commands of the software device. Each takes the call under way, whose argument has passed the
 * rules of abi.h, and returns 0, a negative errno or enum call_wait.
 */
#ifndef HSM_SOFTDEV_COMMAND_H
#define HSM_SOFTDEV_COMMAND_H

#include "conn.h"

int command_info(struct conn *conn, struct call *call);
int command_state(struct conn *conn, struct call *call);
int command_submit(struct conn *conn, struct call *call);
int command_outcome(struct conn *conn, struct call *call);
int command_get(struct conn *conn, struct call *call);
int command_list(struct conn *conn, struct call *call);
int command_admin(struct conn *conn, struct call *call);
int command_attach(struct conn *conn, struct call *call);
int command_load(struct conn *conn, struct call *call);
int command_grant(struct conn *conn, struct call *call);
int command_prepare(struct conn *conn, struct call *call);
int command_resolve(struct conn *conn, struct call *call);
int command_report(struct conn *conn, struct call *call);
int command_answer(struct conn *conn, struct call *call);

#endif /* HSM_SOFTDEV_COMMAND_H */
