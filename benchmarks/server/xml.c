#include "xml.h"

#include <stdint.h>
#include <string.h>

/* Where the tag that begins with these letters stands, and nothing longer does. */
static size_t find_tag(struct text document, const char *beginning)
{
    struct text sought = text_of(beginning);
    for (size_t at = 0;; at += sought.size) {
        at = text_find(document, at, sought);
        if (at + sought.size >= document.size)
            return document.size;
        if (strchr("> /\t\r\n", document.start[at + sought.size]) != NULL)
            return at;
    }
}

bool xml_next(struct text *rest, const char *name, struct text *inside)
{
    char opening[40] = "<", closing[40] = "</";
    strncat(opening, name, sizeof opening - 2);
    strncat(closing, name, sizeof closing - 3);
    struct text from = text_after(*rest, find_tag(*rest, opening));
    if (from.size == 0)
        return false;
    size_t end_of_tag = text_find(from, 0, text_of(">"));
    if (end_of_tag == from.size)
        return false;
    struct text behind = text_after(from, end_of_tag + 1);
    if (from.start[end_of_tag - 1] == '/') {
        *inside = (struct text){behind.start, 0};
        *rest = behind;
        return true;
    }
    size_t end = find_tag(behind, closing);
    if (end == behind.size)
        return false;
    *inside = (struct text){behind.start, end};
    *rest = text_after(behind, end + strlen(closing));
    return true;
}

struct text xml_first(struct text document, const char *name)
{
    struct text inside;
    return xml_next(&document, name, &inside) ? inside : NO_TEXT;
}

static void add_utf8(struct buffer *buffer, uint32_t point)
{
    unsigned char *end = (unsigned char *)buffer_end(buffer, 4);
    if (point < 0x80) {
        *end++ = (unsigned char)point;
    } else if (point < 0x800) {
        *end++ = (unsigned char)(0xc0 | point >> 6);
        *end++ = (unsigned char)(0x80 | (point & 63));
    } else if (point < 0x10000) {
        *end++ = (unsigned char)(0xe0 | point >> 12);
        *end++ = (unsigned char)(0x80 | (point >> 6 & 63));
        *end++ = (unsigned char)(0x80 | (point & 63));
    } else {
        *end++ = (unsigned char)(0xf0 | (point >> 18 & 7));
        *end++ = (unsigned char)(0x80 | (point >> 12 & 63));
        *end++ = (unsigned char)(0x80 | (point >> 6 & 63));
        *end++ = (unsigned char)(0x80 | (point & 63));
    }
    buffer->size = (size_t)((char *)end - buffer->start);
}

/* `#13` or `#xd`. */
static uint32_t number_of(struct text name)
{
    uint32_t base = name.size > 1 && name.start[1] == 'x' ? 16 : 10, number = 0;
    for (size_t at = base == 16 ? 2 : 1; at < name.size; at++) {
        int digit = hexadecimal(name.start[at]);
        number = number * base + (digit < 0 ? 0 : (uint32_t)digit);
    }
    return number;
}

static void decode_entity(struct text name, struct buffer *buffer)
{
    static const struct {
        const char *name;
        const char *meaning;
    } entities[] = {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}};
    if (name.size > 0 && name.start[0] == '#') {
        add_utf8(buffer, number_of(name));
        return;
    }
    for (size_t at = 0; at < sizeof entities / sizeof entities[0]; at++) {
        if (text_is(name, entities[at].name))
            buffer_say(buffer, entities[at].meaning);
    }
}

void xml_decode(struct text text, struct buffer *buffer)
{
    for (size_t at = 0; at < text.size;) {
        size_t next = text_find(text, at, text_of("&"));
        buffer_add(buffer, (struct text){text.start + at, next - at});
        if (next == text.size)
            return;
        size_t end = text_find(text, next, text_of(";"));
        decode_entity((struct text){text.start + next + 1, end - next - 1}, buffer);
        at = end + 1;
    }
}
