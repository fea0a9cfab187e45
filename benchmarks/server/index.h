/* The keys of a bucket in their order, for listings. Keys that come in order are appended; others
   wait unsorted until somebody lists, and are sorted and merged then, all at once. So a million
   uploads pay for one sorting, and an upload between two pages of a listing for one search. */
#ifndef INDEX_H
#define INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

struct object;

/* A key's place in its bucket. It stays when its object is deleted, so that indexes need no change
   for a key that comes and goes; the bucket sweeps when many are empty. */
struct entry {
    struct entry *next;
    /* NULL if there is none any more. */
    struct object *object;
    uint64_t hash;
    size_t size;
    char key[];
};

struct entries {
    struct entry **list;
    size_t count;
    size_t room;
};

struct index {
    struct entries sorted;
    /* Those that are not among them yet, in no order. */
    struct entries added;
};

struct text entry_key(const struct entry *entry);

void index_add(struct index *index, struct entry *entry);

/* Whether `sorted` holds all of them, as the searches below need it. */
bool index_is_sorted(const struct index *index);
void index_sort(struct index *index);

/* Forgets the entries without an object. */
void index_sweep(struct index *index);
void index_clear(struct index *index);

/* The first place with this key or a later one. */
size_t index_from(const struct index *index, struct text key);

/* The first place behind this key and, if `beginning`, behind all keys that begin so. */
size_t index_behind(const struct index *index, struct text key, bool beginning);

#endif
