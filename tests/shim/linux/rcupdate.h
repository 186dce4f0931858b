/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_RCUPDATE_H
#define SHIM_LINUX_RCUPDATE_H

#include <linux/slab.h>
#include <linux/types.h>

/* One thread: nobody reads while something is taken away. */
#define __rcu

struct rcu_head {
	void *unused[2];
};

#define rcu_read_lock()				((void)0)
#define rcu_read_unlock()			((void)0)
#define rcu_barrier()				((void)0)
#define rcu_dereference(p)			(p)
#define rcu_dereference_raw(p)			READ_ONCE(p)
#define rcu_dereference_protected(p, c)		((void)(c), (p))
#define rcu_access_pointer(p)			(p)
#define rcu_assign_pointer(p, v)		((p) = (v))
#define RCU_INIT_POINTER(p, v)			((p) = (v))
#define kfree_rcu(p, member)			kfree(p)
#define kvfree_rcu(p, member)			kvfree(p)

static inline void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	func(head);
}

#endif
