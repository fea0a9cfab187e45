#define _GNU_SOURCE
#include "request.h"

#include <string.h>

size_t request_head_size(const char *bytes, size_t size, size_t known)
{
    /* The end may have begun in the last three bytes seen before. */
    size_t from = known > 3 ? known - 3 : 0;
    const char *end = memmem(bytes + from, size - from, "\r\n\r\n", 4);
    return end != NULL ? (size_t)(end - bytes) + 4 : 0;
}

bool percent_decode(struct text *text, bool plus_is_space)
{
    /* Decoding makes nothing longer. The text is ours: it lies in the bytes of the request. */
    char *to = (char *)text->start;
    for (size_t at = 0; at < text->size; at++) {
        char letter = text->start[at];
        if (letter == '+' && plus_is_space) {
            letter = ' ';
        } else if (letter == '%') {
            if (at + 2 >= text->size)
                return false;
            int high = hexadecimal(text->start[at + 1]), low = hexadecimal(text->start[at + 2]);
            if (high < 0 || low < 0 || high + low == 0)
                return false;
            letter = (char)(high * 16 + low);
            at += 2;
        }
        *to++ = letter;
    }
    text->size = (size_t)(to - text->start);
    return true;
}

static bool parse_query(struct request *request, struct text query)
{
    struct text name, value;
    while (text_split(&query, '&', &value)) {
        if (value.size == 0)
            continue;
        text_split(&value, '=', &name);
        if (!text_is_there(value))
            value = text_after(name, name.size);
        if (request->parameter_count == MOST_PARAMETERS)
            return false;
        if (!percent_decode(&name, true) || !percent_decode(&value, true))
            return false;
        request->parameters[request->parameter_count++] = (struct pair){name, value};
    }
    return true;
}

static bool parse_target(struct request *request, struct text target)
{
    struct text path;
    if (text_begins(target, text_of("http://"))) {
        /* As one asks a proxy. */
        target = text_after(target, text_find(target, strlen("http://"), text_of("/")));
    }
    if (!text_begins(target, text_of("/")))
        return false;
    text_split(&target, '?', &path);
    path = text_after(path, 1);
    text_split(&path, '/', &request->bucket);
    request->key = text_is_there(path) ? path : text_after(request->bucket, request->bucket.size);
    if (!percent_decode(&request->bucket, false) || !percent_decode(&request->key, false))
        return false;
    return parse_query(request, target);
}

static bool parse_headers(struct request *request, struct text lines)
{
    struct text line, name;
    while (text_split(&lines, '\n', &line)) {
        line = text_trimmed(line);
        if (line.size == 0)
            continue;
        text_split(&line, ':', &name);
        if (!text_is_there(line) || request->header_count == MOST_HEADERS)
            return false;
        request->headers[request->header_count++] = (struct pair){name, text_trimmed(line)};
    }
    return true;
}

bool request_parse(struct request *request, char *head, size_t size)
{
    struct text rest = {head, size}, line, target;
    request->parameter_count = 0;
    request->header_count = 0;
    text_split(&rest, '\n', &line);
    line = text_trimmed(line);
    if (!text_split(&line, ' ', &request->method) || !text_split(&line, ' ', &target))
        return false;
    if (!text_begins(line, text_of("HTTP/1.")))
        return false;
    if (!parse_headers(request, rest) || !parse_target(request, target))
        return false;
    struct text connection = request_header(request, "connection");
    request->keeps_connection = text_is(line, "HTTP/1.0") ? text_is_name(connection, "keep-alive")
                                                          : !text_is_name(connection, "close");
    return true;
}

struct text request_header(const struct request *request, const char *name)
{
    for (size_t at = 0; at < request->header_count; at++) {
        if (text_is_name(request->headers[at].name, name))
            return request->headers[at].value;
    }
    return NO_TEXT;
}

struct text request_parameter(const struct request *request, const char *name)
{
    for (size_t at = 0; at < request->parameter_count; at++) {
        if (text_is(request->parameters[at].name, name))
            return request->parameters[at].value;
    }
    return NO_TEXT;
}
