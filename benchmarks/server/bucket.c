#define _GNU_SOURCE
#include "bucket.h"

#include <stdlib.h>
#include <string.h>

#include "allocation.h"

/* A simple list: benchmarks have a handful of buckets. */
static struct bucket *first_bucket;
static pthread_rwlock_t all_buckets = PTHREAD_RWLOCK_INITIALIZER;

static struct bucket *ever_named(struct text name)
{
    for (struct bucket *bucket = first_bucket; bucket != NULL; bucket = bucket->next) {
        if (text_is(name, bucket->name))
            return bucket;
    }
    return NULL;
}

struct bucket *bucket_named(struct text name)
{
    pthread_rwlock_rdlock(&all_buckets);
    struct bucket *bucket = ever_named(name);
    pthread_rwlock_unlock(&all_buckets);
    return bucket != NULL && atomic_load(&bucket->exists) ? bucket : NULL;
}

static struct bucket *bucket_new(struct text name)
{
    struct bucket *bucket = cleared(sizeof *bucket);
    memcpy(bucket->name, name.start, name.size);
    pthread_rwlock_init(&bucket->lock, NULL);
    bucket->chain_count = 1024;
    bucket->chains = cleared(bucket->chain_count * sizeof bucket->chains[0]);
    bucket->next = first_bucket;
    first_bucket = bucket;
    return bucket;
}

static bool is_name(struct text name)
{
    if (name.size < 3 || name.size >= BUCKET_NAME_SIZE)
        return false;
    for (size_t at = 0; at < name.size; at++) {
        if (strchr("abcdefghijklmnopqrstuvwxyz0123456789.-", name.start[at]) == NULL)
            return false;
    }
    return true;
}

bool bucket_create(struct text name)
{
    if (!is_name(name))
        return false;
    pthread_rwlock_wrlock(&all_buckets);
    struct bucket *bucket = ever_named(name);
    if (bucket == NULL)
        bucket = bucket_new(name);
    if (!atomic_load(&bucket->exists)) {
        bucket->created = now_milliseconds();
        atomic_store(&bucket->exists, true);
    }
    pthread_rwlock_unlock(&all_buckets);
    return true;
}

enum fault bucket_delete(struct bucket *bucket)
{
    pthread_rwlock_rdlock(&bucket->lock);
    bool is_empty = bucket->object_count == 0;
    if (is_empty)
        atomic_store(&bucket->exists, false);
    pthread_rwlock_unlock(&bucket->lock);
    return is_empty ? FINE : BUCKET_NOT_EMPTY;
}

struct bucket *bucket_next(struct bucket *bucket)
{
    pthread_rwlock_rdlock(&all_buckets);
    do {
        bucket = bucket == NULL ? first_bucket : bucket->next;
    } while (bucket != NULL && !atomic_load(&bucket->exists));
    pthread_rwlock_unlock(&all_buckets);
    return bucket;
}

/* FNV-1a, folded so that its better bits choose the chain. */
static uint64_t hash_of(struct text key)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t at = 0; at < key.size; at++)
        hash = (hash ^ (unsigned char)key.start[at]) * 0x100000001b3;
    return hash ^ hash >> 32;
}

static struct entry **chain_of(struct bucket *bucket, uint64_t hash)
{
    return &bucket->chains[hash & (bucket->chain_count - 1)];
}

static struct entry *found(struct bucket *bucket, struct text key, uint64_t hash)
{
    struct entry *entry = *chain_of(bucket, hash);
    while (entry != NULL && (entry->hash != hash || !text_equals(entry_key(entry), key)))
        entry = entry->next;
    return entry;
}

/* Hangs every entry into the chain that is its own among `chain_count`, a power of two. */
static void spread(struct bucket *bucket, size_t chain_count)
{
    struct entry **former = bucket->chains;
    size_t former_count = bucket->chain_count;
    bucket->chains = cleared(chain_count * sizeof bucket->chains[0]);
    bucket->chain_count = chain_count;
    for (size_t at = 0; at < former_count; at++) {
        for (struct entry *entry = former[at], *next; entry != NULL; entry = next) {
            struct entry **chain = chain_of(bucket, entry->hash);
            next = entry->next;
            entry->next = *chain;
            *chain = entry;
        }
    }
    free(former);
}

