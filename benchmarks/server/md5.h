/* MD5, as RFC 1321 describes it: what ETags are made of. */
#ifndef MD5_H
#define MD5_H

#include <stddef.h>
#include <stdint.h>

enum { MD5_SIZE = 16, MD5_BLOCK = 64 };

struct md5 {
    uint32_t state[4];
    uint64_t size;
    /* The bytes at the end that do not fill a block yet. */
    unsigned char rest[MD5_BLOCK];
};

void md5_begin(struct md5 *digest);
void md5_add(struct md5 *digest, const void *bytes, size_t size);
void md5_end(struct md5 *digest, unsigned char result[MD5_SIZE]);

/* As digits, with a zero behind them: 33 characters. */
void md5_in_digits(const unsigned char result[MD5_SIZE], char digits[2 * MD5_SIZE + 1]);

/* In base64, as headers have it, with a zero behind it. */
enum { MD5_WORDS = 24 };
void md5_in_words(const unsigned char result[MD5_SIZE], char words[MD5_WORDS + 1]);

#endif
