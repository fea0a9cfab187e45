/* A thread that serves connections: it waits until one of them, or the timer, has something. All
   that belongs to a connection is touched by the thread of its loop only. */
#ifndef LOOP_H
#define LOOP_H

#include <stddef.h>
#include <stdint.h>

struct connection;

enum { SCRATCH_SIZE = 256 << 10 };

struct loop {
    int epoll;
    int timer;
    /* How long every answer is held back, in nanoseconds. */
    int64_t latency;
    /* Connections whose answer is held back. All wait equally long, so the first to come is the
       first to go, and a list is all the timer queue needs. */
    struct connection *first_held;
    struct connection *last_held;
    /* Where bodies that are to be decoded are received. */
    unsigned char *scratch;
};

void loop_init(struct loop *loop, int64_t latency);

/* Serves for ever. The first loop accepts what comes to the listener, and hands it round to all. */
void *loop_run(void *loop);
void loop_accept(struct loop *loops, size_t count, int listener);

/* What a connection waits for from now on, as epoll has it; 0 for nothing but its end. */
void loop_watch(struct connection *connection, uint32_t events);

/* Has the connection released once the latency is over. */
void loop_hold(struct connection *connection);
void loop_forget(struct connection *connection);

#endif
