/* Text that grows: documents and heads of answers are written into it. */
#ifndef BUFFER_H
#define BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "text.h"

/* All zero is an empty one. */
struct buffer {
    char *start;
    size_t size;
    size_t room;
};

/* Empties it and keeps its memory: a connection writes one answer after the other. */
void buffer_clear(struct buffer *buffer);
void buffer_free(struct buffer *buffer);

/* Where this many bytes can be written; `size` grows by what the caller adds to it. */
char *buffer_end(struct buffer *buffer, size_t more);

void buffer_add(struct buffer *buffer, struct text text);
void buffer_say(struct buffer *buffer, const char *words);
void buffer_number(struct buffer *buffer, uint64_t number);
void buffer_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* With what is special in XML written as entities. */
void buffer_xml(struct buffer *buffer, struct text text);

/* With everything but letters, digits and `-._~/` percent-encoded. */
void buffer_percent(struct buffer *buffer, struct text text);

struct text buffer_text(const struct buffer *buffer);

#endif
