/* What is answered to a request: a status, headers, and a document or the bytes of an object. */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "faults.h"
#include "object.h"
#include "request.h"

struct answer {
    int status;
    /* Lines that are told besides those every answer has. */
    struct buffer headers;
    struct buffer document;
    /* Or NULL; the answer holds it. */
    struct object *object;
    /* Which of its bytes. */
    uint64_t from;
    uint64_t size;
};

/* Before an answer is written and after it was sent: it keeps its buffers. */
void answer_clear(struct answer *answer);
void answer_free(struct answer *answer);

void answer_header(struct answer *answer, const char *name, struct text value);
void answer_etag(struct answer *answer, const char *etag);

/* An XML document of S3 begins: whatever comes next stands in its root. Its end names the root. */
struct buffer *document_begin(struct answer *answer, const char *root);
void document_end(struct answer *answer, const char *root);

/* `<name>value</name>`, where the value is escaped. */
void document_element(struct buffer *document, const char *name, struct text value);
void document_number(struct buffer *document, const char *name, uint64_t number);
void document_date(struct buffer *document, const char *name, int64_t moment);
void document_etag(struct buffer *document, const char *etag);

/* Instead of all that was written so far. */
void answer_fault(struct answer *answer, const struct request *request, enum fault fault);

/* The head as it is sent. */
void answer_head(
    const struct answer *answer, bool is_head, bool keeps_connection, struct buffer *head);

#endif
