#include "fill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocation.h"

enum { IN_A_FOLDER = 1000 };

static struct object *synthetic(size_t size)
{
    struct memory *memory = memory_new(size);
    unsigned char digest[MD5_SIZE];
    if (memory == NULL) {
        fputs("there is no memory for --fill-size\n", stderr);
        exit(2);
    }
    /* Nothing that compresses to nothing. */
    unsigned state = 1;
    for (size_t at = 0; at < size; at++) {
        state = state * 1664525 + 1013904223;
        memory->bytes[at] = (unsigned char)(state >> 24);
    }
    struct content *content = content_new(memory, size);
    struct portrait portrait = {
        .modified = now_milliseconds(),
        .headers = text_of("Content-Type: binary/octet-stream\r\n"),
    };
    content_digest(content, digest);
    md5_in_digits(digest, portrait.etag);
    return object_new(content, &portrait);
}

void fill_bucket(struct bucket *bucket, size_t count, size_t size, const char *prefix)
{
    struct object *object = synthetic(size);
    struct conditions none = NO_CONDITIONS;
    size_t room = strlen(prefix) + 48;
    char *key = allocated(room);
    for (size_t at = 0; at < count; at++) {
        int used = snprintf(key, room, "%s%03zu/%06zu", prefix, at / IN_A_FOLDER, at);
        bucket_put(bucket, (struct text){key, (size_t)used}, object_hold(object), &none);
    }
    free(key);
    object_release(object);
}
