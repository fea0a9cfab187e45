/* What can be answered instead of what was asked for. */
#ifndef FAULTS_H
#define FAULTS_H

enum fault {
    FINE,
    BAD_DIGEST,
    BAD_REQUEST,
    BUCKET_NOT_EMPTY,
    ENTITY_TOO_LARGE,
    INCOMPLETE_BODY,
    INTERNAL_ERROR,
    INVALID_ARGUMENT,
    INVALID_BUCKET_NAME,
    INVALID_PART,
    INVALID_PART_ORDER,
    INVALID_RANGE,
    KEY_TOO_LONG,
    MALFORMED_XML,
    METHOD_NOT_ALLOWED,
    NOT_IMPLEMENTED,
    NOT_MODIFIED,
    NO_SUCH_BUCKET,
    NO_SUCH_BUCKET_POLICY,
    NO_SUCH_CORS,
    NO_SUCH_ENCRYPTION,
    NO_SUCH_KEY,
    NO_SUCH_LIFECYCLE,
    NO_SUCH_LOCK,
    NO_SUCH_OWNERSHIP,
    NO_SUCH_PUBLIC_ACCESS,
    NO_SUCH_REPLICATION,
    NO_SUCH_TAGS,
    NO_SUCH_UPLOAD,
    NO_SUCH_WEBSITE,
    PRECONDITION_FAILED,
};

struct explanation {
    int status;
    const char *code;
    const char *message;
};

const struct explanation *explained(enum fault fault);

#endif
