/* What is watched, what has been counted, what was ordered, and the record. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utime.h>

/* The kinds, numbered as in effects.py. */
enum { CREATE, WRITE, TRUNCATE, RENAME, LINK, UNLINK, MKDIR, RMDIR, SYNC, TIMES, MODE, KINDS };

#define MOST_FOLDERS 16
#define PLACE (2 * PATH_MAX)
#define PIECE (1 << 18)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folders[MOST_FOLDERS][PATH_MAX];
static volatile int watching; /* How many folders. */
static long done[KINDS + 1];  /* Effects by kind, and all of them. */
static long kill_at, kill_after;
static long fail_at, fail_done;
static int fail_errno, fail_always;
static unsigned fail_kinds;
static int log_fd = -1;
static int flushes_are_told_only; /* Of this process and all that it forks. */

#define REAL(type, name, ...)                                                                      \
    static type (*real)(__VA_ARGS__);                                                              \
    if (!real)                                                                                     \
        real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

/* Where an effect takes place. */

static void tidy(char *path) {
    /* Without "//", "/./" and "/../", in place. */
    char *from = path, *to = path;
    while (*from) {
        while (*from == '/') from++;
        size_t size = strcspn(from, "/");
        if (size == 2 && from[0] == '.' && from[1] == '.') {
            while (to > path && *--to != '/') {}
        } else if (size && !(size == 1 && from[0] == '.')) {
            *to++ = '/';
            memmove(to, from, size);
            to += size;
        }
        from += size;
    }
    if (to == path) *to++ = '/';
    *to = 0;
}

static int of_handle(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, PATH_MAX - 1);
    if (size <= 0) return 0;
    path[size] = 0;
    return path[0] == '/';
}

static int of_name(int folder, const char *name, char *path) {
    if (!name || !*name) return 0;
    if (name[0] == '/') {
        if (strlen(name) >= PLACE) return 0;
        strcpy(path, name);
    } else {
        if (folder == AT_FDCWD ? !getcwd(path, PATH_MAX) : !of_handle(folder, path)) return 0;
        size_t size = strlen(path);
        if (size + strlen(name) + 2 > PLACE) return 0;
        path[size] = '/';
        strcpy(path + size + 1, name);
    }
    tidy(path);
    return 1;
}

static int is_watched(const char *path) {
    for (int n = 0; n < watching; n++) {
        size_t size = strlen(folders[n]);
        if (!strncmp(path, folders[n], size) && (path[size] == '/' || !path[size])) return 1;
    }
    return 0;
}

static int exists(int folder, const char *name) {
    struct stat seen;
    int before = errno, found = fstatat(folder, name, &seen, AT_SYMLINK_NOFOLLOW) == 0;
    errno = before;
    return found;
}

/* The record: for each effect these numbers, then both paths, then the bytes. */

struct line {
    uint32_t kind, number; /* The number: a mode; flags of a rename. */
    int64_t offset, size;
    uint32_t path, other;
    uint64_t data;
};

static void put(const void *data, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t);
    while (size) {
        ssize_t count = real(log_fd, data, size);
        if (count <= 0) abort();
        data = (const char *)data + count;
        size -= count;
    }
}

static void note(struct line line, const char *path, const char *other, const void *data) {
    if (log_fd < 0) return;
    line.path = strlen(path);
    line.other = strlen(other);
    put(&line, sizeof line);
    put(path, line.path);
    put(other, line.other);
    put(data, line.data);
}

/* Before and behind each effect; in between the lock is held. */

static int begin(int kind) {
    pthread_mutex_lock(&lock);
    if (kill_at && !kill_after && done[KINDS] + 1 == kill_at) raise(SIGKILL);
    if (fail_at && (fail_kinds & (1u << kind))) {
        long nth = fail_done + 1;
        if (nth == fail_at || (fail_always && nth > fail_at)) {
            fail_done++;
            pthread_mutex_unlock(&lock);
            errno = fail_errno;
            return 0;
        }
    }
    return 1;
}

static void end(int ok, struct line line, const char *path, const char *other, const void *data) {
    int before = errno;
    if (ok) {
        done[line.kind]++;
        done[KINDS]++;
        if (fail_kinds & (1u << line.kind)) fail_done++;
        note(line, path, other, data);
        if (kill_at && kill_after && done[KINDS] == kill_at) raise(SIGKILL);
    }
    pthread_mutex_unlock(&lock);
    errno = before;
}

/* An effect CALL of a KIND on what has the name PATH already. */
#define EFFECT(CALL, KIND, OTHER, DATA, ...)                                                       \
    do {                                                                                           \
        if (!begin(KIND)) return -1;                                                               \
        __typeof__(CALL) result = CALL;                                                            \
        end(result >= 0, (struct line){.kind = KIND, __VA_ARGS__}, path, OTHER, DATA);             \
        return result;                                                                             \
    } while (0)

#define WATCHED_HANDLE(fd) (watching && of_handle(fd, path) && is_watched(path))
#define WATCHED_NAME(folder, name) (watching && of_name(folder, name, path) && is_watched(path))

/* For Python. */

static void forget(void) {
    watching = 0;
    memset(done, 0, sizeof done);
    kill_at = fail_at = fail_done = 0;
    fail_kinds = 0;
    log_fd = -1;
}

static void in_child(void) {
    pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
    memcpy(&lock, &fresh, sizeof lock);
    forget();
}

__attribute__((constructor)) static void set_up(void) { pthread_atfork(NULL, NULL, in_child); }

void effects_stop(void) {
    pthread_mutex_lock(&lock);
    forget();
    pthread_mutex_unlock(&lock);
}

int effects_watch(const char *folder) {
    char path[PATH_MAX];
    if (!realpath(folder, path)) return -1;
    pthread_mutex_lock(&lock);
    int full = watching == MOST_FOLDERS;
    if (!full) {
        strcpy(folders[watching], path);
        watching++;
    }
    pthread_mutex_unlock(&lock);
    return full ? -1 : 0;
}

long effects_count(int kind) { return done[kind < 0 ? KINDS : kind]; }

void effects_kill(long nth, int after) {
    pthread_mutex_lock(&lock);
    kill_at = nth;
    kill_after = after;
    pthread_mutex_unlock(&lock);
}

void effects_fail(long nth, int number, unsigned kinds, int always) {
    pthread_mutex_lock(&lock);
    fail_at = nth;
    fail_errno = number;
    fail_kinds = kinds;
    fail_always = always;
    fail_done = 0;
    pthread_mutex_unlock(&lock);
}

void effects_tell_flushes_only(int only) { flushes_are_told_only = only; }

void effects_record(int fd) {
    pthread_mutex_lock(&lock);
    log_fd = fd;
    pthread_mutex_unlock(&lock);
}
