/* Memory from the heap, for callers that have nothing better to do without it than to end. */
#ifndef ALLOCATION_H
#define ALLOCATION_H

#include <stddef.h>

void *allocated(size_t size);

/* All of it zero. */
void *cleared(size_t size);

void *reallocated(void *former, size_t size);

/* The room for one element more than `count`, doubled where it has to grow, so that appending
   a million elements one by one copies each of them about once. */
void *with_room_for_one(void *array, size_t count, size_t *room, size_t element_size);

#endif
