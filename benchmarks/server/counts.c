#define _GNU_SOURCE
#include "counts.h"

#include <stdatomic.h>
#include <sys/resource.h>

static atomic_ullong counts[KIND_COUNT];

static const char *const names[KIND_COUNT] = {
    [PUT_OBJECT] = "put",
    [GET_OBJECT] = "get",
    [HEAD_OBJECT] = "head",
    [DELETE_OBJECT] = "delete",
    [LIST_OBJECTS] = "list",
    [DELETE_MANY] = "delete_many",
    [COPY] = "copy",
    [CREATE_UPLOAD] = "create_upload",
    [UPLOAD_PART] = "upload_part",
    [COMPLETE_UPLOAD] = "complete",
    [ABORT_UPLOAD] = "abort",
    [OTHER] = "other",
};

void count_request(enum kind kind)
{
    atomic_fetch_add_explicit(&counts[kind], 1, memory_order_relaxed);
}

void reset_counts(void)
{
    for (int kind = 0; kind < KIND_COUNT; kind++)
        atomic_store(&counts[kind], 0);
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

void write_counts(struct buffer *document)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    buffer_say(document, "{");
    for (int kind = 0; kind < KIND_COUNT; kind++)
        buffer_format(document, "\"%s\": %llu, ", names[kind], atomic_load(&counts[kind]));
    double used = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    buffer_format(document, "\"cpu\": %.6f}\n", used);
}
