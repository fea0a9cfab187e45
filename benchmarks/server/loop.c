#define _GNU_SOURCE
#include "loop.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "allocation.h"
#include "connection.h"

enum { MOST_EVENTS = 64 };

/* Who accepts, and from where; set before the loops run. */
static struct {
    struct loop *loops;
    size_t count;
    size_t next;
    int socket;
} listener;

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void watch_new(struct loop *loop, int file, void *who)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = who};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, file, &event) != 0) {
        perror("epoll_ctl");
        exit(1);
    }
}

void loop_init(struct loop *loop, int64_t latency)
{
    *loop = (struct loop){.latency = latency};
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (loop->epoll < 0 || loop->timer < 0) {
        perror("epoll");
        exit(1);
    }
    loop->scratch = allocated(SCRATCH_SIZE);
    watch_new(loop, loop->timer, &loop->timer);
}

void loop_accept(struct loop *loops, size_t count, int socket)
{
    listener.loops = loops;
    listener.count = count;
    listener.socket = socket;
    watch_new(&loops[0], socket, &listener);
}

static void accept_all(void)
{
    for (;;) {
        int file = accept4(listener.socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (file < 0)
            return;
        struct loop *loop = &listener.loops[listener.next++ % listener.count];
        /* From the second line on it belongs to the other thread. */
        struct connection *connection = connection_new(loop, file);
        watch_new(loop, file, connection);
    }
}

void loop_watch(struct connection *connection, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};
    epoll_ctl(connection->loop->epoll, EPOLL_CTL_MOD, connection->file, &event);
}

static void set_timer(const struct loop *loop)
{
    int64_t due = loop->first_held->due;
    struct itimerspec when = {.it_value = {due / 1000000000, due % 1000000000}};
    timerfd_settime(loop->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

void loop_hold(struct connection *connection)
{
    struct loop *loop = connection->loop;
    connection->due = now() + loop->latency;
    connection->is_held = true;
    connection->held_before = loop->last_held;
    connection->held_behind = NULL;
    if (loop->last_held != NULL)
        loop->last_held->held_behind = connection;
    else
        loop->first_held = connection;
    loop->last_held = connection;
    if (loop->first_held == connection)
        set_timer(loop);
}

void loop_forget(struct connection *connection)
{
    struct loop *loop = connection->loop;
    if (!connection->is_held)
        return;
    connection->is_held = false;
    if (connection->held_before != NULL)
        connection->held_before->held_behind = connection->held_behind;
    else
        loop->first_held = connection->held_behind;
    if (connection->held_behind != NULL)
        connection->held_behind->held_before = connection->held_before;
    else
        loop->last_held = connection->held_before;
}

static void release_due(struct loop *loop)
{
    uint64_t ignored;
    if (read(loop->timer, &ignored, sizeof ignored) < 0)
        return;
    int64_t time = now();
    while (loop->first_held != NULL && loop->first_held->due <= time) {
        struct connection *connection = loop->first_held;
        loop_forget(connection);
        connection_release(connection);
    }
    if (loop->first_held != NULL)
        set_timer(loop);
}

void *loop_run(void *given)
{
    struct loop *loop = given;
    struct epoll_event events[MOST_EVENTS];
    for (;;) {
        int count = epoll_wait(loop->epoll, events, MOST_EVENTS, -1);
        bool is_due = false;
        for (int at = 0; at < count; at++) {
            void *who = events[at].data.ptr;
            if (who == &loop->timer)
                is_due = true;
            else if (who == &listener)
                accept_all();
            else
                connection_ready(who, events[at].events);
        }
        /* After the others: it may end connections that are among them. */
        if (is_due)
            release_due(loop);
    }
    return NULL;
}
