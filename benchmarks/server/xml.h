/* As much of XML as clients of S3 write: elements in elements, and entities. */
#ifndef XML_H
#define XML_H

#include <stdbool.h>

#include "buffer.h"
#include "text.h"

/* What stands inside the next element of that name, after which `rest` goes on; false if there is
   none. No element may hold another of its own name. */
bool xml_next(struct text *rest, const char *name, struct text *inside);

/* What stands inside the first one; NO_TEXT if there is none. */
struct text xml_first(struct text document, const char *name);

/* With entities read, put at the end of `buffer`. */
void xml_decode(struct text text, struct buffer *buffer);

#endif
