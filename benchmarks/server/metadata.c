#include "metadata.h"

#include <stdbool.h>
#include <stddef.h>

static const char *const kept[] = {
    "Cache-Control", "Content-Disposition", "Content-Language", "Content-Type", "Expires",
};

static void add_line(struct buffer *lines, struct text name, struct text value)
{
    buffer_add(lines, name);
    buffer_say(lines, ": ");
    buffer_add(lines, value);
    buffer_say(lines, "\r\n");
}

/* Names of metadata come back in small letters, as they do from S3. */
static void add_metadata(struct buffer *lines, struct pair header)
{
    size_t begun = lines->size;
    add_line(lines, header.name, header.value);
    for (size_t at = begun; at < begun + header.name.size; at++) {
        char *letter = lines->start + at;
        if (*letter >= 'A' && *letter <= 'Z')
            *letter = (char)(*letter - 'A' + 'a');
    }
}

/* `aws-chunked` is how the body came, not what the object is. */
static void add_encoding(struct buffer *lines, struct text encodings)
{
    struct text one;
    bool has_begun = false;
    while (text_split(&encodings, ',', &one)) {
        one = text_trimmed(one);
        if (one.size == 0 || text_is_name(one, "aws-chunked"))
            continue;
        buffer_say(lines, has_begun ? "," : "Content-Encoding: ");
        buffer_add(lines, one);
        has_begun = true;
    }
    if (has_begun)
        buffer_say(lines, "\r\n");
}

void write_kept_headers(const struct request *request, struct buffer *lines)
{
    bool has_type = false;
    for (size_t at = 0; at < request->header_count; at++) {
        struct pair header = request->headers[at];
        if (text_begins_as_name(header.name, "x-amz-meta-"))
            add_metadata(lines, header);
        else if (text_is_name(header.name, "content-encoding"))
            add_encoding(lines, header.value);
        for (size_t which = 0; which < sizeof kept / sizeof kept[0]; which++) {
            if (text_is_name(header.name, kept[which]))
                add_line(lines, text_of(kept[which]), header.value);
        }
        has_type = has_type || text_is_name(header.name, "content-type");
    }
    if (!has_type)
        buffer_say(lines, "Content-Type: binary/octet-stream\r\n");
}
