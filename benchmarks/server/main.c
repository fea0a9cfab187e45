/* A load server: it answers like S3, from memory, so cheaply that clients can be timed against it.

   From the outside in: main.c reads the options; loop.c waits for what happens; connection.c takes
   a request in and sends an answer; request.c, body.c and chunks.c read what came; operations.c
   finds who answers it: *_operations.c, sending.c, copying.c, listing.c, tagging.c, control.c;
   bucket.c and uploads.c hold what there is, in objects whose bytes content.c keeps. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "allocation.h"
#include "bucket.h"
#include "fill.h"
#include "loop.h"

struct options {
    uint16_t port;
    size_t threads;
    int64_t latency;
    size_t fill;
    size_t fill_size;
    const char *fill_prefix;
    /* The first that was named, which is filled. */
    const char *bucket;
};

static void fail(const char *message, const char *detail)
{
    fprintf(stderr, "loadserver: %s: %s\n", message, detail);
    exit(2);
}

/* The number that an option was given, at most `most`. */
static double number_in(const char *words, double most)
{
    char *end;
    double number = strtod(words, &end);
    if (end == words || *end != 0 || !(number >= 0 && number <= most))
        fail("no number that is possible here", words);
    return number;
}

static void take_option(struct options *options, int option, const char *value)
{
    switch (option) {
    case 'p':
        options->port = (uint16_t)number_in(value, 65535);
        break;
    case 't':
        options->threads = (size_t)number_in(value, 256);
        break;
    case 'l':
        options->latency = (int64_t)(number_in(value, 60000) * 1e6);
        break;
    case 'b':
        if (!bucket_create(text_of(value)))
            fail("no bucket can have this name", value);
        options->bucket = options->bucket != NULL ? options->bucket : value;
        break;
    case 'n':
        options->fill = (size_t)number_in(value, 1e9);
        break;
    case 's':
        options->fill_size = (size_t)number_in(value, 1e12);
        break;
    case 'f':
        options->fill_prefix = value;
        break;
    default:
        exit(2);
    }
}

static struct options read_options(int count, char **words)
{
    static const struct option known[] = {
        {"port", required_argument, NULL, 'p'},
        {"threads", required_argument, NULL, 't'},
        {"latency", required_argument, NULL, 'l'},
        {"bucket", required_argument, NULL, 'b'},
        {"fill", required_argument, NULL, 'n'},
        {"fill-size", required_argument, NULL, 's'},
        {"fill-prefix", required_argument, NULL, 'f'},
        {NULL, 0, NULL, 0},
    };
    struct options options = {.threads = 1, .fill_prefix = ""};
    int option;
    while ((option = getopt_long(count, words, "", known, NULL)) != -1)
        take_option(&options, option, optarg);
    if (optind < count)
        fail("not an option", words[optind]);
    if (options.threads == 0)
        fail("no server without a thread", "--threads 0");
    if (options.fill > 0 && options.bucket == NULL)
        fail("needs a bucket to fill", "--fill");
    return options;
}

/* Answers the port it listens at. */
static uint16_t listen_at(uint16_t port, int *listener)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t size = sizeof address;
    int yes = 1;
    *listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(*listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(*listener, (struct sockaddr *)&address, size) != 0 || listen(*listener, 1024) != 0)
        fail("cannot listen", strerror(errno));
    getsockname(*listener, (struct sockaddr *)&address, &size);
    return ntohs(address.sin_port);
}

/* Clients may open more connections than a shell allows files. */
static void allow_many_files(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void start_loops(const struct options *options, int listener)
{
    struct loop *loops = allocated(options->threads * sizeof loops[0]);
    for (size_t at = 0; at < options->threads; at++)
        loop_init(&loops[at], options->latency);
    loop_accept(loops, options->threads, listener);
    for (size_t at = 0; at < options->threads; at++) {
        pthread_t thread;
        int error = pthread_create(&thread, NULL, loop_run, &loops[at]);
        if (error != 0)
            fail("cannot start a thread", strerror(error));
        pthread_detach(thread);
    }
}

int main(int count, char **words)
{
    struct options options = read_options(count, words);
    int listener, signal;
    allow_many_files();
    if (options.fill > 0) {
        struct bucket *bucket = bucket_named(text_of(options.bucket));
        fill_bucket(bucket, options.fill, options.fill_size, options.fill_prefix);
    }
    /* Before there are threads, so that none of them is interrupted. */
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);

    uint16_t port = listen_at(options.port, &listener);
    start_loops(&options, listener);
    printf("listening on %u\n", port);
    fflush(stdout);
    sigwait(&ends, &signal);
    return 0;
}
