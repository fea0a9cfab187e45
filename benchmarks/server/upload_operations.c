#include <stdlib.h>

#include "allocation.h"
#include "metadata.h"
#include "operations.h"
#include "xml.h"

enum fault create_upload(struct exchange *exchange)
{
    const struct request *request = exchange->request;
    const char *root = "InitiateMultipartUploadResult";
    char id[UPLOAD_ID_SIZE];
    struct buffer headers = {0};
    write_kept_headers(request, &headers);
    struct text tags = request_header(request, "x-amz-tagging");
    upload_create(exchange->bucket, request->key, buffer_text(&headers), tags, id);
    buffer_free(&headers);
    struct buffer *document = document_begin(exchange->answer, root);
    document_element(document, "Bucket", request->bucket);
    document_element(document, "Key", request->key);
    document_element(document, "UploadId", text_of(id));
    document_end(exchange->answer, root);
    return FINE;
}

enum fault put_part(struct exchange *exchange)
{
    size_t number = part_number_of(exchange->request);
    char etag[2 * MD5_SIZE + 1];
    if (number == 0)
        return INVALID_ARGUMENT;
    struct part part = {.modified = now_milliseconds()};
    if (!body_digest(exchange, part.digest))
        return BAD_DIGEST;
    part.content = body_content(exchange->body);
    md5_in_digits(part.digest, etag);
    struct upload_name name = upload_name_of(exchange);
    enum fault fault = upload_part(&name, number, &part);
    if (fault == FINE)
        answer_etag(exchange->answer, etag);
    else
        content_release(part.content);
    return fault;
}

/* The MD5 in an ETag of 32 digits, whatever quotes stand around them. */
static bool read_etag(struct text etag, unsigned char digest[MD5_SIZE])
{
    etag = text_trimmed(etag);
    if (etag.size == 2 * MD5_SIZE + 2)
        etag = (struct text){etag.start + 1, etag.size - 2};
    if (etag.size != 2 * MD5_SIZE)
        return false;
    for (size_t at = 0; at < MD5_SIZE; at++) {
        int high = hexadecimal(etag.start[2 * at]), low = hexadecimal(etag.start[2 * at + 1]);
        if (high < 0 || low < 0)
            return false;
        digest[at] = (unsigned char)(high * 16 + low);
    }
    return true;
}

/* One `<Part>` of the list. */
static enum fault read_wanted(struct text described, struct wanted_part *wanted)
{
    struct buffer etag = {0};
    xml_decode(xml_first(described, "ETag"), &etag);
    bool is_etag = read_etag(buffer_text(&etag), wanted->digest);
    buffer_free(&etag);
    if (!text_number(text_trimmed(xml_first(described, "PartNumber")), &wanted->number))
        return MALFORMED_XML;
    return is_etag ? FINE : INVALID_PART;
}

static void tell_whole(struct exchange *exchange, const char *etag)
{
    const struct request *request = exchange->request;
    const char *root = "CompleteMultipartUploadResult";
    struct buffer *document = document_begin(exchange->answer, root);
    buffer_say(document, "<Location>http://127.0.0.1/");
    buffer_xml(document, request->bucket);
    buffer_say(document, "/");
    buffer_percent(document, request->key);
    buffer_say(document, "</Location>");
    document_element(document, "Bucket", request->bucket);
    document_element(document, "Key", request->key);
    document_etag(document, etag);
    document_end(exchange->answer, root);
}

enum fault complete_upload(struct exchange *exchange)
{
    struct text rest = xml_first(body_text(exchange->body), "CompleteMultipartUpload"), described;
    struct wanted_part *wanted = NULL;
    size_t count = 0, room = 0;
    enum fault fault = FINE;
    while (fault == FINE && xml_next(&rest, "Part", &described)) {
        wanted = with_room_for_one(wanted, count, &room, sizeof wanted[0]);
        fault = count < MOST_PARTS ? read_wanted(described, &wanted[count++]) : MALFORMED_XML;
    }
    if (count == 0)
        fault = MALFORMED_XML;
    char etag[ETAG_SIZE];
    struct upload_name name = upload_name_of(exchange);
    struct conditions conditions = conditions_of(exchange->request);
    if (fault == FINE)
        fault = upload_complete(&name, wanted, count, &conditions, etag);
    if (fault == FINE)
        tell_whole(exchange, etag);
    free(wanted);
    return fault;
}

enum fault abort_upload(struct exchange *exchange)
{
    struct upload_name name = upload_name_of(exchange);
    exchange->answer->status = 204;
    return upload_abort(&name);
}
