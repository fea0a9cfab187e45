#include "operations.h"
#include "xml.h"

enum fault get_tags(struct exchange *exchange)
{
    struct object *object = bucket_get(exchange->bucket, exchange->request->key);
    if (object == NULL)
        return NO_SUCH_KEY;
    struct buffer *document = document_begin(exchange->answer, "Tagging");
    struct buffer words = {0};
    buffer_add(&words, object->portrait.tags);
    struct text rest = buffer_text(&words), name, value;
    object_release(object);
    buffer_say(document, "<TagSet>");
    while (text_split(&rest, '&', &value)) {
        text_split(&value, '=', &name);
        if (name.size == 0 || !percent_decode(&name, true) || !percent_decode(&value, true))
            continue;
        buffer_say(document, "<Tag>");
        document_element(document, "Key", name);
        document_element(document, "Value", value);
        buffer_say(document, "</Tag>");
    }
    buffer_say(document, "</TagSet>");
    document_end(exchange->answer, "Tagging");
    buffer_free(&words);
    return FINE;
}

/* The same object with other tags. */
static enum fault replace_tags(struct exchange *exchange, struct text tags)
{
    struct text key = exchange->request->key;
    for (;;) {
        struct object *object = bucket_get(exchange->bucket, key);
        if (object == NULL)
            return NO_SUCH_KEY;
        struct portrait portrait = object->portrait;
        portrait.tags = tags;
        struct object *tagged = object_new(content_hold(object->content), &portrait);
        struct conditions same = {.if_match = text_of(portrait.etag)};
        object_release(object);
        enum fault fault = bucket_put(exchange->bucket, key, tagged, &same);
        if (fault != FINE)
            object_release(tagged);
        /* Another has been put there meanwhile, and is the one that gets the tags. */
        if (fault != PRECONDITION_FAILED)
            return fault;
    }
}

enum fault put_tags(struct exchange *exchange)
{
    struct text rest = xml_first(body_text(exchange->body), "TagSet"), tag;
    struct buffer tags = {0}, words = {0};
    if (!text_is_there(rest))
        return MALFORMED_XML;
    while (xml_next(&rest, "Tag", &tag)) {
        buffer_say(&tags, tags.size > 0 ? "&" : "");
        buffer_clear(&words);
        xml_decode(xml_first(tag, "Key"), &words);
        buffer_percent(&tags, buffer_text(&words));
        buffer_say(&tags, "=");
        buffer_clear(&words);
        xml_decode(xml_first(tag, "Value"), &words);
        buffer_percent(&tags, buffer_text(&words));
    }
    enum fault fault = replace_tags(exchange, buffer_text(&tags));
    buffer_free(&tags);
    buffer_free(&words);
    return fault;
}

enum fault delete_tags(struct exchange *exchange)
{
    exchange->answer->status = 204;
    return replace_tags(exchange, NO_TEXT);
}
