// Lets ThreadSanitizer see the locks of Swift's Synchronization module; nothing without it.
#ifndef CRACECHECK_H
#define CRACECHECK_H
#endif
