/* Preloaded before libfiu into the program whose storage fails. libfiu decides at random which call fails and with
 * which error; this file decides which calls libfiu sees, and counts the calls that failed.
 *
 * libfiu alone would fail every write of the process, sockets and the wake-ups of its event loop included, and it
 * keeps no count. Calls on anything but regular files below the folder PROVE_GATE_FOLDER go straight to the kernel.
 *
 * The file PROVE_GATE_FILE is shared with the program that runs the trial. See gate.rs for its fields. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct gate {
    uint64_t open;             /* whether libfiu sees calls */
    uint64_t write_enospc;     /* calls that libfiu failed */
    uint64_t write_eio;
    uint64_t sync_enospc;
    uint64_t sync_eio;
    uint64_t full;             /* writes that the kernel failed with ENOSPC */
    uint64_t data_syncs;       /* syncs of files whose path matches PROVE_GATE_DATA */
    uint64_t unused;
    char pattern[64];          /* with an open gate: what the path must match */
};

static struct gate *gate;
static const char *folder, *data;

__attribute__((constructor)) static void enter(void)
{
    const char *path = getenv("PROVE_GATE_FILE");
    folder = getenv("PROVE_GATE_FOLDER");
    data = getenv("PROVE_GATE_DATA");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0 || !folder || !data)
        return;
    void *page = mmap(NULL, sizeof(struct gate), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (page != MAP_FAILED)
        gate = page;
}

/* Whether `fd` is a regular file in the folder; its path is left in `path`. */
static int is_ours(int fd, char *path, size_t size)
{
    struct stat status;
    char link[40];
    if (!gate || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, size - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return strncmp(path, folder, strlen(folder)) == 0;
}

/* Whether `path` contains `pattern`, or ends with it where a `$` follows. */
static int matches(const char *path, const char *pattern)
{
    size_t length = strlen(path), part = strlen(pattern);
    if (part == 0 || pattern[part - 1] != '$')
        return strstr(path, pattern) != NULL;
    part--;
    return length >= part && strncmp(path + length - part, pattern, part) == 0;
}

static int is_open(const char *path)
{
    return __atomic_load_n(&gate->open, __ATOMIC_SEQ_CST) && matches(path, gate->pattern);
}

static void count(uint64_t *counter)
{
    int saved = errno;
    __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
    errno = saved;
}

#define TO_LIBFIU(name) \
    static __typeof__(name) *next; \
    if (!next) \
        next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name);

#define WRITING(name, arguments, passed, kernel) \
    ssize_t name arguments \
    { \
        char path[4096]; \
        int saved = errno; \
        int ours = is_ours(fd, path, sizeof path); \
        errno = saved; \
        if (ours && is_open(path)) { \
            TO_LIBFIU(name) \
            ssize_t result = next passed; \
            if (result < 0 && errno == ENOSPC) \
                count(&gate->write_enospc); \
            if (result < 0 && errno == EIO) \
                count(&gate->write_eio); \
            return result; \
        } \
        ssize_t result = kernel; \
        if (ours && result < 0 && errno == ENOSPC) \
            count(&gate->full); \
        return result; \
    }

#define HALVES(offset) (long)(offset), (long)((uint64_t)(offset) >> 32)

WRITING(write, (int fd, const void *bytes, size_t length), (fd, bytes, length),
        syscall(SYS_write, fd, bytes, length))
WRITING(pwrite, (int fd, const void *bytes, size_t length, off_t at), (fd, bytes, length, at),
        syscall(SYS_pwrite64, fd, bytes, length, at))
WRITING(pwrite64, (int fd, const void *bytes, size_t length, off64_t at), (fd, bytes, length, at),
        syscall(SYS_pwrite64, fd, bytes, length, at))
WRITING(writev, (int fd, const struct iovec *parts, int count_of), (fd, parts, count_of),
        syscall(SYS_writev, fd, parts, count_of))
WRITING(pwritev, (int fd, const struct iovec *parts, int count_of, off_t at), (fd, parts, count_of, at),
        syscall(SYS_pwritev, fd, parts, count_of, HALVES(at)))

#define SYNCING(name, number) \
    int name(int fd) \
    { \
        char path[4096]; \
        int ours = is_ours(fd, path, sizeof path); \
        if (ours && matches(path, data)) \
            count(&gate->data_syncs); \
        if (ours && is_open(path)) { \
            TO_LIBFIU(name) \
            int result = next(fd); \
            if (result < 0 && errno == ENOSPC) \
                count(&gate->sync_enospc); \
            if (result < 0 && errno == EIO) \
                count(&gate->sync_eio); \
            return result; \
        } \
        return (int)syscall(number, fd); \
    }

SYNCING(fsync, SYS_fsync)
SYNCING(fdatasync, SYS_fdatasync)

/* Space that is reserved without being written: only counted. The C library writes zeroes where the file system
 * can't reserve, and those writes are the kernel's. */
int posix_fallocate(int fd, off_t at, off_t length)
{
    char path[4096];
    int ours = is_ours(fd, path, sizeof path);
    TO_LIBFIU(posix_fallocate)
    int result = next(fd, at, length);
    if (ours && result == ENOSPC)
        count(&gate->full);
    return result;
}

int fallocate64(int fd, int mode, off64_t at, off64_t length)
{
    char path[4096];
    int ours = is_ours(fd, path, sizeof path);
    TO_LIBFIU(fallocate64)
    int result = next(fd, mode, at, length);
    if (ours && result < 0 && errno == ENOSPC)
        count(&gate->full);
    return result;
}
