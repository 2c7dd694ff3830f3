// epoll(7) and eventfd(2), which Swift's view of the C library leaves out.
#ifndef CEPOLL_H
#define CEPOLL_H

#include <stdint.h>

/// What became ready.
typedef struct {
  void *data;
  int readable;
  int writable;
} cepoll_event;

int cepoll_create(void);
int cepoll_eventfd(void);
void cepoll_signal(int eventfd);
void cepoll_drain(int eventfd);
/// Watches a descriptor; answers 0 or an errno.
int cepoll_add(int epoll, int descriptor, int readable, int writable, void *data);
int cepoll_change(int epoll, int descriptor, int readable, int writable, void *data);
void cepoll_remove(int epoll, int descriptor);
/// Waits at most `milliseconds` (-1: without end); answers how many events were stored.
int cepoll_wait(int epoll, cepoll_event *events, int capacity, int milliseconds);

#endif
