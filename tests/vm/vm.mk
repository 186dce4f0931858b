# SPDX-License-Identifier: GPL-2.0
# Long runs on virtual machines.

.PHONY: power-cuts
power-cuts: agent tests
	scripts/deps build module lab
	tests/vm/power-cuts $(or $(ROUNDS),20)
