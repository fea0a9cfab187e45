#include "operations.h"

enum fault list_buckets(struct exchange *exchange)
{
    const char *root = "ListAllMyBucketsResult";
    struct buffer *document = document_begin(exchange->answer, root);
    buffer_say(document, "<Owner><ID>loadserver</ID></Owner><Buckets>");
    for (struct bucket *bucket = bucket_next(NULL); bucket; bucket = bucket_next(bucket)) {
        buffer_say(document, "<Bucket>");
        document_element(document, "Name", text_of(bucket->name));
        document_date(document, "CreationDate", bucket->created);
        buffer_say(document, "</Bucket>");
    }
    buffer_say(document, "</Buckets>");
    document_end(exchange->answer, root);
    return FINE;
}

enum fault create_bucket(struct exchange *exchange)
{
    return bucket_create(exchange->request->bucket) ? FINE : INVALID_BUCKET_NAME;
}

enum fault head_bucket(struct exchange *exchange)
{
    answer_header(exchange->answer, "x-amz-bucket-region", text_of("us-east-1"));
    return FINE;
}

enum fault delete_bucket(struct exchange *exchange)
{
    exchange->answer->status = 204;
    return bucket_delete(exchange->bucket);
}

struct setting {
    const char *parameter;
    /* What it is, or the fault that says there is none. */
    const char *root;
    const char *value;
    enum fault fault;
};

static const struct setting settings[] = {
    {"accelerate", "AccelerateConfiguration", "", FINE},
    {"acl", "AccessControlPolicy",
     "<Owner><ID>loadserver</ID></Owner><AccessControlList><Grant>"
     "<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\">"
     "<ID>loadserver</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>"
     "</AccessControlList>",
     FINE},
    {"cors", NULL, NULL, NO_SUCH_CORS},
    {"encryption", NULL, NULL, NO_SUCH_ENCRYPTION},
    {"lifecycle", NULL, NULL, NO_SUCH_LIFECYCLE},
    {"location", "LocationConstraint", "", FINE},
    {"logging", "BucketLoggingStatus", "", FINE},
    {"notification", "NotificationConfiguration", "", FINE},
    {"object-lock", NULL, NULL, NO_SUCH_LOCK},
    {"ownershipControls", NULL, NULL, NO_SUCH_OWNERSHIP},
    {"policy", NULL, NULL, NO_SUCH_BUCKET_POLICY},
    {"publicAccessBlock", NULL, NULL, NO_SUCH_PUBLIC_ACCESS},
    {"replication", NULL, NULL, NO_SUCH_REPLICATION},
    {"requestPayment", "RequestPaymentConfiguration", "<Payer>BucketOwner</Payer>", FINE},
    {"tagging", NULL, NULL, NO_SUCH_TAGS},
    {"versioning", "VersioningConfiguration", "", FINE},
    {"website", NULL, NULL, NO_SUCH_WEBSITE},
};

static const struct setting *setting_of(const struct request *request)
{
    for (size_t at = 0; at < sizeof settings / sizeof settings[0]; at++) {
        if (text_is_there(request_parameter(request, settings[at].parameter)))
            return &settings[at];
    }
    return NULL;
}

bool is_about_setting(const struct request *request)
{
    return request->parameter_count > 0 && setting_of(request) != NULL;
}

enum fault get_setting(struct exchange *exchange)
{
    const struct setting *setting = setting_of(exchange->request);
    if (setting == NULL || setting->fault != FINE)
        return setting != NULL ? setting->fault : NOT_IMPLEMENTED;
    buffer_say(document_begin(exchange->answer, setting->root), setting->value);
    document_end(exchange->answer, setting->root);
    return FINE;
}
