#include "allocation.h"

#include <stdio.h>
#include <stdlib.h>

static void *checked(void *memory)
{
    if (memory == NULL) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *allocated(size_t size)
{
    return checked(malloc(size > 0 ? size : 1));
}

void *cleared(size_t size)
{
    return checked(calloc(1, size > 0 ? size : 1));
}

void *reallocated(void *former, size_t size)
{
    return checked(realloc(former, size > 0 ? size : 1));
}

void *with_room_for_one(void *array, size_t count, size_t *room, size_t element_size)
{
    if (count < *room)
        return array;
    *room = *room > 0 ? *room * 2 : 16;
    return reallocated(array, *room * element_size);
}
