# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Administrative requests as a program might get them wrong: refused, and the agent lives.

verb_outcome=4 verb_test=7 verb_split_brain=9 verb_verify=10 verb_form=0x101
verb_node_down=0x103 verb_live_sync=0x104 verb_restore=0x107 verb_finalise=0x108

# answers VERB JSON PATTERN
answers()
{
	local answer

	answer=$(build/admin-ask "$(device n1)" "$1" "$2")
	[[ $answer =~ $3 ]]
	verdict $? "verb $1, $2: $answer"
}

scene_requests()
{
	local epoch

	epoch=$(on n1 status --json | grep -o '"epoch":[0-9]*')
	answers $verb_verify '{"against":null}' '^EINVAL .*"against\\" is not of type string'
	answers $verb_verify '{"against":["n2"]}' '^EINVAL'
	answers $verb_split_brain '{"node":null}' '^EINVAL'
	answers $verb_split_brain '{"node":"n1"}' '^EINVAL .*n1 is this node itself'
	answers $verb_split_brain '{"node":""}' '^ok .*"split":false'
	answers $verb_outcome '{"tid":5}' '^EINVAL'
	answers $verb_test '{"address":{}}' '^EINVAL'
	answers $verb_test '{}' '^EINVAL .*no address'
	answers $verb_form '{"nodes":[null]}' '^EINVAL .*of type array of string'
	answers $verb_node_down '{"nodes":["n3"],"force":"false"}' '^EINVAL .*"force'
	answers $verb_node_down '{"nodes":["n3"],"force":true,"dry-run":true}' '^EOPNOTSUPP .*dry-run'
	answers $verb_node_down '{"nodes":["n3"],"epoch":"7"}' '^EINVAL'
	answers $verb_live_sync '{"donor":"n2","overwrite":"no"}' '^EINVAL'
	answers $verb_live_sync '{}' '^ENOENT'
	answers $verb_restore '{"session":"x","piece":"0"}' '^EINVAL'
	answers $verb_finalise '{"dry_run":1}' '^EINVAL'
	all_members && [ "$epoch" = "$(on n1 status --json | grep -o '"epoch":[0-9]*')" ]
	verdict $? "nothing came of any of them, all are members"
}
