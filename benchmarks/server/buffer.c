#include "buffer.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocation.h"

void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->start);
    *buffer = (struct buffer){0};
}

char *buffer_end(struct buffer *buffer, size_t more)
{
    if (buffer->size + more > buffer->room) {
        buffer->room = (buffer->size + more) * 2;
        buffer->start = reallocated(buffer->start, buffer->room);
    }
    return buffer->start + buffer->size;
}

void buffer_add(struct buffer *buffer, struct text text)
{
    if (text.size == 0)
        return;
    memcpy(buffer_end(buffer, text.size), text.start, text.size);
    buffer->size += text.size;
}

void buffer_say(struct buffer *buffer, const char *words)
{
    buffer_add(buffer, text_of(words));
}

void buffer_number(struct buffer *buffer, uint64_t number)
{
    char digits[20];
    size_t first = sizeof digits;
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    buffer_add(buffer, (struct text){digits + first, sizeof digits - first});
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int size = vsnprintf(NULL, 0, format, values);
    va_end(values);
    char *end = buffer_end(buffer, (size_t)size + 1);
    va_start(values, format);
    vsnprintf(end, (size_t)size + 1, format, values);
    va_end(values);
    buffer->size += (size_t)size;
}

static const char *entity(char letter)
{
    switch (letter) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\r':
        /* A parser would make a line feed of it. */
        return "&#13;";
    default:
        return NULL;
    }
}

void buffer_xml(struct buffer *buffer, struct text text)
{
    size_t begun = 0;
    for (size_t at = 0; at < text.size; at++) {
        const char *instead = entity(text.start[at]);
        if (instead == NULL)
            continue;
        buffer_add(buffer, (struct text){text.start + begun, at - begun});
        buffer_say(buffer, instead);
        begun = at + 1;
    }
    buffer_add(buffer, text_after(text, begun));
}

static bool is_plain(char letter)
{
    if ((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z'))
        return true;
    return (letter >= '0' && letter <= '9') || (letter != 0 && strchr("-._~/", letter) != NULL);
}

void buffer_percent(struct buffer *buffer, struct text text)
{
    static const char digits[] = "0123456789ABCDEF";
    char *end = buffer_end(buffer, text.size * 3), *first = end;
    for (size_t at = 0; at < text.size; at++) {
        unsigned char letter = (unsigned char)text.start[at];
        if (is_plain((char)letter)) {
            *end++ = (char)letter;
            continue;
        }
        *end++ = '%';
        *end++ = digits[letter >> 4];
        *end++ = digits[letter & 15];
    }
    buffer->size += (size_t)(end - first);
}

struct text buffer_text(const struct buffer *buffer)
{
    return (struct text){buffer->start, buffer->size};
}
