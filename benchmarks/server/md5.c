#include "md5.h"

#include <string.h>

/* The four functions of the RFC. F and G are written with one operation less than there, and G as
   a sum of two halves that share no bit, so that the processor can work on both at once: all
   bytes that are uploaded pass through here, and nothing else costs the server as much. */
#define F(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define G(x, y, z) (((x) & (z)) + ((y) & ~(z)))
#define H(x, y, z) ((x) ^ (y) ^ (z))
#define I(x, y, z) ((y) ^ ((x) | ~(z)))

#define STEP(function, a, b, c, d, word, shift, constant)           \
    do {                                                            \
        (a) += words[word] + (uint32_t)(constant);                  \
        (a) += function(b, c, d);                                   \
        (a) = (((a) << (shift)) | ((a) >> (32 - (shift)))) + (b);   \
    } while (0)

/* Four steps, after which each of the four has been the one that changes. */
#define STEPS(function, w1, s1, k1, w2, s2, k2, w3, s3, k3, w4, s4, k4) \
    do {                                                                \
        STEP(function, a, b, c, d, w1, s1, k1);                         \
        STEP(function, d, a, b, c, w2, s2, k2);                         \
        STEP(function, c, d, a, b, w3, s3, k3);                         \
        STEP(function, b, c, d, a, w4, s4, k4);                         \
    } while (0)

static uint32_t little_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16
           | (uint32_t)bytes[3] << 24;
}

static void add_block(uint32_t state[4], const unsigned char *block)
{
    uint32_t words[16], a = state[0], b = state[1], c = state[2], d = state[3];
    for (int at = 0; at < 16; at++)
        words[at] = little_endian(block + 4 * at);

    STEPS(F, 0, 7, 0xd76aa478, 1, 12, 0xe8c7b756, 2, 17, 0x242070db, 3, 22, 0xc1bdceee);
    STEPS(F, 4, 7, 0xf57c0faf, 5, 12, 0x4787c62a, 6, 17, 0xa8304613, 7, 22, 0xfd469501);
    STEPS(F, 8, 7, 0x698098d8, 9, 12, 0x8b44f7af, 10, 17, 0xffff5bb1, 11, 22, 0x895cd7be);
    STEPS(F, 12, 7, 0x6b901122, 13, 12, 0xfd987193, 14, 17, 0xa679438e, 15, 22, 0x49b40821);

    STEPS(G, 1, 5, 0xf61e2562, 6, 9, 0xc040b340, 11, 14, 0x265e5a51, 0, 20, 0xe9b6c7aa);
    STEPS(G, 5, 5, 0xd62f105d, 10, 9, 0x02441453, 15, 14, 0xd8a1e681, 4, 20, 0xe7d3fbc8);
    STEPS(G, 9, 5, 0x21e1cde6, 14, 9, 0xc33707d6, 3, 14, 0xf4d50d87, 8, 20, 0x455a14ed);
    STEPS(G, 13, 5, 0xa9e3e905, 2, 9, 0xfcefa3f8, 7, 14, 0x676f02d9, 12, 20, 0x8d2a4c8a);

    STEPS(H, 5, 4, 0xfffa3942, 8, 11, 0x8771f681, 11, 16, 0x6d9d6122, 14, 23, 0xfde5380c);
    STEPS(H, 1, 4, 0xa4beea44, 4, 11, 0x4bdecfa9, 7, 16, 0xf6bb4b60, 10, 23, 0xbebfbc70);
    STEPS(H, 13, 4, 0x289b7ec6, 0, 11, 0xeaa127fa, 3, 16, 0xd4ef3085, 6, 23, 0x04881d05);
    STEPS(H, 9, 4, 0xd9d4d039, 12, 11, 0xe6db99e5, 15, 16, 0x1fa27cf8, 2, 23, 0xc4ac5665);

    STEPS(I, 0, 6, 0xf4292244, 7, 10, 0x432aff97, 14, 15, 0xab9423a7, 5, 21, 0xfc93a039);
    STEPS(I, 12, 6, 0x655b59c3, 3, 10, 0x8f0ccc92, 10, 15, 0xffeff47d, 1, 21, 0x85845dd1);
    STEPS(I, 8, 6, 0x6fa87e4f, 15, 10, 0xfe2ce6e0, 6, 15, 0xa3014314, 13, 21, 0x4e0811a1);
    STEPS(I, 4, 6, 0xf7537e82, 11, 10, 0xbd3af235, 2, 15, 0x2ad7d2bb, 9, 21, 0xeb86d391);

    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

void md5_begin(struct md5 *digest)
{
    static const uint32_t beginning[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    memcpy(digest->state, beginning, sizeof beginning);
    digest->size = 0;
}

void md5_add(struct md5 *digest, const void *bytes, size_t size)
{
    const unsigned char *next = bytes;
    size_t waiting = digest->size % MD5_BLOCK;
    if (size == 0)
        return;
    digest->size += size;
    if (waiting > 0) {
        size_t taken = MD5_BLOCK - waiting < size ? MD5_BLOCK - waiting : size;
        memcpy(digest->rest + waiting, next, taken);
        if (waiting + taken < MD5_BLOCK)
            return;
        add_block(digest->state, digest->rest);
        next += taken;
        size -= taken;
    }
    for (; size >= MD5_BLOCK; next += MD5_BLOCK, size -= MD5_BLOCK)
        add_block(digest->state, next);
    memcpy(digest->rest, next, size);
}

void md5_end(struct md5 *digest, unsigned char result[MD5_SIZE])
{
    static const unsigned char padding[MD5_BLOCK] = {0x80};
    uint64_t bits = digest->size * 8;
    unsigned char length[8];
    for (int at = 0; at < 8; at++)
        length[at] = (unsigned char)(bits >> 8 * at);
    size_t waiting = digest->size % MD5_BLOCK;
    /* Up to eight bytes before the end of a block, which the length fills. */
    md5_add(digest, padding, waiting < 56 ? 56 - waiting : 120 - waiting);
    md5_add(digest, length, sizeof length);
    for (int at = 0; at < MD5_SIZE; at++)
        result[at] = (unsigned char)(digest->state[at / 4] >> 8 * (at % 4));
}

void md5_in_digits(const unsigned char result[MD5_SIZE], char digits[2 * MD5_SIZE + 1])
{
    for (int at = 0; at < MD5_SIZE; at++) {
        digits[2 * at] = "0123456789abcdef"[result[at] >> 4];
        digits[2 * at + 1] = "0123456789abcdef"[result[at] & 15];
    }
    digits[2 * MD5_SIZE] = 0;
}

void md5_in_words(const unsigned char result[MD5_SIZE], char words[MD5_WORDS + 1])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t end = 0;
    /* One byte is left over behind the fives of three. */
    for (size_t at = 0; at < MD5_SIZE; at += 3) {
        uint32_t three = (uint32_t)result[at] << 16;
        if (at + 2 < MD5_SIZE)
            three |= (uint32_t)result[at + 1] << 8 | result[at + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            words[end++] = letters[three >> shift & 63];
    }
    words[end - 2] = words[end - 1] = '=';
    words[end] = 0;
}
