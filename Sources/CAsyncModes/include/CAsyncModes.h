// The calls of the system that Swift's view of the C library leaves out.
#ifndef CASYNCMODES_H
#define CASYNCMODES_H

#include <sys/types.h>

/// Names the calling thread; only the first 15 bytes count.
void async_modes_name_thread(const char *name);

/// accept4(2) with SOCK_NONBLOCK and SOCK_CLOEXEC.
/// `address` is a `struct sockaddr_storage`.
int async_modes_accept(int listener, void *address, unsigned *length);

/// The number of cores that this process may run on; 0 if the system does not say.
int async_modes_cores(void);

/// recv(2), but no point at which a thread can be cancelled: the C library's own has two atomic operations more in a
/// process with threads, and nobody cancels threads here. For sockets that do not block.
ssize_t async_modes_receive(int descriptor, void *bytes, size_t count);

/// send(2) with MSG_NOSIGNAL, in the same way.
ssize_t async_modes_send(int descriptor, const void *bytes, size_t count);

/// Fills memory with random bytes from the system that nobody can guess; ends the process if the system gives none.
void async_modes_random(void *bytes, size_t count);

#endif
