/* SPDX-License-Identifier: GPL-2.0 */
/* The administrative verb REPORT: what only the agent knows of itself, nothing of an object. */
#ifndef HSM_SHELL_REPORT_H
#define HSM_SHELL_REPORT_H

#include <json-c/json.h>

#include "agent.h"

/* {"version","openssl","libevent","sqlite","json_c","mode","log"}; log: the last lines */
struct json_object *report_json(const struct agent *a);

#endif /* HSM_SHELL_REPORT_H */
