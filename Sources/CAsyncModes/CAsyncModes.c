#define _GNU_SOURCE
#include "CAsyncModes.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

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
