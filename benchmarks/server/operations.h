/* What each request does. A function for each operation of S3 writes into the answer, or tells
   the fault that is answered instead. */
#ifndef OPERATIONS_H
#define OPERATIONS_H

#include "answer.h"
#include "body.h"
#include "bucket.h"
#include "faults.h"
#include "request.h"
#include "uploads.h"

struct exchange {
    const struct request *request;
    struct body *body;
    struct answer *answer;
    /* Of every operation on a bucket or an object, except the creation of a bucket. */
    struct bucket *bucket;
};

/* Answers a request whose body has arrived. */
void operate(const struct request *request, struct body *body, struct answer *answer);

/* control.c: what benchmarks ask this server for, below `/-/`. */
enum fault control(struct exchange *exchange);

/* bucket_operations.c */
enum fault list_buckets(struct exchange *exchange);
enum fault create_bucket(struct exchange *exchange);
enum fault head_bucket(struct exchange *exchange);
enum fault delete_bucket(struct exchange *exchange);

/* Whether the request asks for a setting of the bucket, of which each has one value here. */
bool is_about_setting(const struct request *request);
enum fault get_setting(struct exchange *exchange);

/* listing.c */
enum fault list_objects(struct exchange *exchange);

/* object_operations.c */
enum fault put_object(struct exchange *exchange);
enum fault delete_object(struct exchange *exchange);
enum fault delete_many(struct exchange *exchange);

/* sending.c, for GET and HEAD. */
enum fault send_object(struct exchange *exchange);

/* copying.c */
enum fault copy_object(struct exchange *exchange);
enum fault copy_part(struct exchange *exchange);

/* tagging.c */
enum fault get_tags(struct exchange *exchange);
enum fault put_tags(struct exchange *exchange);
enum fault delete_tags(struct exchange *exchange);

/* upload_operations.c */
enum fault create_upload(struct exchange *exchange);
enum fault put_part(struct exchange *exchange);
enum fault complete_upload(struct exchange *exchange);
enum fault abort_upload(struct exchange *exchange);

/* upload_listings.c */
enum fault list_parts(struct exchange *exchange);
enum fault list_uploads(struct exchange *exchange);

/* What several of them need. */
struct conditions conditions_of(const struct request *request);
struct upload_name upload_name_of(const struct exchange *exchange);

/* The MD5 of the body; false if another one came with it. */
bool body_digest(struct exchange *exchange, unsigned char digest[MD5_SIZE]);

/* The number in `partNumber`; 0 if it is none that a part can have. */
size_t part_number_of(const struct request *request);

/* A number in the query, at most `most`; that is what it is where it is not given. False if
   something else is given. */
bool limit_of(const struct request *request, const char *name, size_t most, size_t *limit);

#endif
