#include "counts.h"
#include "operations.h"

enum fault control(struct exchange *exchange)
{
    const struct request *request = exchange->request;
    struct answer *answer = exchange->answer;
    if (text_is(request->method, "GET") && text_is(request->key, "counts")) {
        write_counts(&answer->document);
        answer_header(answer, "Content-Type", text_of("application/json"));
        return FINE;
    }
    if (!text_is(request->method, "POST"))
        return METHOD_NOT_ALLOWED;
    if (text_is(request->key, "reset")) {
        reset_counts();
    } else if (text_is(request->key, "clear")) {
        uploads_clear();
        for (struct bucket *bucket = bucket_next(NULL); bucket; bucket = bucket_next(bucket))
            bucket_clear(bucket);
    } else {
        return NOT_IMPLEMENTED;
    }
    answer->status = 204;
    return FINE;
}
