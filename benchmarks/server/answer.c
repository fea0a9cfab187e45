#include "answer.h"

#include <stdatomic.h>

#include "dates.h"

static const char declaration[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

void answer_clear(struct answer *answer)
{
    object_release(answer->object);
    answer->object = NULL;
    answer->status = 200;
    buffer_clear(&answer->headers);
    buffer_clear(&answer->document);
}

void answer_free(struct answer *answer)
{
    object_release(answer->object);
    buffer_free(&answer->headers);
    buffer_free(&answer->document);
}

void answer_header(struct answer *answer, const char *name, struct text value)
{
    buffer_say(&answer->headers, name);
    buffer_say(&answer->headers, ": ");
    buffer_add(&answer->headers, value);
    buffer_say(&answer->headers, "\r\n");
}

void answer_etag(struct answer *answer, const char *etag)
{
    buffer_say(&answer->headers, "ETag: \"");
    buffer_say(&answer->headers, etag);
    buffer_say(&answer->headers, "\"\r\n");
}

struct buffer *document_begin(struct answer *answer, const char *root)
{
    struct buffer *document = &answer->document;
    buffer_clear(document);
    buffer_say(document, declaration);
    buffer_say(document, "<");
    buffer_say(document, root);
    buffer_say(document, " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    return document;
}

void document_end(struct answer *answer, const char *root)
{
    buffer_say(&answer->document, "</");
    buffer_say(&answer->document, root);
    buffer_say(&answer->document, ">");
    answer_header(answer, "Content-Type", text_of("application/xml"));
}

static void open_element(struct buffer *document, const char *name)
{
    buffer_say(document, "<");
    buffer_say(document, name);
    buffer_say(document, ">");
}

static void close_element(struct buffer *document, const char *name)
{
    buffer_say(document, "</");
    buffer_say(document, name);
    buffer_say(document, ">");
}

void document_element(struct buffer *document, const char *name, struct text value)
{
    open_element(document, name);
    buffer_xml(document, value);
    close_element(document, name);
}

void document_number(struct buffer *document, const char *name, uint64_t number)
{
    open_element(document, name);
    buffer_number(document, number);
    close_element(document, name);
}

void document_date(struct buffer *document, const char *name, int64_t moment)
{
    open_element(document, name);
    write_iso_date(moment, buffer_end(document, ISO_DATE_SIZE));
    document->size += ISO_DATE_SIZE;
    close_element(document, name);
}

void document_etag(struct buffer *document, const char *etag)
{
    buffer_say(document, "<ETag>&quot;");
    buffer_say(document, etag);
    buffer_say(document, "&quot;</ETag>");
}

void answer_fault(struct answer *answer, const struct request *request, enum fault fault)
{
    const struct explanation *why = explained(fault);
    answer->status = why->status;
    if (fault == NOT_MODIFIED) {
        /* Such an answer has no body, and tells the version that there is. */
        buffer_clear(&answer->document);
        return;
    }
    buffer_clear(&answer->headers);
    /* The only document of S3 whose names are in no namespace. */
    struct buffer *document = &answer->document;
    buffer_clear(document);
    buffer_say(document, declaration);
    buffer_say(document, "<Error>");
    document_element(document, "Code", text_of(why->code));
    document_element(document, "Message", text_of(why->message));
    document_element(document, "BucketName", request->bucket);
    document_element(document, "Key", request->key);
    document_end(answer, "Error");
}

static const char *reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 204:
        return "No Content";
    case 206:
        return "Partial Content";
    case 304:
        return "Not Modified";
    case 400:
        return "Bad Request";
    case 404:
        return "Not Found";
    case 412:
        return "Precondition Failed";
    default:
        return "As Numbered";
    }
}

static void say_length(const struct answer *answer, bool is_head, struct buffer *head)
{
    if (answer->status == 204 || answer->status == 304)
        return;
    /* Of an object a HEAD tells the size, but of a document that it does not get it tells nothing:
       clients would wait for it. */
    uint64_t size = answer->object != NULL ? answer->size : is_head ? 0 : answer->document.size;
    buffer_say(head, "Content-Length: ");
    buffer_number(head, size);
    buffer_say(head, "\r\n");
}

void answer_head(
    const struct answer *answer, bool is_head, bool keeps_connection, struct buffer *head)
{
    static atomic_ullong count;
    buffer_clear(head);
    buffer_say(head, "HTTP/1.1 ");
    buffer_number(head, (uint64_t)answer->status);
    buffer_say(head, " ");
    buffer_say(head, reason(answer->status));
    buffer_say(head, "\r\nServer: loadserver\r\nx-amz-request-id: ");
    buffer_number(head, atomic_fetch_add_explicit(&count, 1, memory_order_relaxed) + 1);
    buffer_say(head, "\r\nDate: ");
    write_http_date(now_milliseconds(), buffer_end(head, HTTP_DATE_SIZE));
    head->size += HTTP_DATE_SIZE;
    buffer_say(head, keeps_connection ? "\r\n" : "\r\nConnection: close\r\n");
    say_length(answer, is_head, head);
    buffer_add(head, buffer_text(&answer->headers));
    buffer_say(head, "\r\n");
}
