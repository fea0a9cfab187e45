#define _GNU_SOURCE
#include "connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "allocation.h"
#include "operations.h"

enum {
    /* The longest head, and with it most small bodies. */
    INPUT_SIZE = 64 << 10,
    MOST_VECTORS = 64,
    /* Sent at once, so that one large answer does not keep the others waiting. */
    MOST_AT_ONCE = 1 << 20,
};

/* Whether the next step can be taken at once. */
enum progress { GOES_ON, WAITS, IS_OVER };

struct connection *connection_new(struct loop *loop, int file)
{
    struct connection *connection = cleared(sizeof *connection);
    int yes = 1;
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    connection->loop = loop;
    connection->file = file;
    connection->watched = EPOLLIN;
    connection->input = allocated(INPUT_SIZE);
    return connection;
}

static void end(struct connection *connection)
{
    loop_forget(connection);
    close(connection->file);
    body_end(&connection->body);
    answer_free(&connection->answer);
    buffer_free(&connection->head);
    free(connection->input);
    free(connection);
}

/* The answer is made; it goes out when the latency is over. */
static enum progress give_answer(struct connection *connection)
{
    bool is_head = text_is(connection->request.method, "HEAD");
    body_end(&connection->body);
    answer_head(&connection->answer, is_head, !connection->is_last, &connection->head);
    if (is_head) {
        object_release(connection->answer.object);
        connection->answer.object = NULL;
        buffer_clear(&connection->answer.document);
    }
    connection->sent = 0;
    connection->state = WRITES_ANSWER;
    if (connection->loop->latency == 0)
        return GOES_ON;
    connection->state = HOLDS_ANSWER;
    loop_hold(connection);
    return WAITS;
}

/* Of a request that cannot be read to its end; nothing that follows it can. */
static enum progress refuse(struct connection *connection, enum fault fault)
{
    connection->is_last = true;
    answer_fault(&connection->answer, &connection->request, fault);
    return give_answer(connection);
}

static enum progress allow_body(struct connection *connection)
{
    static const char words[] = "HTTP/1.1 100 Continue\r\n\r\n";
    size_t size = sizeof words - 1;
    connection->state = READS_BODY;
    /* Nothing else is under way, so there is room for it. */
    if (send(connection->file, words, size, MSG_NOSIGNAL) != (ssize_t)size)
        return IS_OVER;
    return WAITS;
}

static enum progress read_head(struct connection *connection)
{
    char *input = connection->input;
    struct request *request = &connection->request;
    size_t size = request_head_size(input, connection->input_size, connection->input_used);
    connection->input_used = size > 0 ? size : connection->input_size;
    if (size == 0 && connection->input_size < INPUT_SIZE)
        return WAITS;
    answer_clear(&connection->answer);
    if (size == 0 || !request_parse(request, input, size)) {
        *request = (struct request){0};
        return refuse(connection, BAD_REQUEST);
    }
    connection->is_last = !request->keeps_connection;
    enum fault fault = body_begin(&connection->body, request);
    if (fault != FINE)
        return refuse(connection, fault);
    connection->state = READS_BODY;
    bool has_more = connection->input_size > connection->input_used;
    if (has_more || body_is_complete(&connection->body)
        || !text_is_name(request_header(request, "expect"), "100-continue"))
        return GOES_ON;
    if (connection->loop->latency == 0)
        return allow_body(connection);
    connection->state = HOLDS_CONTINUE;
    loop_hold(connection);
    return WAITS;
}

static enum progress read_body(struct connection *connection)
{
    size_t waiting = connection->input_size - connection->input_used;
    unsigned char *next = (unsigned char *)connection->input + connection->input_used;
    if (!body_is_complete(&connection->body) && waiting > 0)
        connection->input_used += body_take(&connection->body, next, waiting);
    if (!body_is_complete(&connection->body))
        return WAITS;
    operate(&connection->request, &connection->body, &connection->answer);
    return give_answer(connection);
}

static uint64_t payload_size(const struct answer *answer)
{
    return answer->object != NULL ? answer->size : answer->document.size;
}

