#include "faults.h"

static const struct explanation explanations[] = {
    [FINE] = {200, "", ""},
    [BAD_DIGEST] = {400, "BadDigest", "The body is not that of the MD5 that came with it."},
    [BAD_REQUEST] = {400, "InvalidRequest", "This is no request that can be understood."},
    [BUCKET_NOT_EMPTY] = {409, "BucketNotEmpty", "The bucket holds objects."},
    [ENTITY_TOO_LARGE] = {400, "EntityTooLarge", "A single body has at most 5 GiB."},
    [INCOMPLETE_BODY] = {400, "IncompleteBody", "The body is not as long as it was said to be."},
    [INTERNAL_ERROR] = {500, "InternalError", "The server has no memory left."},
    [INVALID_ARGUMENT] = {400, "InvalidArgument", "An argument of the request is not valid."},
    [INVALID_BUCKET_NAME] = {400, "InvalidBucketName", "No bucket can have this name."},
    [INVALID_PART] = {400, "InvalidPart", "A part is not there, or has another ETag."},
    [INVALID_PART_ORDER] = {400, "InvalidPartOrder", "The parts are not in ascending order."},
    [INVALID_RANGE] = {416, "InvalidRange", "The range begins behind the end of the object."},
    [KEY_TOO_LONG] = {400, "KeyTooLongError", "A key has at most 1024 bytes."},
    [MALFORMED_XML] = {400, "MalformedXML", "The document is not what it should be."},
    [METHOD_NOT_ALLOWED] = {405, "MethodNotAllowed", "There is no such method here."},
    [NOT_IMPLEMENTED] = {501, "NotImplemented", "This server has no such function."},
    [NOT_MODIFIED] = {304, "NotModified", "You have this version already."},
    [NO_SUCH_BUCKET] = {404, "NoSuchBucket", "There is no bucket of this name."},
    [NO_SUCH_BUCKET_POLICY] = {404, "NoSuchBucketPolicy", "The bucket has no policy."},
    [NO_SUCH_CORS] = {404, "NoSuchCORSConfiguration", "The bucket has no rules for other sites."},
    [NO_SUCH_ENCRYPTION] =
        {404, "ServerSideEncryptionConfigurationNotFoundError", "The bucket encrypts nothing."},
    [NO_SUCH_KEY] = {404, "NoSuchKey", "There is no object under this key."},
    [NO_SUCH_LIFECYCLE] =
        {404, "NoSuchLifecycleConfiguration", "The bucket has no rules of lifecycle."},
    [NO_SUCH_LOCK] =
        {404, "ObjectLockConfigurationNotFoundError", "The bucket locks no objects."},
    [NO_SUCH_OWNERSHIP] =
        {404, "OwnershipControlsNotFoundError", "The bucket has no rules of ownership."},
    [NO_SUCH_PUBLIC_ACCESS] =
        {404, "NoSuchPublicAccessBlockConfiguration", "The bucket has no rules of public access."},
    [NO_SUCH_REPLICATION] =
        {404, "ReplicationConfigurationNotFoundError", "The bucket is not replicated."},
    [NO_SUCH_TAGS] = {404, "NoSuchTagSet", "The bucket has no tags."},
    [NO_SUCH_UPLOAD] = {404, "NoSuchUpload", "There is no upload of this id."},
    [NO_SUCH_WEBSITE] = {404, "NoSuchWebsiteConfiguration", "The bucket is no website."},
    [PRECONDITION_FAILED] = {412, "PreconditionFailed", "A condition of yours is not met."},
};

const struct explanation *explained(enum fault fault)
{
    return &explanations[fault];
}
