# SPDX-License-Identifier: GPL-2.0
# The load of the join suite, and what watches the machine meanwhile.

tests: build/load_bench build/stall_bench
