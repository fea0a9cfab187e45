/* A client's connection, for one request after the other. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer.h"
#include "body.h"
#include "buffer.h"
#include "loop.h"
#include "request.h"

struct connection {
    struct loop *loop;
    int file;
    enum {
        READS_HEAD,
        /* Until it says that the body may come: over a long line that is an answer, too. */
        HOLDS_CONTINUE,
        READS_BODY,
        HOLDS_ANSWER,
        WRITES_ANSWER,
    } state;
    /* What epoll is asked to watch for. */
    uint32_t watched;

    /* What was received of a head, and what came with it. */
    char *input;
    size_t input_size;
    /* How much of it has been read: while a head is not complete, searched for its end. */
    size_t input_used;

    struct request request;
    struct body body;
    struct answer answer;
    struct buffer head;
    /* Of the head and all that follows it. */
    uint64_t sent;
    bool is_last;

    /* In the list of its loop. */
    bool is_held;
    int64_t due;
    struct connection *held_before;
    struct connection *held_behind;
};

struct connection *connection_new(struct loop *loop, int file);

/* Either may end and free it: epoll saw these events; the latency is over. */
void connection_ready(struct connection *connection, uint32_t events);
void connection_release(struct connection *connection);

#endif
