/* The head of a request, taken apart. All texts in it point into the bytes it was received in. */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

enum { MOST_HEADERS = 100, MOST_PARAMETERS = 32 };

struct pair {
    struct text name;
    struct text value;
};

struct request {
    struct text method;
    /* Decoded; the bucket is empty for `/`, the key for `/bucket`. */
    struct text bucket;
    struct text key;
    bool keeps_connection;
    size_t parameter_count;
    size_t header_count;
    struct pair parameters[MOST_PARAMETERS];
    struct pair headers[MOST_HEADERS];
};

/* How many bytes of these the head has, with the empty line behind it; 0 if that is not there.
   The first `known` bytes have been looked at before. */
size_t request_head_size(const char *bytes, size_t size, size_t known);

/* Decodes in place, so it can be done once only; false if this is no request. */
bool request_parse(struct request *request, char *head, size_t size);

/* Not there: NO_TEXT. */
struct text request_header(const struct request *request, const char *name);
struct text request_parameter(const struct request *request, const char *name);

/* Decodes `%xx` in place, and `+` as a space if asked; false if a sequence is not complete or is
   that of a zero byte, which no name can have. */
bool percent_decode(struct text *text, bool plus_is_space);

#endif
