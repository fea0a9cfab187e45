#include "operations.h"

#include "counts.h"

struct route {
    const char *method;
    /* Only with this in the query, where it is not NULL. */
    const char *parameter;
    /* Only with this header. */
    const char *header;
    enum kind kind;
    enum fault (*operation)(struct exchange *exchange);
};

/* The first that fits is taken. */
static const struct route routes_of_buckets[] = {
    {"POST", "delete", NULL, DELETE_MANY, delete_many},
    {"GET", "uploads", NULL, OTHER, list_uploads},
    {"GET", NULL, NULL, LIST_OBJECTS, list_objects},
    {"HEAD", NULL, NULL, OTHER, head_bucket},
    {"DELETE", NULL, NULL, OTHER, delete_bucket},
    {NULL, NULL, NULL, OTHER, NULL},
};

static const struct route routes_of_objects[] = {
    {"PUT", "partNumber", "x-amz-copy-source", COPY, copy_part},
    {"PUT", "partNumber", NULL, UPLOAD_PART, put_part},
    {"PUT", "tagging", NULL, OTHER, put_tags},
    {"PUT", NULL, "x-amz-copy-source", COPY, copy_object},
    {"PUT", NULL, NULL, PUT_OBJECT, put_object},
    {"GET", "uploadId", NULL, OTHER, list_parts},
    {"GET", "tagging", NULL, OTHER, get_tags},
    {"GET", NULL, NULL, GET_OBJECT, send_object},
    {"HEAD", NULL, NULL, HEAD_OBJECT, send_object},
    {"DELETE", "uploadId", NULL, ABORT_UPLOAD, abort_upload},
    {"DELETE", "tagging", NULL, OTHER, delete_tags},
    {"DELETE", NULL, NULL, DELETE_OBJECT, delete_object},
    {"POST", "uploads", NULL, CREATE_UPLOAD, create_upload},
    {"POST", "uploadId", NULL, COMPLETE_UPLOAD, complete_upload},
    {NULL, NULL, NULL, OTHER, NULL},
};

/* What makes another operation of a request. One that has a route is taken before these are looked
   at; of all others it is better to say so than to do something else. */
static const char *const unknown_subresources[] = {
    "accelerate", "acl", "analytics", "append", "attributes", "cors", "encryption", "inventory",
    "intelligent-tiering", "legal-hold", "lifecycle", "location", "logging", "metrics",
    "notification", "object-lock", "ownershipControls", "partNumber", "policy", "policyStatus",
    "publicAccessBlock", "renameObject", "replication", "requestPayment", "restore", "retention",
    "select", "session", "tagging", "torrent", "uploadId", "uploads", "versioning", "versions",
    "website",
};

static bool has(const struct request *request, const char *parameter)
{
    return text_is_there(request_parameter(request, parameter));
}

static bool is_unknown(const struct request *request)
{
    /* Without versions there is one of each object, and its name is `null`. */
    if (has(request, "versionId") && !text_is(request_parameter(request, "versionId"), "null"))
        return true;
    size_t count = sizeof unknown_subresources / sizeof unknown_subresources[0];
    for (size_t at = 0; at < count; at++) {
        if (has(request, unknown_subresources[at]))
            return true;
    }
    return false;
}

static enum fault routed(
    struct exchange *exchange, const struct route *route, enum kind *kind)
{
    const struct request *request = exchange->request;
    bool unknown = request->parameter_count > 0 && is_unknown(request);
    for (; route->method != NULL; route++) {
        if (!text_is(request->method, route->method))
            continue;
        if (route->parameter != NULL ? !has(request, route->parameter) : unknown)
            continue;
        if (route->header != NULL && !text_is_there(request_header(request, route->header)))
            continue;
        *kind = route->kind;
        return route->operation(exchange);
    }
    return unknown ? NOT_IMPLEMENTED : METHOD_NOT_ALLOWED;
}

static enum fault operated(struct exchange *exchange, enum kind *kind)
{
    const struct request *request = exchange->request;
    if (request->bucket.size == 0)
        return text_is(request->method, "GET") ? list_buckets(exchange) : METHOD_NOT_ALLOWED;
    if (request->key.size == 0 && text_is(request->method, "PUT") && !is_unknown(request))
        return create_bucket(exchange);
    exchange->bucket = bucket_named(request->bucket);
    if (exchange->bucket == NULL)
        return NO_SUCH_BUCKET;
    if (request->key.size > 1024)
        return KEY_TOO_LONG;
    if (request->key.size > 0)
        return routed(exchange, routes_of_objects, kind);
    if (text_is(request->method, "GET") && is_about_setting(request))
        return get_setting(exchange);
    return routed(exchange, routes_of_buckets, kind);
}

void operate(const struct request *request, struct body *body, struct answer *answer)
{
    struct exchange exchange = {.request = request, .body = body, .answer = answer};
    if (text_is(request->bucket, "-")) {
        enum fault fault = control(&exchange);
        if (fault != FINE)
            answer_fault(answer, request, fault);
        return;
    }
    enum kind kind = OTHER;
    enum fault fault = body_verdict(body);
    if (fault == FINE)
        fault = operated(&exchange, &kind);
    count_request(kind);
    if (fault != FINE)
        answer_fault(answer, request, fault);
}

struct conditions conditions_of(const struct request *request)
{
    return (struct conditions){
        request_header(request, "if-match"), request_header(request, "if-none-match")};
}

struct upload_name upload_name_of(const struct exchange *exchange)
{
    const struct request *request = exchange->request;
    struct text id = request_parameter(request, "uploadId");
    return (struct upload_name){exchange->bucket, request->key, id};
}

bool body_digest(struct exchange *exchange, unsigned char digest[MD5_SIZE])
{
    char words[MD5_WORDS + 1];
    md5_end(&exchange->body->digest, digest);
    struct text promised = request_header(exchange->request, "content-md5");
    md5_in_words(digest, words);
    return !text_is_there(promised) || text_is(text_trimmed(promised), words);
}

size_t part_number_of(const struct request *request)
{
    uint64_t number;
    if (!text_number(request_parameter(request, "partNumber"), &number))
        return 0;
    return number <= MOST_PARTS ? (size_t)number : 0;
}

bool limit_of(const struct request *request, const char *name, size_t most, size_t *limit)
{
    struct text given = request_parameter(request, name);
    uint64_t number;
    *limit = most;
    if (given.size == 0)
        return true;
    if (!text_number(given, &number))
        return false;
    if (number < most)
        *limit = (size_t)number;
    return true;
}