static struct entry *added(struct bucket *bucket, struct text key, uint64_t hash)
{
    if (bucket->entry_count == bucket->chain_count)
        spread(bucket, bucket->chain_count * 2);
    struct entry *entry = allocated(sizeof *entry + key.size);
    struct entry **chain = chain_of(bucket, hash);
    *entry = (struct entry){.next = *chain, .hash = hash, .size = key.size};
    memcpy(entry->key, key.start, key.size);
    *chain = entry;
    bucket->entry_count++;
    index_add(&bucket->index, entry);
    return entry;
}

/* Frees the entries without an object. */
static void sweep(struct bucket *bucket)
{
    index_sweep(&bucket->index);
    for (size_t at = 0; at < bucket->chain_count; at++) {
        struct entry **link = &bucket->chains[at];
        while (*link != NULL) {
            struct entry *entry = *link;
            if (entry->object != NULL) {
                link = &entry->next;
                continue;
            }
            *link = entry->next;
            free(entry);
        }
    }
    bucket->entry_count = bucket->object_count;
}

enum fault bucket_put(
    struct bucket *bucket, struct text key, struct object *object,
    const struct conditions *conditions)
{
    uint64_t hash = hash_of(key);
    struct object *former = NULL;
    pthread_rwlock_wrlock(&bucket->lock);
    struct entry *entry = found(bucket, key, hash);
    enum fault fault = conditions_of_write(conditions, entry != NULL ? entry->object : NULL);
    if (fault == FINE) {
        if (entry == NULL)
            entry = added(bucket, key, hash);
        former = entry->object;
        entry->object = object;
        bucket->object_count += former == NULL;
    }
    pthread_rwlock_unlock(&bucket->lock);
    /* Out here, because it takes a while to give much memory back. */
    object_release(former);
    return fault;
}

struct object *bucket_get(struct bucket *bucket, struct text key)
{
    uint64_t hash = hash_of(key);
    struct object *object = NULL;
    pthread_rwlock_rdlock(&bucket->lock);
    struct entry *entry = found(bucket, key, hash);
    if (entry != NULL && entry->object != NULL)
        object = object_hold(entry->object);
    pthread_rwlock_unlock(&bucket->lock);
    return object;
}

enum fault bucket_remove(
    struct bucket *bucket, struct text key, const struct conditions *conditions)
{
    uint64_t hash = hash_of(key);
    struct object *former = NULL;
    pthread_rwlock_wrlock(&bucket->lock);
    struct entry *entry = found(bucket, key, hash);
    enum fault fault = conditions_of_write(conditions, entry != NULL ? entry->object : NULL);
    if (fault == FINE && entry != NULL && entry->object != NULL) {
        former = entry->object;
        entry->object = NULL;
        bucket->object_count--;
        if (bucket->entry_count > 2 * bucket->object_count + 1000)
            sweep(bucket);
    }
    pthread_rwlock_unlock(&bucket->lock);
    object_release(former);
    return fault;
}

void bucket_clear(struct bucket *bucket)
{
    pthread_rwlock_wrlock(&bucket->lock);
    for (size_t at = 0; at < bucket->chain_count; at++) {
        for (struct entry *entry = bucket->chains[at], *next; entry != NULL; entry = next) {
            next = entry->next;
            object_release(entry->object);
            free(entry);
        }
        bucket->chains[at] = NULL;
    }
    bucket->entry_count = 0;
    bucket->object_count = 0;
    index_clear(&bucket->index);
    pthread_rwlock_unlock(&bucket->lock);
}

void bucket_begin_listing(struct bucket *bucket)
{
    pthread_rwlock_rdlock(&bucket->lock);
    while (!index_is_sorted(&bucket->index)) {
        pthread_rwlock_unlock(&bucket->lock);
        pthread_rwlock_wrlock(&bucket->lock);
        if (!index_is_sorted(&bucket->index))
            index_sort(&bucket->index);
        pthread_rwlock_unlock(&bucket->lock);
        pthread_rwlock_rdlock(&bucket->lock);
    }
}

void bucket_end_listing(struct bucket *bucket)
{
    pthread_rwlock_unlock(&bucket->lock);
}
