/* One seam between a process and its disk, preloaded in front of the C library.

   Every call by which a process changes a disk comes by here. Those that concern the folders that
   are watched are counted, and as it was ordered recorded, refused, or the last thing that the
   process ever did. All others pass untouched, as does everything while nothing is watched.

   Only what changes something counts: a call that fails by itself leaves the count as it was. All
   that counts happens one after the other, under one lock, so that the record is in the order in
   which things happened. A process that is forked off begins with nothing watched. */

#include "orders.h"

/* Files come into being, or lose their bytes. */

static int opened(int folder, const char *name, int flags, mode_t mode) {
    REAL(int, openat64, int, const char *, int, mode_t);
    char path[PLACE];
    if (!(flags & (O_CREAT | O_TRUNC)) || (flags & O_TMPFILE) == O_TMPFILE ||
        !WATCHED_NAME(folder, name))
        return real(folder, name, flags, mode);
    if (exists(folder, name)) {
        if (!(flags & O_TRUNC) || (flags & O_EXCL)) return real(folder, name, flags, mode);
        EFFECT(real(folder, name, flags, mode), TRUNCATE, "", NULL, .size = 0);
    }
    if (!(flags & O_CREAT)) return real(folder, name, flags, mode);
    EFFECT(real(folder, name, flags, mode), CREATE, "", NULL, .number = mode);
}

static mode_t mode_of(int flags, va_list more) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
}

#define OPENS(name)                                                                                \
    int name(const char *path, int flags, ...) {                                                   \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        mode_t mode = mode_of(flags, more);                                                        \
        va_end(more);                                                                              \
        return opened(AT_FDCWD, path, flags, mode);                                                \
    }
#define OPENS_AT(name)                                                                             \
    int name(int folder, const char *path, int flags, ...) {                                       \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        mode_t mode = mode_of(flags, more);                                                        \
        va_end(more);                                                                              \
        return opened(folder, path, flags, mode);                                                  \
    }
OPENS(open)
OPENS(open64)
OPENS_AT(openat)
OPENS_AT(openat64)

int creat(const char *path, mode_t mode) {
    return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

/* Bytes. */

static off_t place_of(int fd) {
    int flags = fcntl(fd, F_GETFL);
    struct stat seen;
    if (flags >= 0 && (flags & O_APPEND) && !fstat(fd, &seen)) return seen.st_size;
    return lseek(fd, 0, SEEK_CUR);
}

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t);
    char path[PLACE];
    if (!WATCHED_HANDLE(fd)) return real(fd, data, size);
    if (!begin(WRITE)) return -1;
    off_t offset = place_of(fd);
    ssize_t count = real(fd, data, size);
    uint64_t held = count > 0 ? count : 0;
    end(count > 0, (struct line){.kind = WRITE, .offset = offset, .size = count, .data = held},
        path, "", data);
    return count;
}

static ssize_t written_at(int fd, const void *data, size_t size, off64_t offset) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
    char path[PLACE];
    if (!WATCHED_HANDLE(fd)) return real(fd, data, size, offset);
    if (!begin(WRITE)) return -1;
    ssize_t count = real(fd, data, size, offset);
    uint64_t held = count > 0 ? count : 0;
    end(count > 0, (struct line){.kind = WRITE, .offset = offset, .size = count, .data = held},
        path, "", data);
    return count;
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    return written_at(fd, data, size, offset);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    return written_at(fd, data, size, offset);
}

/* Of several pieces the first that holds anything is written: a short write, which is allowed. */
static const struct iovec *first_piece(const struct iovec *pieces, int count) {
    for (int n = 0; n < count; n++)
        if (pieces[n].iov_len) return pieces + n;
    return NULL;
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
    REAL(ssize_t, writev, int, const struct iovec *, int);
    char path[PLACE];
    const struct iovec *first = first_piece(pieces, count);
    if (!first || !WATCHED_HANDLE(fd)) return real(fd, pieces, count);
    return write(fd, first->iov_base, first->iov_len);
}

ssize_t pwritev64v2(int fd, const struct iovec *pieces, int count, off64_t offset, int flags) {
    REAL(ssize_t, pwritev64v2, int, const struct iovec *, int, off64_t, int);
    char path[PLACE];
    const struct iovec *first = first_piece(pieces, count);
    if (!first || !WATCHED_HANDLE(fd)) return real(fd, pieces, count, offset, flags);
    if (offset == -1) return write(fd, first->iov_base, first->iov_len);
    return written_at(fd, first->iov_base, first->iov_len, offset);
}
ssize_t pwritev2(int fd, const struct iovec *pieces, int count, off_t offset, int flags) {
    return pwritev64v2(fd, pieces, count, offset, flags);
}
ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off64_t offset) {
    return pwritev64v2(fd, pieces, count, offset, 0);
}
ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t offset) {
    return pwritev64v2(fd, pieces, count, offset, 0);
}

