/* Memory for bytes of objects, with many holders. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct memory {
    atomic_uint holders;
    /* From the system itself, and not from the heap. */
    bool is_mapped;
    size_t size;
    unsigned char *bytes;
    /* Among those that are kept to be used once more. */
    struct memory *next;
};

/* With any bytes in it; NULL if the system has no room for it. */
struct memory *memory_new(size_t size);

/* Of another size; only while nobody else holds it. It keeps what it had if that fails. */
bool memory_resize(struct memory *memory, size_t size);
struct memory *memory_hold(struct memory *memory);
void memory_release(struct memory *memory);

#endif
