# SPDX-License-Identifier: GPL-2.0
.PHONY: model
model:
	tests/model/run --large
