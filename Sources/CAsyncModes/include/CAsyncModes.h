// The calls of the system that Swift's view of the C library leaves out.
#ifndef CASYNCMODES_H
#define CASYNCMODES_H

/// Names the calling thread; only the first 15 bytes count.
void async_modes_name_thread(const char *name);

/// accept4(2) with SOCK_NONBLOCK and SOCK_CLOEXEC.
/// `address` is a `struct sockaddr_storage`.
int async_modes_accept(int listener, void *address, unsigned *length);

/// The number of cores that this process may run on; 0 if the system does not say.
int async_modes_cores(void);

#endif
