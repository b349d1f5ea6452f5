/* Preloaded into the program whose storage fails: the failure points of libfiu. libfiu decides at random which call
 * fails; this file asks it for writes and syncs of regular files below the folder PROVE_GATE_FOLDER, while the gate is
 * open, and counts what failed.
 *
 * Debian's fiu_posix_preload.so has failure points of its own, but fails every write of the process, sockets and the
 * wake-ups of its event loop included, keeps no count, and ends PostgreSQL, which has a function of its own that is
 * called hash_create, too.
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
    uint64_t open;             /* whether libfiu is asked */
    uint64_t write_error;      /* errno of writes that fail */
    uint64_t sync_error;       /* errno of syncs that fail */
    uint64_t write_enospc;     /* calls that libfiu failed */
    uint64_t write_eio;
    uint64_t sync_enospc;
    uint64_t sync_eio;
    uint64_t full;             /* writes that the kernel failed with ENOSPC */
    uint64_t data_syncs;       /* syncs of files whose path matches PROVE_GATE_DATA */
    uint64_t often;            /* whether every second call fails, for files that are seldom written */
    uint64_t unused[6];
    char pattern[64];          /* with an open gate: what the path must match */
};

static struct gate *gate;
static const char *folder, *data;
static int (*should_fail)(const char *point);

/* libfiu, apart from the names of the program and its libraries. */
static int bring_libfiu(void)
{
    void *libfiu = dlopen("libfiu.so.0", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (!libfiu) {
        fprintf(stderr, "%s\n", dlerror());
        return 0;
    }
    int (*init)(unsigned) = (int (*)(unsigned))dlsym(libfiu, "fiu_init");
    int (*enable)(const char *, int, void *, unsigned, float) =
        (int (*)(const char *, int, void *, unsigned, float))dlsym(libfiu, "fiu_enable_random");
    should_fail = (int (*)(const char *))dlsym(libfiu, "fiu_fail");
    const char *probability = getenv("PROVE_GATE_PROBABILITY");
    if (!init || !enable || !should_fail || !probability || init(0) != 0)
        return 0;
    float chance = strtof(probability, NULL);
    return enable("storage/write", 1, NULL, 0, chance) == 0 &&
           /* There are fewer of them. */
           enable("storage/sync", 1, NULL, 0, 2 * chance) == 0 && enable("storage/often", 1, NULL, 0, 0.5F) == 0;
}

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
    if (page != MAP_FAILED && bring_libfiu())
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

/* Whether libfiu has this call fail; errno is set then. */
static int fails(const char *point, const char *path, uint64_t *error, uint64_t *enospc, uint64_t *eio)
{
    if (!is_open(path))
        return 0;
    uint64_t often = __atomic_load_n(&gate->often, __ATOMIC_SEQ_CST);
    if (!should_fail(often ? "storage/often" : point))
        return 0;
    errno = (int)__atomic_load_n(error, __ATOMIC_SEQ_CST);
    count(errno == ENOSPC ? enospc : eio);
    return 1;
}

#define WRITING(name, arguments, kernel) \
    ssize_t name arguments \
    { \
        char path[4096]; \
        int saved = errno; \
        int ours = is_ours(fd, path, sizeof path); \
        errno = saved; \
        if (ours && fails("storage/write", path, &gate->write_error, &gate->write_enospc, &gate->write_eio)) \
            return -1; \
        ssize_t result = kernel; \
        if (ours && result < 0 && errno == ENOSPC) \
            count(&gate->full); \
        return result; \
    }

#define HALVES(offset) (long)(offset), (long)((uint64_t)(offset) >> 32)

WRITING(write, (int fd, const void *bytes, size_t length), syscall(SYS_write, fd, bytes, length))
WRITING(pwrite, (int fd, const void *bytes, size_t length, off_t at), syscall(SYS_pwrite64, fd, bytes, length, at))
WRITING(pwrite64, (int fd, const void *bytes, size_t length, off64_t at), syscall(SYS_pwrite64, fd, bytes, length, at))
WRITING(writev, (int fd, const struct iovec *parts, int parts_count), syscall(SYS_writev, fd, parts, parts_count))
WRITING(pwritev, (int fd, const struct iovec *parts, int parts_count, off_t at),
        syscall(SYS_pwritev, fd, parts, parts_count, HALVES(at)))

#define SYNCING(name, number) \
    int name(int fd) \
    { \
        char path[4096]; \
        int ours = is_ours(fd, path, sizeof path); \
        if (ours && matches(path, data)) \
            count(&gate->data_syncs); \
        if (ours && fails("storage/sync", path, &gate->sync_error, &gate->sync_enospc, &gate->sync_eio)) \
            return -1; \
        return (int)syscall(number, fd); \
    }

SYNCING(fsync, SYS_fsync)
SYNCING(fdatasync, SYS_fdatasync)

#define NEXT(name) \
    static __typeof__(name) *next; \
    if (!next) \
        next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name);

/* Space that is reserved without being written: only counted. The C library writes zeroes where the file system
 * can't reserve, and those writes are the kernel's. */
int posix_fallocate(int fd, off_t at, off_t length)
{
    char path[4096];
    int ours = is_ours(fd, path, sizeof path);
    NEXT(posix_fallocate)
    int result = next(fd, at, length);
    if (ours && result == ENOSPC)
        count(&gate->full);
    return result;
}

int fallocate64(int fd, int mode, off64_t at, off64_t length)
{
    char path[4096];
    int ours = is_ours(fd, path, sizeof path);
    NEXT(fallocate64)
    int result = next(fd, mode, at, length);
    if (ours && result < 0 && errno == ENOSPC)
        count(&gate->full);
    return result;
}
