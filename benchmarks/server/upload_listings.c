#include <stdlib.h>

#include "operations.h"

enum { LONGEST_PAGE = 1000 };

static void add_part(struct buffer *document, size_t number, const struct part *part)
{
    char etag[2 * MD5_SIZE + 1];
    md5_in_digits(part->digest, etag);
    buffer_say(document, "<Part>");
    document_number(document, "PartNumber", number);
    document_date(document, "LastModified", part->modified);
    document_etag(document, etag);
    document_number(document, "Size", part->content->size);
    buffer_say(document, "</Part>");
}

static void add_parts(
    struct buffer *document, const struct upload *upload, size_t marker, size_t limit)
{
    size_t count = 0, number = marker + 1;
    for (; number <= upload->part_room && count < limit; number++) {
        const struct part *part = &upload->parts[number - 1];
        if (part->content == NULL)
            continue;
        add_part(document, number, part);
        count++;
    }
    size_t last = number - 1;
    while (number <= upload->part_room && upload->parts[number - 1].content == NULL)
        number++;
    bool is_truncated = number <= upload->part_room;
    document_element(document, "IsTruncated", text_of(is_truncated ? "true" : "false"));
    document_number(document, "NextPartNumberMarker", last);
}

enum fault list_parts(struct exchange *exchange)
{
    const struct request *request = exchange->request;
    struct upload_name name = upload_name_of(exchange);
    size_t limit, marker;
    if (!limit_of(request, "max-parts", LONGEST_PAGE, &limit))
        return INVALID_ARGUMENT;
    if (!limit_of(request, "part-number-marker", MOST_PARTS, &marker))
        return INVALID_ARGUMENT;
    if (request_parameter(request, "part-number-marker").size == 0)
        marker = 0;
    struct buffer *document = document_begin(exchange->answer, "ListPartsResult");
    document_element(document, "Bucket", request->bucket);
    document_element(document, "Key", request->key);
    document_element(document, "UploadId", name.id);
    document_number(document, "MaxParts", limit);
    document_number(document, "PartNumberMarker", marker);
    uploads_begin_listing();
    const struct upload *upload = upload_named(&name);
    if (upload != NULL)
        add_parts(document, upload, marker, limit);
    uploads_end_listing();
    document_end(exchange->answer, "ListPartsResult");
    return upload != NULL ? FINE : NO_SUCH_UPLOAD;
}

/* Whether this one stands behind the last of the page before. */
static bool is_behind(const struct upload *upload, struct text key, struct text id)
{
    int order = text_compare(upload->key, key);
    /* Ids of one server grow. */
    return order > 0 || (order == 0 && id.size > 0 && text_compare(text_of(upload->id), id) > 0);
}

static void add_name(struct buffer *document, const char *element, struct text name, bool encodes)
{
    if (!encodes) {
        document_element(document, element, name);
        return;
    }
    buffer_format(document, "<%s>", element);
    buffer_percent(document, name);
    buffer_format(document, "</%s>", element);
}

static void add_uploads(
    struct buffer *document, const struct request *request, struct upload *const *uploads,
    size_t count, size_t limit)
{
    struct text prefix = request_parameter(request, "prefix");
    struct text key = request_parameter(request, "key-marker");
    struct text id = request_parameter(request, "upload-id-marker");
    bool encodes = text_is(request_parameter(request, "encoding-type"), "url");
    const struct upload *last = NULL;
    size_t listed = 0;
    bool is_truncated = false;
    for (size_t at = 0; at < count && !is_truncated; at++) {
        const struct upload *upload = uploads[at];
        if (!text_begins(upload->key, prefix))
            continue;
        if (text_is_there(key) && !is_behind(upload, key, id))
            continue;
        if (listed == limit) {
            is_truncated = true;
            continue;
        }
        buffer_say(document, "<Upload>");
        add_name(document, "Key", upload->key, encodes);
        document_element(document, "UploadId", text_of(upload->id));
        document_date(document, "Initiated", upload->begun);
        buffer_say(document, "<StorageClass>STANDARD</StorageClass></Upload>");
        last = upload;
        listed++;
    }
    document_element(document, "IsTruncated", text_of(is_truncated ? "true" : "false"));
    if (is_truncated && last != NULL) {
        add_name(document, "NextKeyMarker", last->key, encodes);
        document_element(document, "NextUploadIdMarker", text_of(last->id));
    }
}

enum fault list_uploads(struct exchange *exchange)
{
    const struct request *request = exchange->request;
    const char *root = "ListMultipartUploadsResult";
    size_t limit, count;
    if (request_parameter(request, "delimiter").size > 0)
        return NOT_IMPLEMENTED;
    if (!limit_of(request, "max-uploads", LONGEST_PAGE, &limit))
        return INVALID_ARGUMENT;
    struct buffer *document = document_begin(exchange->answer, root);
    document_element(document, "Bucket", request->bucket);
    document_number(document, "MaxUploads", limit);
    if (text_is(request_parameter(request, "encoding-type"), "url"))
        document_element(document, "EncodingType", text_of("url"));
    uploads_begin_listing();
    struct upload **uploads = uploads_of(exchange->bucket, &count);
    add_uploads(document, request, uploads, count, limit);
    uploads_end_listing();
    free(uploads);
    document_end(exchange->answer, root);
    return FINE;
}
