/* SPDX-License-Identifier: GPL-2.0 */
/* Attribute lists of the Service Location Protocol (RFC 2608 section 5), and what selects there. */
#ifndef HSM_SLP_ATTR_H
#define HSM_SLP_ATTR_H

#include "slp_text.h"

#define SLP_FILTER_DEPTH 8	/* of parentheses in a predicate */

/**
 * struct slp_attr - one attribute
 * @whole: as it stands in the list, parentheses included
 * @tag: its name
 * @values: list of its values; empty for a keyword
 */
struct slp_attr {
	struct bytes whole;
	struct bytes tag;
	struct bytes values;
};

/* The next attribute of a list: 1, 0 at the end, -1 if the list is malformed. */
int slp_attr_next(struct bytes *rest, struct slp_attr *a);

/* Values of the attribute of that name: 1 with @values, 0 if there is none, -1 as above. */
int slp_attr_find(struct bytes list, const char *tag, struct bytes *values);

/**
 * slp_attr_select() - the attributes that a tag list names (section 9.4)
 * @list: well formed
 * @tags: tag list; empty for all
 * @out: at least @list.n bytes
 * @n: bytes of @out used
 * Returns false if @tags is malformed.
 */
bool slp_attr_select(struct bytes list, struct bytes tags, char *out, size_t *n);

/**
 * slp_filter() - whether a predicate holds (section 8.1, RFC 2254)
 * @predicate: search filter; empty holds always
 * @list: attribute list, well formed
 * Returns 1, 0, or -1 if the predicate is malformed, or deeper than SLP_FILTER_DEPTH.
 */
int slp_filter(struct bytes predicate, struct bytes list);

#endif /* HSM_SLP_ATTR_H */
