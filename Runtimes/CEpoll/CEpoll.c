#define _GNU_SOURCE
#include "CEpoll.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CAPACITY 256

int cepoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }
int cepoll_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void cepoll_signal(int eventfd) {
  uint64_t one = 1;
  ssize_t ignored = write(eventfd, &one, sizeof one);
  (void)ignored;
}

void cepoll_drain(int eventfd) {
  uint64_t count;
  ssize_t ignored = read(eventfd, &count, sizeof count);
  (void)ignored;
}

static int control(int epoll, int operation, int descriptor, int readable, int writable, void *data) {
  struct epoll_event event = {.events = (readable ? EPOLLIN : 0) | (writable ? EPOLLOUT : 0), .data.ptr = data};
  return epoll_ctl(epoll, operation, descriptor, &event) == 0 ? 0 : errno;
}

int cepoll_add(int epoll, int descriptor, int readable, int writable, void *data) {
  return control(epoll, EPOLL_CTL_ADD, descriptor, readable, writable, data);
}

int cepoll_change(int epoll, int descriptor, int readable, int writable, void *data) {
  return control(epoll, EPOLL_CTL_MOD, descriptor, readable, writable, data);
}

void cepoll_remove(int epoll, int descriptor) { epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, 0); }

int cepoll_wait(int epoll, cepoll_event *events, int capacity, int milliseconds) {
  struct epoll_event ready[CAPACITY];
  int count = epoll_wait(epoll, ready, capacity < CAPACITY ? capacity : CAPACITY, milliseconds);
  for (int i = 0; i < count; i++) {
    int broken = (ready[i].events & (EPOLLERR | EPOLLHUP)) != 0;
    events[i].data = ready[i].data.ptr;
    events[i].readable = broken || (ready[i].events & EPOLLIN) != 0;
    events[i].writable = broken || (ready[i].events & EPOLLOUT) != 0;
  }
  return count;
}
