/* ListObjects in its two versions. A listing is a sorted list of keys and of common prefixes, and
   a page is what follows one of them: it is found by searches, however many objects there are. */
#include "dates.h"
#include "operations.h"

enum { LONGEST_PAGE = 1000 };

struct page {
    struct text prefix;
    struct text delimiter;
    /* Begins behind this key or common prefix. */
    struct text after;
    size_t limit;
    bool encodes_names;
    bool tells_owner;
    /* What became of it. */
    size_t count;
    bool is_truncated;
    /* The last key or common prefix on it. */
    struct buffer last;
    struct buffer common;
    struct buffer *document;
};

static void add_name(struct page *page, struct buffer *document, struct text name)
{
    if (page->encodes_names)
        buffer_percent(document, name);
    else
        buffer_xml(document, name);
}

static void add_named(struct page *page, const char *element, struct text name)
{
    buffer_format(page->document, "<%s>", element);
    add_name(page, page->document, name);
    buffer_format(page->document, "</%s>", element);
}

static void add_object(struct page *page, struct text key, const struct object *object)
{
    struct buffer *document = page->document;
    buffer_say(document, "<Contents><Key>");
    add_name(page, document, key);
    buffer_say(document, "</Key><LastModified>");
    write_iso_date(object->portrait.modified, buffer_end(document, ISO_DATE_SIZE));
    document->size += ISO_DATE_SIZE;
    buffer_say(document, "</LastModified><ETag>&quot;");
    buffer_say(document, object->portrait.etag);
    buffer_say(document, "&quot;</ETag><Size>");
    buffer_number(document, object->content->size);
    buffer_say(document, "</Size>");
    if (page->tells_owner)
        buffer_say(document, "<Owner><ID>loadserver</ID></Owner>");
    buffer_say(document, "<StorageClass>STANDARD</StorageClass></Contents>");
}

static void add_common_prefix(struct page *page, struct text prefix)
{
    buffer_say(&page->common, "<CommonPrefixes><Prefix>");
    add_name(page, &page->common, prefix);
    buffer_say(&page->common, "</Prefix></CommonPrefixes>");
}

/* Whether a common prefix stands for this key, and which. */
static bool has_common_prefix(const struct page *page, struct text key, struct text *common)
{
    size_t at = text_find(key, page->prefix.size, page->delimiter);
    *common = (struct text){key.start, at + page->delimiter.size};
    return at < key.size;
}

static size_t first_place(const struct page *page, const struct index *index)
{
    struct text common;
    if (text_compare(page->after, page->prefix) < 0)
        return index_from(index, page->prefix);
    if (text_begins(page->after, page->prefix) && has_common_prefix(page, page->after, &common))
        return index_behind(index, common, true);
    return index_behind(index, page->after, false);
}

static void fill(struct page *page, const struct index *index)
{
    struct text last = NO_TEXT, common;
    size_t place = first_place(page, index);
    while (place < index->sorted.count && page->limit > 0) {
        const struct entry *entry = index->sorted.list[place];
        struct text key = entry_key(entry);
        if (!text_begins(key, page->prefix))
            break;
        if (entry->object == NULL) {
            place++;
            continue;
        }
        if (page->count == page->limit) {
            page->is_truncated = true;
            break;
        }
        if (has_common_prefix(page, key, &common)) {
            add_common_prefix(page, common);
            place = index_behind(index, common, true);
            last = common;
        } else {
            add_object(page, key, entry->object);
            place++;
            last = key;
        }
        page->count++;
    }
    buffer_add(&page->last, last);
}

/* What a client hands in to go on is where the last page ended, in a form that needs no escaping
   and that nobody takes for a key. */
static void add_token(struct buffer *document, struct text last)
{
    for (size_t at = 0; at < last.size; at++)
        buffer_format(document, "%02x", (unsigned char)last.start[at]);
}

static bool read_token(struct text token, struct buffer *after)
{
    if (token.size % 2 != 0)
        return false;
    for (size_t at = 0; at < token.size; at += 2) {
        int high = hexadecimal(token.start[at]), low = hexadecimal(token.start[at + 1]);
        if (high < 0 || low < 0)
            return false;
        *buffer_end(after, 1) = (char)(high * 16 + low);
        after->size++;
    }
    return true;
}

static void add_what_was_asked(struct page *page, const struct request *request)
{
    document_element(page->document, "Name", request->bucket);
    add_named(page, "Prefix", page->prefix);
    if (page->delimiter.size > 0)
        add_named(page, "Delimiter", page->delimiter);
    size_t most;
    limit_of(request, "max-keys", LONGEST_PAGE, &most);
    document_number(page->document, "MaxKeys", most);
    if (page->encodes_names)
        document_element(page->document, "EncodingType", text_of("url"));
}

static void add_second_versions_own(struct page *page, const struct request *request)
{
    struct text token = request_parameter(request, "continuation-token");
    struct text start = request_parameter(request, "start-after");
    if (text_is_there(token))
        document_element(page->document, "ContinuationToken", token);
    if (text_is_there(start))
        add_named(page, "StartAfter", start);
    document_number(page->document, "KeyCount", page->count);
    if (!page->is_truncated)
        return;
    buffer_say(page->document, "<NextContinuationToken>");
    add_token(page->document, buffer_text(&page->last));
    buffer_say(page->document, "</NextContinuationToken>");
}

static void add_first_versions_own(struct page *page, const struct request *request)
{
    add_named(page, "Marker", request_parameter(request, "marker"));
    /* As S3 has it; without a delimiter clients go on from the last key. */
    if (page->is_truncated && page->delimiter.size > 0)
        add_named(page, "NextMarker", buffer_text(&page->last));
}

static enum fault page_of(
    const struct request *request, bool is_second, struct buffer *token, struct page *page)
{
    page->prefix = request_parameter(request, "prefix");
    page->delimiter = request_parameter(request, "delimiter");
    page->after = request_parameter(request, is_second ? "start-after" : "marker");
    page->encodes_names = text_is(request_parameter(request, "encoding-type"), "url");
    page->tells_owner = !is_second || text_is(request_parameter(request, "fetch-owner"), "true");
    struct text continued = request_parameter(request, "continuation-token");
    if (is_second && text_is_there(continued)) {
        if (!read_token(continued, token))
            return INVALID_ARGUMENT;
        page->after = buffer_text(token);
    }
    return limit_of(request, "max-keys", LONGEST_PAGE, &page->limit) ? FINE : INVALID_ARGUMENT;
}

enum fault list_objects(struct exchange *exchange)
{
    const struct request *request = exchange->request;
    bool is_second = text_is(request_parameter(request, "list-type"), "2");
    struct buffer token = {0};
    struct page page = {0};
    enum fault fault = page_of(request, is_second, &token, &page);
    if (fault == FINE) {
        page.document = document_begin(exchange->answer, "ListBucketResult");
        add_what_was_asked(&page, request);
        bucket_begin_listing(exchange->bucket);
        fill(&page, &exchange->bucket->index);
        bucket_end_listing(exchange->bucket);
        buffer_add(page.document, buffer_text(&page.common));
        /* Last, because only now is it known; no reader of XML minds the order. */
        const char *truncated = page.is_truncated ? "true" : "false";
        document_element(page.document, "IsTruncated", text_of(truncated));
        if (is_second)
            add_second_versions_own(&page, request);
        else
            add_first_versions_own(&page, request);
        document_end(exchange->answer, "ListBucketResult");
    }
    buffer_free(&token);
    buffer_free(&page.last);
    buffer_free(&page.common);
    return fault;
}
