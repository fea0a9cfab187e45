#define _GNU_SOURCE
#include "text.h"

#include <string.h>
#include <strings.h>

struct text text_of(const char *words)
{
    return (struct text){words, strlen(words)};
}

bool text_is_there(struct text text)
{
    return text.start != NULL;
}

bool text_equals(struct text text, struct text other)
{
    if (text.size != other.size)
        return false;
    return text.size == 0 || memcmp(text.start, other.start, text.size) == 0;
}

bool text_is(struct text text, const char *words)
{
    return text_equals(text, text_of(words));
}

bool text_is_name(struct text text, const char *name)
{
    return text.size == strlen(name) && text_begins_as_name(text, name);
}

bool text_begins_as_name(struct text text, const char *name)
{
    size_t size = strlen(name);
    return text.size >= size && (size == 0 || strncasecmp(text.start, name, size) == 0);
}

bool text_begins(struct text text, struct text beginning)
{
    if (beginning.size == 0)
        return true;
    return text.size >= beginning.size && !memcmp(text.start, beginning.start, beginning.size);
}

int text_compare(struct text text, struct text other)
{
    size_t shared = text.size < other.size ? text.size : other.size;
    int order = shared > 0 ? memcmp(text.start, other.start, shared) : 0;
    if (order != 0)
        return order;
    return (text.size > other.size) - (text.size < other.size);
}

size_t text_find(struct text text, size_t from, struct text part)
{
    if (from >= text.size || part.size == 0)
        return text.size;
    const char *found = memmem(text.start + from, text.size - from, part.start, part.size);
    return found != NULL ? (size_t)(found - text.start) : text.size;
}

struct text text_after(struct text text, size_t from)
{
    if (from > text.size)
        from = text.size;
    return (struct text){text.start + from, text.size - from};
}

static bool is_blank(char letter)
{
    return letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n';
}

struct text text_trimmed(struct text text)
{
    while (text.size > 0 && is_blank(text.start[0]))
        text = text_after(text, 1);
    while (text.size > 0 && is_blank(text.start[text.size - 1]))
        text.size--;
    return text;
}

bool text_split(struct text *rest, char separator, struct text *first)
{
    if (!text_is_there(*rest))
        return false;
    const char *end = rest->size > 0 ? memchr(rest->start, separator, rest->size) : NULL;
    if (end == NULL) {
        *first = *rest;
        *rest = NO_TEXT;
        return true;
    }
    *first = (struct text){rest->start, (size_t)(end - rest->start)};
    *rest = text_after(*rest, first->size + 1);
    return true;
}

bool text_number(struct text text, uint64_t *number)
{
    if (text.size == 0 || text.size > 18)
        return false;
    uint64_t value = 0;
    for (size_t at = 0; at < text.size; at++) {
        if (text.start[at] < '0' || text.start[at] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.start[at] - '0');
    }
    *number = value;
    return true;
}

int hexadecimal(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}
