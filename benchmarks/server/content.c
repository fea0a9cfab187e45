#include "content.h"

#include <stdlib.h>

#include "allocation.h"

static struct content *content_with_room(size_t count)
{
    struct content *content = allocated(sizeof *content + count * sizeof content->pieces[0]);
    atomic_init(&content->holders, 1);
    content->size = 0;
    content->count = 0;
    return content;
}

static void add_piece(struct content *content, struct memory *memory, size_t offset, size_t size)
{
    content->pieces[content->count++] = (struct piece){memory, offset, size};
    content->size += size;
}

struct content *content_new(struct memory *memory, size_t size)
{
    struct content *content = content_with_room(1);
    if (size > 0)
        add_piece(content, memory, 0, size);
    else
        memory_release(memory);
    return content;
}

struct content *content_slice(const struct content *content, uint64_t from, uint64_t size)
{
    struct content *slice = content_with_room(content->count);
    for (size_t at = 0; at < content->count && size > 0; at++) {
        const struct piece *piece = &content->pieces[at];
        if (from >= piece->size) {
            from -= piece->size;
            continue;
        }
        size_t taken = piece->size - from < size ? piece->size - from : size;
        add_piece(slice, memory_hold(piece->memory), piece->offset + from, taken);
        size -= taken;
        from = 0;
    }
    return slice;
}

struct content *content_joined(struct content *const *parts, size_t count)
{
    size_t pieces = 0;
    for (size_t part = 0; part < count; part++)
        pieces += parts[part]->count;
    struct content *content = content_with_room(pieces);
    for (size_t part = 0; part < count; part++) {
        for (size_t at = 0; at < parts[part]->count; at++) {
            const struct piece *piece = &parts[part]->pieces[at];
            add_piece(content, memory_hold(piece->memory), piece->offset, piece->size);
        }
    }
    return content;
}

struct content *content_hold(struct content *content)
{
    atomic_fetch_add_explicit(&content->holders, 1, memory_order_relaxed);
    return content;
}

void content_release(struct content *content)
{
    if (content == NULL || atomic_fetch_sub(&content->holders, 1) > 1)
        return;
    for (size_t at = 0; at < content->count; at++)
        memory_release(content->pieces[at].memory);
    free(content);
}

size_t content_vectors(
    const struct content *content, uint64_t from, uint64_t size, struct iovec *vectors,
    size_t most)
{
    size_t filled = 0;
    for (size_t at = 0; at < content->count && size > 0 && filled < most; at++) {
        const struct piece *piece = &content->pieces[at];
        if (from >= piece->size) {
            from -= piece->size;
            continue;
        }
        size_t taken = piece->size - from < size ? piece->size - from : size;
        vectors[filled++] = (struct iovec){piece->memory->bytes + piece->offset + from, taken};
        size -= taken;
        from = 0;
    }
    return filled;
}

void content_digest(const struct content *content, unsigned char digest[MD5_SIZE])
{
    struct md5 sum;
    md5_begin(&sum);
    for (size_t at = 0; at < content->count; at++) {
        const struct piece *piece = &content->pieces[at];
        md5_add(&sum, piece->memory->bytes + piece->offset, piece->size);
    }
    md5_end(&sum, digest);
}
