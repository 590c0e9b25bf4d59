// Lets writes or syncs of the log's files fail, for a process that has this library preloaded.
//
// FAILING_DISK names a file; while it is there, its first word says what fails:
//   sync    fdatasync and fsync, with EIO
//   write   pwrite, with ENOSPC
// and a second word, `once`, that only the first such call fails: the file is renamed to *.failed by it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int is_of_log(int descriptor) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, "/log.db") != NULL;
}

static int fails(const char *what, int descriptor) {
  const char *order = getenv("FAILING_DISK");
  if (order == NULL || access(order, F_OK) != 0 || !is_of_log(descriptor)) return 0;
  char words[32] = "", done[4096];
  int file = open(order, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t length = read(file, words, sizeof words - 1);
  close(file);
  if (length <= 0 || strncmp(words, what, strlen(what)) != 0) return 0;
  if (strstr(words, "once") == NULL) return 1;
  snprintf(done, sizeof done, "%s.failed", order);
  return rename(order, done) == 0;
}

int fdatasync(int descriptor) {
  static int (*real)(int);
  if (real == NULL) real = dlsym(RTLD_NEXT, "fdatasync");
  if (!fails("sync", descriptor)) return real(descriptor);
  errno = EIO;
  return -1;
}

int fsync(int descriptor) {
  static int (*real)(int);
  if (real == NULL) real = dlsym(RTLD_NEXT, "fsync");
  if (!fails("sync", descriptor)) return real(descriptor);
  errno = EIO;
  return -1;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t at) {
  static ssize_t (*real)(int, const void *, size_t, off64_t);
  if (real == NULL) real = dlsym(RTLD_NEXT, "pwrite64");
  if (!fails("write", descriptor)) return real(descriptor, bytes, count, at);
  errno = ENOSPC;
  return -1;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t at) { return pwrite64(descriptor, bytes, count, at); }