/* Copies inside the kernel are made of reads and writes, so that their bytes are seen. */
static ssize_t copied(int from, off64_t *at, int to, off64_t *goal, size_t size) {
    char *held = malloc(PIECE);
    if (!held) return -1;
    if (size > PIECE) size = PIECE;
    ssize_t count = at ? pread64(from, held, size, *at) : read(from, held, size);
    ssize_t put = count;
    if (count > 0) put = goal ? written_at(to, held, count, *goal) : write(to, held, count);
    if (!at && put < count) lseek64(from, (put > 0 ? put : 0) - count, SEEK_CUR);
    if (put > 0 && at) *at += put;
    if (put > 0 && goal) *goal += put;
    int before = errno;
    free(held);
    errno = before;
    return put;
}

ssize_t sendfile64(int to, int from, off64_t *at, size_t size) {
    REAL(ssize_t, sendfile64, int, int, off64_t *, size_t);
    char path[PLACE];
    if (!WATCHED_HANDLE(to)) return real(to, from, at, size);
    return copied(from, at, to, NULL, size);
}
ssize_t sendfile(int to, int from, off_t *at, size_t size) { return sendfile64(to, from, at, size); }

ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *goal, size_t size, unsigned flags) {
    REAL(ssize_t, copy_file_range, int, off64_t *, int, off64_t *, size_t, unsigned);
    char path[PLACE];
    if (!WATCHED_HANDLE(to)) return real(from, at, to, goal, size, flags);
    return copied(from, at, to, goal, size);
}

/* Two files that share their bytes could not be told from a copy, so it is not offered. */
int ioctl(int fd, unsigned long asked, ...) {
    REAL(int, ioctl, int, unsigned long, void *);
    va_list more;
    va_start(more, asked);
    void *argument = va_arg(more, void *);
    va_end(more);
    char path[PLACE];
    if ((asked == FICLONE || asked == FICLONERANGE) && WATCHED_HANDLE(fd)) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return real(fd, asked, argument);
}

int ftruncate64(int fd, off64_t size) {
    REAL(int, ftruncate64, int, off64_t);
    char path[PLACE];
    if (!WATCHED_HANDLE(fd)) return real(fd, size);
    EFFECT(real(fd, size), TRUNCATE, "", NULL, .size = size);
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int truncate64(const char *name, off64_t size) {
    REAL(int, truncate64, const char *, off64_t);
    char path[PLACE];
    if (!WATCHED_NAME(AT_FDCWD, name)) return real(name, size);
    EFFECT(real(name, size), TRUNCATE, "", NULL, .size = size);
}
int truncate(const char *name, off_t size) { return truncate64(name, size); }

static off_t size_of(int fd) {
    struct stat seen;
    return fstat(fd, &seen) ? 0 : seen.st_size;
}

/* Room made beforehand is told as the size that the file then has. */
int fallocate64(int fd, int mode, off64_t offset, off64_t size) {
    REAL(int, fallocate64, int, int, off64_t, off64_t);
    char path[PLACE];
    if (!WATCHED_HANDLE(fd)) return real(fd, mode, offset, size);
    if (mode & ~FALLOC_FL_KEEP_SIZE) {
        errno = EOPNOTSUPP; /* Holes and their like would not be seen in the record. */
        return -1;
    }
    EFFECT(real(fd, mode, offset, size), TRUNCATE, "", NULL, .size = size_of(fd));
}
int fallocate(int fd, int mode, off_t offset, off_t size) {
    return fallocate64(fd, mode, offset, size);
}
int posix_fallocate64(int fd, off64_t offset, off64_t size) {
    REAL(int, posix_fallocate64, int, off64_t, off64_t);
    char path[PLACE];
    if (!WATCHED_HANDLE(fd)) return real(fd, offset, size);
    int before = errno, number = fallocate64(fd, 0, offset, size) ? errno : 0;
    errno = before;
    return number;
}
int posix_fallocate(int fd, off_t offset, off_t size) { return posix_fallocate64(fd, offset, size); }

/* Names. */

static int renamed(int from, const char *name, int to, const char *new_name, unsigned flags) {
    REAL(int, renameat2, int, const char *, int, const char *, unsigned);
    char path[PLACE], other[PLACE];
    int seen = watching && of_name(from, name, path) && of_name(to, new_name, other) &&
               (is_watched(path) || is_watched(other));
    if (!seen || !exists(from, name) || ((flags & RENAME_NOREPLACE) && exists(to, new_name)) ||
        ((flags & RENAME_EXCHANGE) && !exists(to, new_name)))
        return real(from, name, to, new_name, flags);
    EFFECT(real(from, name, to, new_name, flags), RENAME, other, NULL, .number = flags);
}
int rename(const char *name, const char *new_name) {
    return renamed(AT_FDCWD, name, AT_FDCWD, new_name, 0);
}
int renameat(int from, const char *name, int to, const char *new_name) {
    return renamed(from, name, to, new_name, 0);
}
int renameat2(int from, const char *name, int to, const char *new_name, unsigned flags) {
    return renamed(from, name, to, new_name, flags);
}

int linkat(int from, const char *name, int to, const char *new_name, int flags) {
    REAL(int, linkat, int, const char *, int, const char *, int);
    char path[PLACE], other[PLACE];
    int seen = watching && of_name(from, name, path) && of_name(to, new_name, other) &&
               is_watched(other);
    if (!seen || !exists(from, name) || exists(to, new_name))
        return real(from, name, to, new_name, flags);
    EFFECT(real(from, name, to, new_name, flags), LINK, other, NULL, .number = 0);
}
int link(const char *name, const char *new_name) {
    return linkat(AT_FDCWD, name, AT_FDCWD, new_name, 0);
}

/* Told as a link from nowhere: what it leads to stands as bytes. */
int symlinkat(const char *to, int folder, const char *name) {
    REAL(int, symlinkat, const char *, int, const char *);
    char path[PLACE];
    if (!WATCHED_NAME(folder, name) || exists(folder, name)) return real(to, folder, name);
    EFFECT(real(to, folder, name), LINK, "", to, .data = strlen(to));
}
int symlink(const char *to, const char *name) { return symlinkat(to, AT_FDCWD, name); }

static int is_missing(int folder, const char *name) { return !exists(folder, name); }

int unlinkat(int folder, const char *name, int flags) {
    REAL(int, unlinkat, int, const char *, int);
    char path[PLACE];
    if (!WATCHED_NAME(folder, name) || is_missing(folder, name)) return real(folder, name, flags);
    int kind = flags & AT_REMOVEDIR ? RMDIR : UNLINK;
    EFFECT(real(folder, name, flags), kind, "", NULL, .number = 0);
}
int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }

