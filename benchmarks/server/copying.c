#include <string.h>

#include "metadata.h"
#include "operations.h"

/* The object that `x-amz-copy-source` names, held, if its conditions allow it. */
static enum fault source_of(const struct request *request, struct object **source)
{
    struct text named = request_header(request, "x-amz-copy-source"), bucket, version = NO_TEXT;
    size_t end = text_find(named, 0, text_of("?versionId="));
    if (end < named.size) {
        version = text_after(named, end + strlen("?versionId="));
        named.size = end;
    }
    if (text_is_there(version) && !text_is(version, "null"))
        return NOT_IMPLEMENTED;
    /* It is decoded once only, as everything in the head of the request. */
    if (!percent_decode(&named, false))
        return INVALID_ARGUMENT;
    if (text_begins(named, text_of("/")))
        named = text_after(named, 1);
    if (!text_split(&named, '/', &bucket) || named.size == 0)
        return INVALID_ARGUMENT;
    struct bucket *where = bucket_named(bucket);
    if (where == NULL)
        return NO_SUCH_BUCKET;
    *source = bucket_get(where, named);
    if (*source == NULL)
        return NO_SUCH_KEY;
    struct conditions conditions = {
        request_header(request, "x-amz-copy-source-if-match"),
        request_header(request, "x-amz-copy-source-if-none-match"),
    };
    if (conditions_of_read(&conditions, *source) == FINE)
        return FINE;
    object_release(*source);
    return PRECONDITION_FAILED;
}

static void tell_copy(
    struct exchange *exchange, const char *root, const char *etag, int64_t modified)
{
    struct buffer *document = document_begin(exchange->answer, root);
    document_date(document, "LastModified", modified);
    document_etag(document, etag);
    document_end(exchange->answer, root);
}

static bool replaces(const struct request *request, const char *directive)
{
    return text_is_name(request_header(request, directive), "REPLACE");
}

enum fault copy_object(struct exchange *exchange)
{
    const struct request *request = exchange->request;
    struct object *source;
    enum fault fault = source_of(request, &source);
    if (fault != FINE)
        return fault;
    struct portrait portrait = source->portrait;
    struct buffer headers = {0};
    portrait.modified = now_milliseconds();
    if (replaces(request, "x-amz-metadata-directive")) {
        write_kept_headers(request, &headers);
        portrait.headers = buffer_text(&headers);
    }
    if (replaces(request, "x-amz-tagging-directive"))
        portrait.tags = request_header(request, "x-amz-tagging");
    /* A whole again, also of a source that was made of parts: the bytes are digested anew. */
    unsigned char digest[MD5_SIZE];
    if (strchr(portrait.etag, '-') != NULL) {
        content_digest(source->content, digest);
        md5_in_digits(digest, portrait.etag);
    }
    struct object *copy = object_new(content_hold(source->content), &portrait);
    buffer_free(&headers);
    object_release(source);

    struct conditions conditions = conditions_of(request);
    fault = bucket_put(exchange->bucket, request->key, copy, &conditions);
    if (fault == FINE)
        tell_copy(exchange, "CopyObjectResult", portrait.etag, portrait.modified);
    else
        object_release(copy);
    return fault;
}

/* `bytes=first-last`, which has to lie within the source. */
static bool read_source_range(struct text range, uint64_t total, uint64_t *from, uint64_t *size)
{
    struct text first;
    uint64_t last;
    *from = 0;
    *size = total;
    if (!text_is_there(range))
        return true;
    if (!text_begins(range, text_of("bytes=")))
        return false;
    range = text_after(range, strlen("bytes="));
    if (!text_split(&range, '-', &first) || !text_number(first, from))
        return false;
    if (!text_number(range, &last) || last < *from || last >= total)
        return false;
    *size = last + 1 - *from;
    return true;
}

enum fault copy_part(struct exchange *exchange)
{
    const struct request *request = exchange->request;
    size_t number = part_number_of(request);
    struct object *source;
    if (number == 0)
        return INVALID_ARGUMENT;
    enum fault fault = source_of(request, &source);
    if (fault != FINE)
        return fault;
    uint64_t from, size;
    struct text range = request_header(request, "x-amz-copy-source-range");
    bool is_within = read_source_range(range, source->content->size, &from, &size);
    if (!is_within) {
        object_release(source);
        return INVALID_ARGUMENT;
    }
    struct part part = {
        .content = content_slice(source->content, from, size), .modified = now_milliseconds()};
    object_release(source);
    content_digest(part.content, part.digest);
    char etag[2 * MD5_SIZE + 1];
    md5_in_digits(part.digest, etag);

    struct upload_name name = upload_name_of(exchange);
    fault = upload_part(&name, number, &part);
    if (fault == FINE)
        tell_copy(exchange, "CopyPartResult", etag, part.modified);
    else
        content_release(part.content);
    return fault;
}
