/* Objects that are there from the start, so that a million of them need no million requests. */
#ifndef FILL_H
#define FILL_H

#include <stddef.h>

#include "bucket.h"

/* As many objects of one content, with keys of this beginning. */
void fill_bucket(struct bucket *bucket, size_t count, size_t size, const char *prefix);

#endif
