/* What a bucket holds under a key. An object never changes: whoever holds one can send it while
   another takes its place, and no lock is needed for that. */
#ifndef OBJECT_H
#define OBJECT_H

#include <stdatomic.h>
#include <stdint.h>

#include "content.h"
#include "text.h"

enum { ETAG_SIZE = 40 };

/* What is told about an object besides its bytes. */
struct portrait {
    /* Without quotes: 32 digits, and for one made of parts `-` and their number. */
    char etag[ETAG_SIZE];
    /* Milliseconds since 1970. */
    int64_t modified;
    /* Lines as they are sent with it, each with its end: type, metadata and the like. */
    struct text headers;
    /* `name=value&name=value`, percent-encoded. */
    struct text tags;
};

struct object {
    atomic_uint holders;
    struct content *content;
    struct portrait portrait;
    /* Headers and tags, which the portrait points at. */
    char words[];
};

/* Copies the portrait; the content is handed over. */
struct object *object_new(struct content *content, const struct portrait *portrait);
struct object *object_hold(struct object *object);
void object_release(struct object *object);

unsigned object_tag_count(const struct object *object);

/* Milliseconds since 1970, now. */
int64_t now_milliseconds(void);

#endif
