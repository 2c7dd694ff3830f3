#define _GNU_SOURCE
#include "CKafka.h"

#ifdef KAFKA
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static ckafka_table table;
static const ckafka_table *loaded;
static char error[512];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
  const char *name = getenv("KAFKA_LIBRARY");
  if (!name || !*name) name = "librdkafka.so.1";
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(error, sizeof error, "%s; install the Debian package librdkafka1", dlerror());
    return;
  }
#define LOOKUP(function)                                                                  \
  table.function = (__typeof__(table.function))dlsym(library, #function);                 \
  if (!table.function) {                                                                  \
    snprintf(error, sizeof error, "%s has no function %s", name, #function);              \
    return;                                                                               \
  }
  KAFKA_FUNCTIONS(LOOKUP)
  loaded = &table;
}

const ckafka_table *ckafka_load(void) {
  pthread_once(&once, load);
  return loaded;
}

const char *ckafka_error(void) { return error; }
#else
typedef int ckafka_is_left_out;
#endif
