# SPDX-License-Identifier: GPL-2.0
# Tests of the module's core see the kernel through tests/shim.
kmod_tests = core table store queue slot model hash
$(kmod_tests:%=build/san/tests/unit/%_test.o): INCLUDES = $(SHIM)
# This one compares the agent's digest with the module's.
build/san/tests/unit/content_test.o: INCLUDES = $(SHIM) -Iagent/base
