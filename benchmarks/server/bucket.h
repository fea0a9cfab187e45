/* Buckets: what is where. */
#ifndef BUCKET_H
#define BUCKET_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "conditions.h"
#include "faults.h"
#include "index.h"
#include "object.h"
#include "text.h"

enum { BUCKET_NAME_SIZE = 64 };

struct bucket {
    struct bucket *next;
    char name[BUCKET_NAME_SIZE];
    int64_t created;
    /* A deleted bucket stays where it is, and is one again when it is created anew: a request that
       found it needs no hold on it that way. */
    atomic_bool exists;
    /* For all that follows. */
    pthread_rwlock_t lock;
    /* Entries by the hash of their key, in chains, of which there are never fewer than entries. */
    struct entry **chains;
    size_t chain_count;
    size_t entry_count;
    size_t object_count;
    struct index index;
};

/* The existing one of that name, or NULL. */
struct bucket *bucket_named(struct text name);

/* One that exists already is fine, as it is in the region us-east-1; false if no bucket can have
   this name. */
bool bucket_create(struct text name);
enum fault bucket_delete(struct bucket *bucket);

/* All that exist, one after the other; NULL begins, and NULL is the end. */
struct bucket *bucket_next(struct bucket *bucket);

/* Puts it in the place of what is there now, if the conditions allow it. On `FINE` the object is
   handed over. */
enum fault bucket_put(
    struct bucket *bucket, struct text key, struct object *object,
    const struct conditions *conditions);

/* Held, and to be released; NULL if there is none. */
struct object *bucket_get(struct bucket *bucket, struct text key);

/* To remove what is not there is fine, as S3 has it. */
enum fault bucket_remove(
    struct bucket *bucket, struct text key, const struct conditions *conditions);
void bucket_clear(struct bucket *bucket);

/* Between these two the index is sorted and stays as it is. */
void bucket_begin_listing(struct bucket *bucket);
void bucket_end_listing(struct bucket *bucket);

#endif
