/* Uploads in parts that are under way. */
#ifndef UPLOADS_H
#define UPLOADS_H

#include <stdint.h>

#include "bucket.h"
#include "content.h"
#include "faults.h"
#include "md5.h"
#include "text.h"

enum { UPLOAD_ID_SIZE = 33, MOST_PARTS = 10000 };

struct part {
    struct content *content;
    unsigned char digest[MD5_SIZE];
    int64_t modified;
};

struct upload {
    struct upload *next;
    uint64_t number;
    char id[UPLOAD_ID_SIZE];
    struct bucket *bucket;
    struct text key;
    int64_t begun;
    struct text headers;
    struct text tags;
    /* By their number, from 1 on; those that are missing have no content. */
    struct part *parts;
    size_t part_room;
    /* Key, headers and tags. */
    char words[];
};

/* Which one is meant. */
struct upload_name {
    struct bucket *bucket;
    struct text key;
    struct text id;
};

/* As it is listed by a client to complete the upload. */
struct wanted_part {
    uint64_t number;
    unsigned char digest[MD5_SIZE];
};

void upload_create(
    struct bucket *bucket, struct text key, struct text headers, struct text tags,
    char id[UPLOAD_ID_SIZE]);

/* On FINE the content of the part is handed over. */
enum fault upload_part(const struct upload_name *name, size_t number, const struct part *part);

/* Makes the object of these parts, all of one upload, and ends it. */
enum fault upload_complete(
    const struct upload_name *name, const struct wanted_part *wanted, size_t count,
    const struct conditions *conditions, char etag[ETAG_SIZE]);
enum fault upload_abort(const struct upload_name *name);

/* Of all buckets. */
void uploads_clear(void);

/* Between these two all uploads stay as they are. */
void uploads_begin_listing(void);
void uploads_end_listing(void);

/* Only between them: one upload, or NULL; and all of a bucket, sorted by key and by age. The list
   is to be freed. */
struct upload *upload_named(const struct upload_name *name);
struct upload **uploads_of(const struct bucket *bucket, size_t *count);

#endif
