#define _GNU_SOURCE
#include "object.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "allocation.h"

static struct text copied(char *to, struct text text)
{
    if (text.size > 0)
        memcpy(to, text.start, text.size);
    return (struct text){to, text.size};
}

struct object *object_new(struct content *content, const struct portrait *portrait)
{
    size_t words = portrait->headers.size + portrait->tags.size;
    struct object *object = allocated(sizeof *object + words);
    atomic_init(&object->holders, 1);
    object->content = content;
    object->portrait = *portrait;
    object->portrait.headers = copied(object->words, portrait->headers);
    object->portrait.tags = copied(object->words + portrait->headers.size, portrait->tags);
    return object;
}

struct object *object_hold(struct object *object)
{
    atomic_fetch_add_explicit(&object->holders, 1, memory_order_relaxed);
    return object;
}

void object_release(struct object *object)
{
    if (object == NULL || atomic_fetch_sub(&object->holders, 1) > 1)
        return;
    content_release(object->content);
    free(object);
}

unsigned object_tag_count(const struct object *object)
{
    struct text rest = object->portrait.tags, tag;
    unsigned count = 0;
    while (text_split(&rest, '&', &tag))
        count += tag.size > 0;
    return count;
}

int64_t now_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
