#define _GNU_SOURCE
#include "uploads.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocation.h"

enum { CHAIN_COUNT = 1024 };

/* In chains by their number. One lock for all of them: nothing long is done while it is held. */
static struct upload *chains[CHAIN_COUNT];
static uint64_t last_number;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct text keep(char **words, struct text text)
{
    char *kept = *words;
    if (text.size > 0)
        memcpy(kept, text.start, text.size);
    *words += text.size;
    return (struct text){kept, text.size};
}

void upload_create(
    struct bucket *bucket, struct text key, struct text headers, struct text tags,
    char id[UPLOAD_ID_SIZE])
{
    struct upload *upload = cleared(sizeof *upload + key.size + headers.size + tags.size);
    char *words = upload->words;
    upload->bucket = bucket;
    upload->key = keep(&words, key);
    upload->headers = keep(&words, headers);
    upload->tags = keep(&words, tags);
    upload->begun = now_milliseconds();
    pthread_mutex_lock(&lock);
    upload->number = ++last_number;
    /* With the time, so that a server that is started anew gives no id once more. */
    snprintf(
        upload->id, sizeof upload->id, "%016" PRIx64 "%016" PRIx64, (uint64_t)upload->begun,
        upload->number);
    memcpy(id, upload->id, UPLOAD_ID_SIZE);
    struct upload **chain = &chains[upload->number % CHAIN_COUNT];
    upload->next = *chain;
    *chain = upload;
    pthread_mutex_unlock(&lock);
}

static void upload_free(struct upload *upload)
{
    for (size_t at = 0; at < upload->part_room; at++)
        content_release(upload->parts[at].content);
    free(upload->parts);
    free(upload);
}

/* The link that points at it; where there is none, the end of a chain. */
static struct upload **link_to(const struct upload_name *name)
{
    uint64_t number = 0;
    for (size_t at = 16; at < name->id.size && at < 32; at++)
        number = number * 16 + (uint64_t)(hexadecimal(name->id.start[at]) & 15);
    struct upload **link = &chains[number % CHAIN_COUNT];
    for (; *link != NULL; link = &(*link)->next) {
        struct upload *upload = *link;
        if (text_is(name->id, upload->id) && upload->bucket == name->bucket
            && text_equals(name->key, upload->key))
            break;
    }
    return link;
}

enum fault upload_part(const struct upload_name *name, size_t number, const struct part *part)
{
    struct content *former = NULL;
    enum fault fault = NO_SUCH_UPLOAD;
    pthread_mutex_lock(&lock);
    struct upload *upload = *link_to(name);
    if (upload != NULL) {
        if (number > upload->part_room) {
            size_t room = number * 2;
            upload->parts = reallocated(upload->parts, room * sizeof upload->parts[0]);
            memset(
                upload->parts + upload->part_room, 0,
                (room - upload->part_room) * sizeof upload->parts[0]);
            upload->part_room = room;
        }
        former = upload->parts[number - 1].content;
        upload->parts[number - 1] = *part;
        fault = FINE;
    }
    pthread_mutex_unlock(&lock);
    content_release(former);
    return fault;
}

/* Puts the contents of the wanted parts into `contents`, and makes the ETag of the whole. */
static enum fault gather(
    const struct upload *upload, const struct wanted_part *wanted, size_t count,
    struct content **contents, char etag[ETAG_SIZE])
{
    struct md5 sum;
    unsigned char digest[MD5_SIZE];
    md5_begin(&sum);
    for (size_t at = 0; at < count; at++) {
        uint64_t number = wanted[at].number;
        if (at > 0 && number <= wanted[at - 1].number)
            return INVALID_PART_ORDER;
        if (number < 1 || number > upload->part_room)
            return INVALID_PART;
        const struct part *part = &upload->parts[number - 1];
        if (part->content == NULL || memcmp(part->digest, wanted[at].digest, MD5_SIZE) != 0)
            return INVALID_PART;
        contents[at] = part->content;
        md5_add(&sum, part->digest, MD5_SIZE);
    }
    md5_end(&sum, digest);
    md5_in_digits(digest, etag);
    snprintf(etag + 2 * MD5_SIZE, ETAG_SIZE - 2 * MD5_SIZE, "-%zu", count);
    return FINE;
}

static enum fault put_whole(
    const struct upload *upload, struct content *const *contents, size_t count,
    const struct conditions *conditions, const char *etag)
{
    struct portrait portrait = {
        .modified = now_milliseconds(), .headers = upload->headers, .tags = upload->tags};
    memcpy(portrait.etag, etag, ETAG_SIZE);
    struct object *object = object_new(content_joined(contents, count), &portrait);
    enum fault fault = bucket_put(upload->bucket, upload->key, object, conditions);
    if (fault != FINE)
        object_release(object);
    return fault;
}

enum fault upload_complete(
    const struct upload_name *name, const struct wanted_part *wanted, size_t count,
    const struct conditions *conditions, char etag[ETAG_SIZE])
{
    struct content **contents = allocated(count * sizeof contents[0]);
    enum fault fault = NO_SUCH_UPLOAD;
    pthread_mutex_lock(&lock);
    struct upload **link = link_to(name), *upload = *link;
    if (upload != NULL)
        fault = gather(upload, wanted, count, contents, etag);
    if (fault == FINE)
        fault = put_whole(upload, contents, count, conditions, etag);
    if (fault == FINE)
        *link = upload->next;
    pthread_mutex_unlock(&lock);
    if (fault == FINE)
        upload_free(upload);
    free(contents);
    return fault;
}

enum fault upload_abort(const struct upload_name *name)
{
    pthread_mutex_lock(&lock);
    struct upload **link = link_to(name), *upload = *link;
    if (upload != NULL)
        *link = upload->next;
    pthread_mutex_unlock(&lock);
    if (upload == NULL)
        return NO_SUCH_UPLOAD;
    upload_free(upload);
    return FINE;
}

void uploads_clear(void)
{
    pthread_mutex_lock(&lock);
    for (size_t at = 0; at < CHAIN_COUNT; at++) {
        for (struct upload *upload = chains[at], *next; upload != NULL; upload = next) {
            next = upload->next;
            upload_free(upload);
        }
        chains[at] = NULL;
    }
    pthread_mutex_unlock(&lock);
}

void uploads_begin_listing(void)
{
    pthread_mutex_lock(&lock);
}

void uploads_end_listing(void)
{
    pthread_mutex_unlock(&lock);
}

struct upload *upload_named(const struct upload_name *name)
{
    return *link_to(name);
}

static int by_key_and_age(const void *one, const void *other)
{
    const struct upload *first = *(struct upload *const *)one;
    const struct upload *second = *(struct upload *const *)other;
    int order = text_compare(first->key, second->key);
    if (order != 0)
        return order;
    return (first->number > second->number) - (first->number < second->number);
}

struct upload **uploads_of(const struct bucket *bucket, size_t *count)
{
    struct upload **found = NULL;
    size_t room = 0;
    *count = 0;
    for (size_t at = 0; at < CHAIN_COUNT; at++) {
        for (struct upload *upload = chains[at]; upload != NULL; upload = upload->next) {
            if (upload->bucket != bucket)
                continue;
            found = with_room_for_one(found, *count, &room, sizeof found[0]);
            found[(*count)++] = upload;
        }
    }
    if (found != NULL)
        qsort(found, *count, sizeof found[0], by_key_and_age);
    return found;
}
