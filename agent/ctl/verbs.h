/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hsmreplctl: the verbs. Each returns enum ctl_exit.
 */
#ifndef HSM_CTL_VERBS_H
#define HSM_CTL_VERBS_H

#include "ctl.h"

int verb_create(struct ctl *ctl, int argc, char **argv);
int verb_update(struct ctl *ctl, int argc, char **argv);
int verb_delete(struct ctl *ctl, int argc, char **argv);
int verb_txn(struct ctl *ctl, int argc, char **argv);
int verb_load(struct ctl *ctl, int argc, char **argv);
int verb_get(struct ctl *ctl, int argc, char **argv);
int verb_list(struct ctl *ctl, int argc, char **argv);
int verb_status(struct ctl *ctl, int argc, char **argv);
int verb_nodes(struct ctl *ctl, int argc, char **argv);
int verb_pending(struct ctl *ctl, int argc, char **argv);
int verb_outcome(struct ctl *ctl, int argc, char **argv);
int verb_wait(struct ctl *ctl, int argc, char **argv);
int verb_metrics(struct ctl *ctl, int argc, char **argv);
int verb_monitor(struct ctl *ctl, int argc, char **argv);
int verb_console(struct ctl *ctl, int argc, char **argv);	/* agent/console */
int verb_test(struct ctl *ctl, int argc, char **argv);
int verb_discover(struct ctl *ctl, int argc, char **argv);
int verb_form(struct ctl *ctl, int argc, char **argv);
int verb_node_down(struct ctl *ctl, int argc, char **argv);
int verb_cross_check(struct ctl *ctl, int argc, char **argv);
int verb_verify(struct ctl *ctl, int argc, char **argv);
int verb_split_brain(struct ctl *ctl, int argc, char **argv);
int verb_live_sync(struct ctl *ctl, int argc, char **argv);
int verb_finalise(struct ctl *ctl, int argc, char **argv);
int verb_leave(struct ctl *ctl, int argc, char **argv);
int verb_backup(struct ctl *ctl, int argc, char **argv);
int verb_restore(struct ctl *ctl, int argc, char **argv);
int verb_zeroize(struct ctl *ctl, int argc, char **argv);
int verb_report(struct ctl *ctl, int argc, char **argv);

/** node_status() - what status prints, to be freed; 0 or a negative errno of the device */
int node_status(struct ctl *ctl, struct json_object **json);

#endif /* HSM_CTL_VERBS_H */
