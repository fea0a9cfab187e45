#include "metadata.h"
#include "operations.h"
#include "xml.h"

enum { MOST_TO_DELETE = 1000 };

enum fault put_object(struct exchange *exchange)
{
    const struct request *request = exchange->request;
    unsigned char digest[MD5_SIZE];
    struct buffer headers = {0};
    write_kept_headers(request, &headers);
    struct portrait portrait = {
        .modified = now_milliseconds(),
        .headers = buffer_text(&headers),
        .tags = request_header(request, "x-amz-tagging"),
    };
    if (!body_digest(exchange, digest)) {
        buffer_free(&headers);
        return BAD_DIGEST;
    }
    md5_in_digits(digest, portrait.etag);
    struct object *object = object_new(body_content(exchange->body), &portrait);
    buffer_free(&headers);

    struct conditions conditions = conditions_of(request);
    enum fault fault = bucket_put(exchange->bucket, request->key, object, &conditions);
    if (fault == FINE)
        answer_etag(exchange->answer, portrait.etag);
    else
        object_release(object);
    return fault;
}

enum fault delete_object(struct exchange *exchange)
{
    struct conditions conditions = conditions_of(exchange->request);
    exchange->answer->status = 204;
    return bucket_remove(exchange->bucket, exchange->request->key, &conditions);
}

/* One `<Object>`, and what it comes to. */
static void delete_one(
    struct exchange *exchange, struct text described, bool is_quiet, struct buffer *words)
{
    struct buffer *document = &exchange->answer->document;
    buffer_clear(words);
    xml_decode(xml_first(described, "Key"), words);
    size_t key_size = words->size;
    struct text wanted = xml_first(described, "ETag");
    xml_decode(wanted, words);
    struct text key = {words->start, key_size};
    struct conditions conditions = NO_CONDITIONS;
    if (text_is_there(wanted))
        conditions.if_match = text_after(buffer_text(words), key_size);

    enum fault fault = bucket_remove(exchange->bucket, key, &conditions);
    if (fault == FINE && is_quiet)
        return;
    buffer_say(document, fault == FINE ? "<Deleted>" : "<Error>");
    document_element(document, "Key", key);
    if (fault != FINE) {
        document_element(document, "Code", text_of(explained(fault)->code));
        document_element(document, "Message", text_of(explained(fault)->message));
    }
    buffer_say(document, fault == FINE ? "</Deleted>" : "</Error>");
}

static size_t object_count(struct text list)
{
    struct text object;
    size_t count = 0;
    while (xml_next(&list, "Object", &object))
        count++;
    return count;
}

enum fault delete_many(struct exchange *exchange)
{
    struct text rest = xml_first(body_text(exchange->body), "Delete"), object;
    bool is_quiet = text_is(text_trimmed(xml_first(rest, "Quiet")), "true");
    size_t count = object_count(rest);
    struct buffer words = {0};
    if (count == 0 || count > MOST_TO_DELETE)
        return MALFORMED_XML;
    document_begin(exchange->answer, "DeleteResult");
    while (xml_next(&rest, "Object", &object))
        delete_one(exchange, object, is_quiet, &words);
    document_end(exchange->answer, "DeleteResult");
    buffer_free(&words);
    return FINE;
}
