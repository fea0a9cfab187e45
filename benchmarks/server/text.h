/* Pieces of text that belong to somebody else: a request is read where it was received. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    /* NULL for a text that is not there, as opposed to an empty one. */
    const char *start;
    size_t size;
};

#define NO_TEXT ((struct text){NULL, 0})

struct text text_of(const char *words);
bool text_is_there(struct text text);
bool text_equals(struct text text, struct text other);
bool text_is(struct text text, const char *words);

/* Whatever the case of the letters, as names in HTTP are compared. */
bool text_is_name(struct text text, const char *name);
bool text_begins_as_name(struct text text, const char *name);

bool text_begins(struct text text, struct text beginning);

/* By bytes, as S3 sorts keys: below, at or above 0. */
int text_compare(struct text text, struct text other);

/* Where `part` stands in it from `from` on; its size if it does not. An empty part is nowhere. */
size_t text_find(struct text text, size_t from, struct text part);

struct text text_after(struct text text, size_t from);
struct text text_trimmed(struct text text);

/* Splits what stands before the next `separator` off the front of `rest`; false at its end. */
bool text_split(struct text *rest, char separator, struct text *first);

/* Only digits, and not too many of them. */
bool text_number(struct text text, uint64_t *number);

/* The value of a hexadecimal digit, -1 if it is none. */
int hexadecimal(char digit);

#endif
