/* Bytes of objects. They are received into memory that is shared from then on and never copied:
   a content is a list of pieces of such memory, so that parts of an upload become an object, and
   objects become copies, without a byte being moved. */
#ifndef CONTENT_H
#define CONTENT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "md5.h"
#include "memory.h"

struct piece {
    struct memory *memory;
    size_t offset;
    size_t size;
};

struct content {
    atomic_uint holders;
    uint64_t size;
    size_t count;
    struct piece pieces[];
};

/* The first bytes of this memory, which is handed over; it may be NULL if these are none. */
struct content *content_new(struct memory *memory, size_t size);
struct content *content_slice(const struct content *content, uint64_t from, uint64_t size);
struct content *content_joined(struct content *const *parts, size_t count);
struct content *content_hold(struct content *content);
void content_release(struct content *content);

/* Where the bytes from `from` on lie, `size` at most; answers how many of `vectors` are filled. */
size_t content_vectors(
    const struct content *content, uint64_t from, uint64_t size, struct iovec *vectors,
    size_t most);

void content_digest(const struct content *content, unsigned char digest[MD5_SIZE]);

#endif
