# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by suites: counts cases, prints one line per case and the total line
# that scripts/check reads.

passed=0 failed=0

# verdict STATUS WHAT: one case.
verdict()
{
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
		echo "ok      $2"
	else
		failed=$((failed + 1))
		echo "not ok  $2"
	fi
}

# tally_program NAME STATUS OUTPUT: adds up what a test program said of itself,
# as Check does or with a total line of its own. One that ran nothing, or that
# ended badly without saying what failed, counts as failed. Shows the output of a failure.
tally_program()
{
	local name=$1 status=$2 output=$3 good bad total

	total=$(echo "$output" | sed -n \
		-e 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\)$/\1 \2 \3/p' \
		-e 's/^[a-z0-9_-]*: passed \([0-9]*\), failed \([0-9]*\)$/+ \1 \2/p' | tail -1)
	case $total in
	'')	good=0 bad=0 ;;
	+*)	read -r _ good bad <<<"$total" ;;
	*)	read -r good bad total <<<"$total"
		bad=$((bad + total)) good=$((good - bad)) ;;
	esac
	if [ $((good + bad)) -eq 0 ] || { [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; }; then
		echo "$name: ended with status $status after $good cases"
		bad=$((bad + 1))
	fi
	[ "$bad" -eq 0 ] || echo "$output"
	echo "$name: $good passed, $bad failed"
	passed=$((passed + good)) failed=$((failed + bad))
}

# tally_end SUITE: the total, and the exit status of the suite.
tally_end()
{
	echo "$1: passed $passed, failed $failed"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
