#define _GNU_SOURCE
#include "body.h"

#include <string.h>

static const uint64_t largest_body = (uint64_t)5 << 30;

/* What is received at once: so much that a call costs nothing beside it, and so little that it is
   still in the processor's cache when its digest is made. */
static const size_t most_at_once = 256 << 10;

/* The room for a body of unknown size at first. */
static const size_t first_room = 64 << 10;

static bool has_aws_chunks(const struct request *request)
{
    struct text digest = request_header(request, "x-amz-content-sha256");
    struct text encoding = request_header(request, "content-encoding");
    return text_begins(digest, text_of("STREAMING-"))
           || text_find(encoding, 0, text_of("aws-chunked")) < encoding.size;
}

/* What the headers say about sizes. */
static enum fault read_sizes(struct body *body, const struct request *request)
{
    struct text length = request_header(request, "content-length");
    struct text decoded = request_header(request, "x-amz-decoded-content-length");
    if (!body->has_transfer_chunks && text_is_there(length) && !text_number(length, &body->left))
        return BAD_REQUEST;
    if (body->has_aws_chunks) {
        body->size_is_told = text_number(decoded, &body->told_size);
    } else if (!body->has_transfer_chunks) {
        body->size_is_told = true;
        body->told_size = body->left;
    }
    if (body->left > largest_body + largest_body / 8 || body->told_size > largest_body)
        return ENTITY_TOO_LARGE;
    return FINE;
}

enum fault body_begin(struct body *body, const struct request *request)
{
    *body = (struct body){.fault = FINE};
    struct text transfer = request_header(request, "transfer-encoding");
    body->has_transfer_chunks = text_is_name(transfer, "chunked");
    if (text_is_there(transfer) && !body->has_transfer_chunks)
        return BAD_REQUEST;
    body->has_aws_chunks = has_aws_chunks(request);
    chunks_begin(&body->transfer);
    chunks_begin(&body->aws);
    enum fault fault = read_sizes(body, request);
    if (fault != FINE)
        return fault;
    size_t room = body->size_is_told ? body->told_size : first_room;
    if (room > 0 && !body_is_complete(body)) {
        body->memory = memory_new(room);
        if (body->memory == NULL)
            return INTERNAL_ERROR;
    }
    /* Only what is put somewhere gets an ETag. */
    body->has_digest = text_is(request->method, "PUT");
    if (body->has_digest)
        md5_begin(&body->digest);
    return FINE;
}

static bool is_encoded(const struct body *body)
{
    return body->has_transfer_chunks || body->has_aws_chunks;
}

unsigned char *body_place(struct body *body, size_t *size)
{
    if (is_encoded(body))
        return NULL;
    *size = body->left < most_at_once ? (size_t)body->left : most_at_once;
    return body->memory->bytes + body->size;
}

void body_received(struct body *body, size_t size)
{
    if (body->has_digest)
        md5_add(&body->digest, body->memory->bytes + body->size, size);
    body->size += size;
    if (!is_encoded(body))
        body->left -= size;
}

/* Puts decoded bytes behind those that are there. */
static void append(struct body *body, const unsigned char *bytes, size_t size)
{
    if (size == 0 || body->fault != FINE)
        return;
    size_t room = body->memory != NULL ? body->memory->size : 0, needed = body->size + size;
    if (needed > room) {
        if (body->size_is_told || needed > largest_body) {
            body->fault = body->size_is_told ? INCOMPLETE_BODY : ENTITY_TOO_LARGE;
            return;
        }
        if (!memory_resize(body->memory, needed * 2)) {
            body->fault = INTERNAL_ERROR;
            return;
        }
    }
    memcpy(body->memory->bytes + body->size, bytes, size);
    body_received(body, size);
}

size_t body_take(struct body *body, unsigned char *bytes, size_t size)
{
    size_t used = size, ignored;
    if (body->has_transfer_chunks) {
        size = chunks_decode(&body->transfer, bytes, size, &used);
    } else {
        if (used > body->left)
            used = (size_t)body->left;
        size = used;
        if (is_encoded(body))
            body->left -= used;
    }
    if (body->has_aws_chunks)
        size = chunks_decode(&body->aws, bytes, size, &ignored);
    append(body, bytes, size);
    return used;
}

bool body_is_complete(const struct body *body)
{
    if (!body->has_transfer_chunks)
        return body->left == 0;
    return body->transfer.state == ENDED || body->transfer.state == BROKEN;
}

enum fault body_verdict(const struct body *body)
{
    if (body->fault != FINE)
        return body->fault;
    bool is_broken = (body->has_transfer_chunks && body->transfer.state != ENDED)
                     || (body->has_aws_chunks && body->aws.state != ENDED);
    bool is_short = body->size_is_told && body->size != body->told_size;
    return is_broken || is_short ? INCOMPLETE_BODY : FINE;
}

struct content *body_content(struct body *body)
{
    /* Of a body in chunks of unknown size, the room that it did not need; there is none to lose. */
    if (body->memory != NULL && body->size > 0 && body->size < body->memory->size)
        memory_resize(body->memory, body->size);
    struct content *content = content_new(body->memory, body->size);
    body->memory = NULL;
    return content;
}

struct text body_text(const struct body *body)
{
    if (body->memory == NULL)
        return (struct text){"", 0};
    return (struct text){(const char *)body->memory->bytes, body->size};
}

void body_end(struct body *body)
{
    memory_release(body->memory);
    body->memory = NULL;
}
