/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_PREFETCH_H
#define SHIM_LINUX_PREFETCH_H

#define prefetch(address)	__builtin_prefetch(address)

#endif
