#define _GNU_SOURCE
#include "CRaceCheck.h"

// Mutex of Swift's Synchronization module takes a lock that is free in code that is inlined, and which ThreadSanitizer
// sees. For one that is held it calls the library, which is built without the sanitizer: the order that the lock makes
// goes unseen, and all that it protects is said to race. These functions stand in front of the library's, call them, and
// tell the sanitizer.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#include <dlfcn.h>
#include <stdint.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

SWIFT void race_check_lock(uint32_t thread, SELF) __asm__(LOCK);
SWIFT _Bool race_check_try_lock(SELF) __asm__(TRY_LOCK);
SWIFT void race_check_unlock(SELF) __asm__(UNLOCK);

SWIFT void race_check_lock(uint32_t thread, SELF) {
  SWIFT void (*original)(uint32_t, SELF) = (SWIFT void (*)(uint32_t, SELF))dlsym(RTLD_NEXT, LOCK);
  original(thread, self);
  __tsan_acquire(self);
}

SWIFT _Bool race_check_try_lock(SELF) {
  SWIFT _Bool (*original)(SELF) = (SWIFT _Bool (*)(SELF))dlsym(RTLD_NEXT, TRY_LOCK);
  _Bool taken = original(self);
  if (taken) __tsan_acquire(self);
  return taken;
}

SWIFT void race_check_unlock(SELF) {
  SWIFT void (*original)(SELF) = (SWIFT void (*)(SELF))dlsym(RTLD_NEXT, UNLOCK);
  __tsan_release(self);
  original(self);
}
#endif
#endif
