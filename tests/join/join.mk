# SPDX-License-Identifier: GPL-2.0
# The load of the join suite.

tests: build/load_bench