/* What is still to be sent of the head and behind it, from where it lies. */
static size_t unsent(const struct connection *connection, struct iovec *vectors)
{
    const struct buffer *head = &connection->head;
    const struct answer *answer = &connection->answer;
    uint64_t from = connection->sent;
    size_t count = 0;
    if (from < head->size) {
        vectors[count++] = (struct iovec){head->start + from, head->size - from};
        from = head->size;
    }
    from -= head->size;
    uint64_t left = payload_size(answer) - from;
    if (left == 0)
        return count;
    if (answer->object == NULL) {
        vectors[count++] = (struct iovec){answer->document.start + from, left};
        return count;
    }
    size_t most = left < MOST_AT_ONCE ? left : MOST_AT_ONCE;
    return count + content_vectors(
        answer->object->content, answer->from + from, most, vectors + count, MOST_VECTORS - count);
}

/* Makes room for the next request, which may have come in part or whole. */
static enum progress finish(struct connection *connection)
{
    size_t waiting = connection->input_size - connection->input_used;
    if (connection->is_last)
        return IS_OVER;
    memmove(connection->input, connection->input + connection->input_used, waiting);
    connection->input_size = waiting;
    connection->input_used = 0;
    /* An object that was sent may be the last of its kind. */
    answer_clear(&connection->answer);
    connection->state = READS_HEAD;
    return waiting > 0 ? GOES_ON : WAITS;
}

static enum progress write_answer(struct connection *connection)
{
    struct iovec vectors[MOST_VECTORS];
    struct msghdr message = {.msg_iov = vectors, .msg_iovlen = unsent(connection, vectors)};
    ssize_t size = sendmsg(connection->file, &message, MSG_NOSIGNAL);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR ? WAITS : IS_OVER;
    connection->sent += (uint64_t)size;
    if (connection->sent < connection->head.size + payload_size(&connection->answer))
        return WAITS;
    return finish(connection);
}

static enum progress step(struct connection *connection)
{
    switch (connection->state) {
    case READS_HEAD:
        return read_head(connection);
    case READS_BODY:
        return read_body(connection);
    case WRITES_ANSWER:
        return write_answer(connection);
    default:
        return WAITS;
    }
}

/* Takes all steps that can be taken, and then has epoll wait for what the next one needs. */
static void proceed(struct connection *connection, enum progress progress)
{
    while (progress == GOES_ON)
        progress = step(connection);
    if (progress == IS_OVER) {
        end(connection);
        return;
    }
    if (connection->is_held)
        return;
    uint32_t wanted = connection->state == WRITES_ANSWER ? EPOLLOUT : EPOLLIN;
    if (wanted != connection->watched) {
        connection->watched = wanted;
        loop_watch(connection, wanted);
    }
}

/* Receives once; if there is more, epoll says so at once, and others have had their turn. */
static enum progress receive(struct connection *connection)
{
    struct body *body = &connection->body;
    size_t room = INPUT_SIZE - connection->input_size;
    unsigned char *place = (unsigned char *)connection->input + connection->input_size;
    bool reads_body = connection->state == READS_BODY, is_decoded = false;
    if (reads_body) {
        place = body_place(body, &room);
        is_decoded = place == NULL;
    }
    if (is_decoded) {
        place = connection->loop->scratch;
        room = SCRATCH_SIZE;
    }
    ssize_t size = recv(connection->file, place, room, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return WAITS;
    if (size <= 0)
        return IS_OVER;
    if (!reads_body)
        connection->input_size += (size_t)size;
    else if (!is_decoded)
        body_received(body, (size_t)size);
    else if (body_take(body, place, (size_t)size) < (size_t)size)
        /* A request that was sent before this one was answered: it is not kept, but refused. */
        connection->is_last = true;
    return GOES_ON;
}

void connection_ready(struct connection *connection, uint32_t events)
{
    if (events & (EPOLLERR | EPOLLHUP)) {
        end(connection);
    } else if (connection->is_held) {
        /* It has its turn when it is released; until then epoll would say so again and again. */
        connection->watched = 0;
        loop_watch(connection, 0);
    } else if (connection->state == WRITES_ANSWER) {
        proceed(connection, GOES_ON);
    } else {
        proceed(connection, receive(connection));
    }
}

void connection_release(struct connection *connection)
{
    if (connection->state == HOLDS_CONTINUE) {
        proceed(connection, allow_body(connection));
    } else {
        connection->state = WRITES_ANSWER;
        proceed(connection, GOES_ON);
    }
}
