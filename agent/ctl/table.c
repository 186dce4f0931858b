// SPDX-License-Identifier: GPL-2.0
/*
 * hsmreplctl: the table of verbs.
 */
#include "verbs.h"

static const struct ctl_verb verbs[] = {
	{ "create", verb_create, "LABEL [--type T] [--id HEX] [--timeout S] FILE|-",
	  "a new object" },
	{ "update", verb_update, "LABEL [--if-version N] [--type T] [--timeout S] FILE|-",
	  "new content for an object" },
	{ "delete", verb_delete, "LABEL [--if-version N] [--timeout S]", "remove an object" },
	{ "txn", verb_txn, "FILE|- [--timeout S]", "all operations of JSON lines, or none" },
	{ "get", verb_get, "LABEL [--committed] [--force] [--timeout S]", "content of an object" },
	{ "list", verb_list, "[--prefix P]", "objects by label" },
	{ "load", verb_load, "FILE|-", "many creates from JSON lines; goes on where it was" },
	{ "status", verb_status, "", "this node" },
	{ "nodes", verb_nodes, "", "the members of the pool" },
	{ "pending", verb_pending, "", "the undecided batch, and who is waited for" },
	{ "outcome", verb_outcome, "TID", "fate of one transaction" },
	{ "wait", verb_wait, "--seq N | --tid T [--timeout S]", "until that is reached" },
	{ "monitor", verb_monitor, "", "events, until interrupted" },
	{ "console", verb_console, "[--ascii]", "full screen: the pool as it goes, keys to act" },
	{ "metrics", verb_metrics, "", "counters of the agent, for Prometheus" },
	{ "test", verb_test, "ADDRESS", "all conditions for a pool with the node there" },
	{ "discover", verb_discover, "", "nodes of the domain, found by multicast" },
	{ "form", verb_form, "[NODE...]", "a new pool from blank nodes" },
	{ "node-down", verb_node_down, "NODE... [--dry-run] [--force] [--yes]",
	  "declare crashed nodes dead: frees what they block" },
	{ "cross-check", verb_cross_check, "", "does every pair of members agree?" },
	{ "verify", verb_verify, "[--against NODE]",
	  "is the content what its digest says, and what NODE holds?" },
	{ "split-brain", verb_split_brain, "[NODE]",
	  "where two histories parted, and what came since" },
	{ "live-sync", verb_live_sync, "DONOR [--overwrite]",
	  "join a pool, or come back to it, by way of a member" },
	{ "leave", verb_leave, "", "leave the pool in order" },
	{ "finalise", verb_finalise, "[--dry-run]",
	  "after an upgrade of all members: no way back" },
	{ "backup", verb_backup, "FILE|- [--force]", "all objects into a sealed file" },
	{ "restore", verb_restore, "FILE|- [--dry-run]",
	  "a new pool of this blank node, from a backup" },
	{ "report", verb_report, "[FILE|-] [--config FILE] [--force]",
	  "what a support case needs, nothing secret, as .tar.gz" },
	{ "zeroize", verb_zeroize, "[--yes]", "wipe this node: back to the reset state" },
	{ }
};

const struct ctl_verb *ctl_verbs(void)
{
	return verbs;
}
