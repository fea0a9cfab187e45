/* How many requests of which kind were answered. */
#ifndef COUNTS_H
#define COUNTS_H

#include "buffer.h"

/* A copy is one whether of an object or of a part. */
enum kind {
    PUT_OBJECT,
    GET_OBJECT,
    HEAD_OBJECT,
    DELETE_OBJECT,
    LIST_OBJECTS,
    DELETE_MANY,
    COPY,
    CREATE_UPLOAD,
    UPLOAD_PART,
    COMPLETE_UPLOAD,
    ABORT_UPLOAD,
    OTHER,
    KIND_COUNT,
};

void count_request(enum kind kind);
void reset_counts(void);

/* As a JSON object, with the seconds of processor time that the server has used. */
void write_counts(struct buffer *document);

#endif
