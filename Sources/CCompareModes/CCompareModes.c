#define _GNU_SOURCE
#include "CCompareModes.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/timerfd.h>

int compare_modes_cores(int *cores, int capacity) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 0;
  int count = 0;
  for (int core = 0; core < CPU_SETSIZE; core++) {
    if (!CPU_ISSET(core, &set)) continue;
    if (count < capacity) cores[count] = core;
    count++;
  }
  return count;
}

int compare_modes_pin(const int *cores, int count) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int i = 0; i < count; i++) CPU_SET(cores[i], &set);
  return sched_setaffinity(0, sizeof set, &set) == 0 ? 0 : errno;
}

int compare_modes_timer(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK); }

void compare_modes_timer_set(int timer, uint64_t nanoseconds) {
  struct itimerspec time = {0};
  time.it_value.tv_sec = (time_t)(nanoseconds / 1000000000);
  time.it_value.tv_nsec = (long)(nanoseconds % 1000000000);
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &time, 0);
}

long compare_modes_raise_open_files(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return (long)limit.rlim_cur;
}
