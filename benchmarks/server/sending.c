#include "dates.h"
#include "operations.h"

enum range { WHOLE, PARTIAL, UNSATISFIABLE };

/* What a Range asks for of so many bytes. One that is not understood, or that asks for several
   pieces, is as good as none: RFC 9110 has it so. */
static enum range read_range(struct text range, uint64_t total, uint64_t *from, uint64_t *size)
{
    struct text first;
    uint64_t begin, last = UINT64_MAX;
    *from = 0;
    *size = total;
    if (!text_begins(range, text_of("bytes=")))
        return WHOLE;
    range = text_after(range, 6);
    text_split(&range, '-', &first);
    if (!text_is_there(range) || (range.size > 0 && !text_number(range, &last)))
        return WHOLE;
    if (first.size == 0) {
        /* The end, of so many bytes. */
        if (range.size == 0)
            return WHOLE;
        begin = last < total ? total - last : 0;
        last = UINT64_MAX;
    } else if (!text_number(first, &begin) || begin > last) {
        return WHOLE;
    }
    if (begin >= total)
        return UNSATISFIABLE;
    *from = begin;
    *size = (last < total ? last + 1 : total) - begin;
    return PARTIAL;
}

static void tell_object(struct answer *answer, const struct object *object)
{
    const struct portrait *portrait = &object->portrait;
    char date[HTTP_DATE_SIZE];
    write_http_date(portrait->modified, date);
    answer_header(answer, "Last-Modified", (struct text){date, sizeof date});
    buffer_say(&answer->headers, "Accept-Ranges: bytes\r\n");
    buffer_add(&answer->headers, portrait->headers);
    if (portrait->tags.size > 0)
        buffer_format(&answer->headers, "x-amz-tagging-count: %u\r\n", object_tag_count(object));
}

enum fault send_object(struct exchange *exchange)
{
    const struct request *request = exchange->request;
    struct answer *answer = exchange->answer;
    struct object *object = bucket_get(exchange->bucket, request->key);
    if (object == NULL)
        return NO_SUCH_KEY;
    struct conditions conditions = conditions_of(request);
    enum fault fault = conditions_of_read(&conditions, object);
    answer_etag(answer, object->portrait.etag);
    uint64_t total = object->content->size;
    enum range range =
        read_range(request_header(request, "range"), total, &answer->from, &answer->size);
    if (fault == FINE && range == UNSATISFIABLE)
        fault = INVALID_RANGE;
    if (fault != FINE) {
        object_release(object);
        return fault;
    }
    tell_object(answer, object);
    if (range == PARTIAL) {
        answer->status = 206;
        buffer_format(
            &answer->headers, "Content-Range: bytes %llu-%llu/%llu\r\n",
            (unsigned long long)answer->from,
            (unsigned long long)(answer->from + answer->size - 1), (unsigned long long)total);
    }
    answer->object = object;
    return FINE;
}
