/* Bodies in chunks. `Transfer-Encoding: chunked` and Amazon's `aws-chunked` differ only in what
   stands behind the size of a chunk and behind the last one, and nobody here looks at that. */
#ifndef CHUNKS_H
#define CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chunks {
    enum { CHUNK_SIZE, CHUNK_REST_OF_LINE, CHUNK_BYTES, CHUNK_END, TRAILER, ENDED, BROKEN } state;
    /* Bytes of this chunk that are still to come. */
    uint64_t left;
    /* Of the line that is being read, without its end. */
    size_t line_size;
};

void chunks_begin(struct chunks *chunks);

/* Leaves of these bytes only those of the body, at their beginning, and answers how many these
   are. `*used` is how many it read: less than `size` only behind the end. */
size_t chunks_decode(struct chunks *chunks, unsigned char *bytes, size_t size, size_t *used);

#endif
