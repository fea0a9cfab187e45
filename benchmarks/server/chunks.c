#include "chunks.h"

#include <string.h>

#include "text.h"

void chunks_begin(struct chunks *chunks)
{
    *chunks = (struct chunks){.state = CHUNK_SIZE};
}

/* A size that is being read, or what stands behind it: a signature. */
static void read_of_line(struct chunks *chunks, char letter)
{
    if (letter == '\n') {
        if (chunks->line_size == 0)
            chunks->state = BROKEN;
        else
            chunks->state = chunks->left > 0 ? CHUNK_BYTES : TRAILER;
        chunks->line_size = 0;
        return;
    }
    int digit = hexadecimal(letter);
    if (chunks->state == CHUNK_REST_OF_LINE)
        return;
    if (digit < 0) {
        chunks->state = chunks->line_size > 0 ? CHUNK_REST_OF_LINE : BROKEN;
        return;
    }
    chunks->left = chunks->left * 16 + (unsigned)digit;
    if (++chunks->line_size > 12)
        chunks->state = BROKEN;
}

/* Lines of the trailer, up to an empty one. */
static void read_of_trailer(struct chunks *chunks, char letter)
{
    if (letter == '\n') {
        if (chunks->line_size == 0)
            chunks->state = ENDED;
        chunks->line_size = 0;
    } else if (letter != '\r') {
        chunks->line_size++;
    }
}

static void read_of_end(struct chunks *chunks, char letter)
{
    if (letter == '\n')
        chunks->state = CHUNK_SIZE;
    else if (letter != '\r')
        chunks->state = BROKEN;
}

size_t chunks_decode(struct chunks *chunks, unsigned char *bytes, size_t size, size_t *used)
{
    size_t at = 0, kept = 0;
    while (at < size && chunks->state != ENDED && chunks->state != BROKEN) {
        char letter = (char)bytes[at];
        if (chunks->state == CHUNK_BYTES) {
            size_t taken = size - at < chunks->left ? size - at : (size_t)chunks->left;
            memmove(bytes + kept, bytes + at, taken);
            kept += taken;
            at += taken;
            chunks->left -= taken;
            if (chunks->left == 0)
                chunks->state = CHUNK_END;
            continue;
        }
        at++;
        if (chunks->state == CHUNK_END)
            read_of_end(chunks, letter);
        else if (chunks->state == TRAILER)
            read_of_trailer(chunks, letter);
        else
            read_of_line(chunks, letter);
    }
    *used = at;
    return kept;
}
