// The calls of the system that Swift's view of the C library leaves out.
#ifndef CCOMPAREMODES_H
#define CCOMPAREMODES_H

#include <stdint.h>

/// The numbers of the cores that the calling thread may run on.
/// Returns how many there are; at most `capacity` are written. 0 if the system does not say.
int compare_modes_cores(int *cores, int capacity);

/// Lets the calling thread, and what it starts from now on, run on these cores only.
/// Returns 0, or an errno.
int compare_modes_pin(const int *cores, int count);

/// A descriptor that becomes readable at a time; -1 if there is none.
int compare_modes_timer(void);

/// Makes a timer readable at `nanoseconds` of the monotonic clock, or never at 0.
void compare_modes_timer_set(int timer, uint64_t nanoseconds);

/// Lets this process open as many files as it may; returns how many.
long compare_modes_raise_open_files(void);

/// Answers the load of this program on a port of 127.0.0.1 for as little as the kernel asks for; see Floor.c.
/// Returns only if that fails: an errno.
int compare_modes_floor(int port);

#endif
