// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/copy: any ioctl copies 1 KiB to the address that is its argument, and does nothing else.
 * What tests/bench/module holds a get against.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#define BYTES	1024

static void *payload;
static unsigned int len = BYTES;	/* which a get does not know beforehand either */

static long copy_ioctl(struct file *filp, unsigned int cmd, unsigned long address)
{
	return copy_to_user((void __user *)address, payload, READ_ONCE(len)) ? -EFAULT : 0;
}

static const struct file_operations copy_file_operations = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.unlocked_ioctl = copy_ioctl,
};

static struct miscdevice copy_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "copy",
	.fops = &copy_file_operations,
};

static int __init copy_init(void)
{
	int err;

	payload = kzalloc(BYTES, GFP_KERNEL);
	if (!payload)
		return -ENOMEM;
	err = misc_register(&copy_device);
	if (err)
		kfree(payload);
	return err;
}

static void __exit copy_exit(void)
{
	misc_deregister(&copy_device);
	kfree(payload);
}

module_init(copy_init);
module_exit(copy_exit);
MODULE_DESCRIPTION("copy_to_user() alone");
MODULE_LICENSE("GPL");
