/* The headers of an upload that are kept and told again. */
#ifndef METADATA_H
#define METADATA_H

#include "buffer.h"
#include "request.h"

/* Lines, each with its end, as they are sent with the object. */
void write_kept_headers(const struct request *request, struct buffer *lines);

#endif