int mkdirat(int folder, const char *name, mode_t mode) {
    REAL(int, mkdirat, int, const char *, mode_t);
    char path[PLACE];
    if (!WATCHED_NAME(folder, name) || exists(folder, name)) return real(folder, name, mode);
    EFFECT(real(folder, name, mode), MKDIR, "", NULL, .number = mode);
}
int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }

/* What makes it all last. */

static int flushed(int (*real)(int), int fd) { return flushes_are_told_only ? 0 : real(fd); }

#define SYNCS(name, all)                                                                           \
    int name(int fd) {                                                                             \
        REAL(int, name, int);                                                                      \
        char path[PLACE];                                                                          \
        if (!WATCHED_HANDLE(fd)) return flushed(real, fd);                                         \
        EFFECT(flushed(real, fd), SYNC, "", NULL, .number = all);                                  \
    }
SYNCS(fsync, 0)
SYNCS(fdatasync, 0)
/* All of its file system, which is what the number 2 says. */
SYNCS(syncfs, 2)

/* It promises nothing, which is what the number 1 says; but it counts and can fail. */
int sync_file_range(int fd, off64_t offset, off64_t size, unsigned flags) {
    REAL(int, sync_file_range, int, off64_t, off64_t, unsigned);
    char path[PLACE];
    if (!WATCHED_HANDLE(fd)) return real(fd, offset, size, flags);
    EFFECT(real(fd, offset, size, flags), SYNC, "", NULL, .number = 1);
}

/* Times and modes. */

int futimens(int fd, const struct timespec times[2]) {
    REAL(int, futimens, int, const struct timespec *);
    char path[PLACE];
    if (!WATCHED_HANDLE(fd)) return real(fd, times);
    int64_t told = times ? times[1].tv_sec * 1000000000LL + times[1].tv_nsec : -1;
    EFFECT(real(fd, times), TIMES, "", NULL, .offset = told);
}
int utimensat(int folder, const char *name, const struct timespec times[2], int flags) {
    REAL(int, utimensat, int, const char *, const struct timespec *, int);
    char path[PLACE];
    if (!WATCHED_NAME(folder, name)) return real(folder, name, times, flags);
    int64_t told = times ? times[1].tv_sec * 1000000000LL + times[1].tv_nsec : -1;
    EFFECT(real(folder, name, times, flags), TIMES, "", NULL, .offset = told);
}
int utimes(const char *name, const struct timeval times[2]) {
    if (!times) return utimensat(AT_FDCWD, name, NULL, 0);
    struct timespec told[2];
    for (int n = 0; n < 2; n++)
        told[n] = (struct timespec){times[n].tv_sec, times[n].tv_usec * 1000};
    return utimensat(AT_FDCWD, name, told, 0);
}
int utime(const char *name, const struct utimbuf *times) {
    if (!times) return utimensat(AT_FDCWD, name, NULL, 0);
    struct timespec told[2] = {{times->actime, 0}, {times->modtime, 0}};
    return utimensat(AT_FDCWD, name, told, 0);
}

int fchmod(int fd, mode_t mode) {
    REAL(int, fchmod, int, mode_t);
    char path[PLACE];
    if (!WATCHED_HANDLE(fd)) return real(fd, mode);
    EFFECT(real(fd, mode), MODE, "", NULL, .number = mode);
}
int fchmodat(int folder, const char *name, mode_t mode, int flags) {
    REAL(int, fchmodat, int, const char *, mode_t, int);
    char path[PLACE];
    if (!WATCHED_NAME(folder, name)) return real(folder, name, mode, flags);
    EFFECT(real(folder, name, mode, flags), MODE, "", NULL, .number = mode);
}
int chmod(const char *name, mode_t mode) { return fchmodat(AT_FDCWD, name, mode, 0); }
