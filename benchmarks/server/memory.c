#define _GNU_SOURCE
#include "memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "allocation.h"

/* From here on memory comes from the system: in pages of 2 MiB where it can, because to be given
   4 KiB sixteen thousand times costs more than the 64 MiB that are then written to them. */
static const size_t mapped_from = 4 << 20;

/* The system clears what it gives, which costs a third of all that is done for a large upload. So
   some of what is given back is kept for the next upload of that size; the oldest goes first. */
static const size_t most_spare = (size_t)1 << 30;
static struct memory *oldest_spare;
static struct memory **end_of_spares = &oldest_spare;
static size_t spare_size;
static pthread_mutex_t spares = PTHREAD_MUTEX_INITIALIZER;

static struct memory *taken_out(struct memory **link)
{
    struct memory *memory = *link;
    *link = memory->next;
    if (*link == NULL)
        end_of_spares = link;
    spare_size -= memory->size;
    return memory;
}

/* One of that size, or NULL. */
static struct memory *spare_of(size_t size)
{
    struct memory *found = NULL;
    pthread_mutex_lock(&spares);
    struct memory **link = &oldest_spare;
    while (*link != NULL && (*link)->size != size)
        link = &(*link)->next;
    if (*link != NULL)
        found = taken_out(link);
    pthread_mutex_unlock(&spares);
    return found;
}

static void unmap(struct memory *memory)
{
    munmap(memory->bytes, memory->size);
    free(memory);
}

static void keep_spare(struct memory *memory)
{
    if (memory->size > most_spare) {
        unmap(memory);
        return;
    }
    pthread_mutex_lock(&spares);
    memory->next = NULL;
    *end_of_spares = memory;
    end_of_spares = &memory->next;
    spare_size += memory->size;
    while (spare_size > most_spare)
        unmap(taken_out(&oldest_spare));
    pthread_mutex_unlock(&spares);
}

static bool map(struct memory *memory)
{
    int protection = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
    void *mapped = mmap(NULL, memory->size, protection, flags, -1, 0);
    if (mapped == MAP_FAILED)
        return false;
    madvise(mapped, memory->size, MADV_HUGEPAGE);
    memory->bytes = mapped;
    return true;
}

struct memory *memory_new(size_t size)
{
    bool is_mapped = size >= mapped_from;
    struct memory *memory = is_mapped ? spare_of(size) : NULL;
    if (memory == NULL) {
        memory = allocated(sizeof *memory);
        *memory = (struct memory){.is_mapped = is_mapped, .size = size};
        if (!is_mapped) {
            memory->bytes = allocated(size);
        } else if (!map(memory)) {
            free(memory);
            return NULL;
        }
    }
    atomic_init(&memory->holders, 1);
    return memory;
}

bool memory_resize(struct memory *memory, size_t size)
{
    void *moved;
    if (memory->is_mapped) {
        size = size > 0 ? size : 1;
        moved = mremap(memory->bytes, memory->size, size, MREMAP_MAYMOVE);
        if (moved == MAP_FAILED)
            return false;
    } else {
        moved = reallocated(memory->bytes, size);
    }
    memory->bytes = moved;
    memory->size = size;
    return true;
}

struct memory *memory_hold(struct memory *memory)
{
    atomic_fetch_add_explicit(&memory->holders, 1, memory_order_relaxed);
    return memory;
}

void memory_release(struct memory *memory)
{
    if (memory == NULL || atomic_fetch_sub(&memory->holders, 1) > 1)
        return;
    if (memory->is_mapped) {
        keep_spare(memory);
        return;
    }
    free(memory->bytes);
    free(memory);
}
