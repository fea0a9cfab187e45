/* The body of a request, while it arrives. One whose size is known and that is not encoded is
   received right into the memory where it stays; all others are decoded into it. */
#ifndef BODY_H
#define BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chunks.h"
#include "content.h"
#include "faults.h"
#include "md5.h"
#include "memory.h"
#include "request.h"
#include "text.h"

struct body {
    /* NULL as long as there is not a byte. */
    struct memory *memory;
    size_t size;
    /* The layers it is wrapped in: HTTP's, and within it Amazon's. */
    bool has_transfer_chunks;
    bool has_aws_chunks;
    struct chunks transfer;
    struct chunks aws;
    /* Without chunks of HTTP: bytes that are still to be received. */
    uint64_t left;
    /* Of the decoded body, if that was announced. */
    bool size_is_told;
    uint64_t told_size;
    bool has_digest;
    struct md5 digest;
    enum fault fault;
};

/* FINE, or why no body can be read; the connection is of no use then. */
enum fault body_begin(struct body *body, const struct request *request);

/* Where to receive up to `*size` more bytes, if they can be received to where they stay; NULL if
   they are to be received elsewhere and given to `body_take`. */
unsigned char *body_place(struct body *body, size_t *size);
void body_received(struct body *body, size_t size);

/* Takes these bytes, and changes them; answers how many were its own. */
size_t body_take(struct body *body, unsigned char *bytes, size_t size);

bool body_is_complete(const struct body *body);

/* Whether the decoded body is what was announced. */
enum fault body_verdict(const struct body *body);

/* As a content of its own, which the body forgets. */
struct content *body_content(struct body *body);
struct text body_text(const struct body *body);
void body_end(struct body *body);

#endif
