#define _GNU_SOURCE
#include "CAsyncModes.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

void async_modes_name_thread(const char *name) {
  char shortened[16] = {0};
  strncpy(shortened, name, sizeof shortened - 1);
  pthread_setname_np(pthread_self(), shortened);
}

int async_modes_accept(int listener, void *address, unsigned *length) {
  return accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int async_modes_cores(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}

ssize_t async_modes_receive(int descriptor, void *bytes, size_t count) {
#ifdef SYS_recvfrom
  return syscall(SYS_recvfrom, descriptor, bytes, count, 0, NULL, NULL);
#else
  return recv(descriptor, bytes, count, 0);
#endif
}

ssize_t async_modes_send(int descriptor, const void *bytes, size_t count) {
#ifdef SYS_sendto
  return syscall(SYS_sendto, descriptor, bytes, count, MSG_NOSIGNAL, NULL, 0);
#else
  return send(descriptor, bytes, count, MSG_NOSIGNAL);
#endif
}

void async_modes_random(void *bytes, size_t count) {
  for (size_t done = 0; done < count;) {
    ssize_t more = getrandom((char *)bytes + done, count - done, 0);
    if (more > 0) done += (size_t)more;
    // Like Swift's own generator: ids that could be guessed are worse than no server.
    else if (errno != EINTR) abort();
  }
}
