#define _GNU_SOURCE
#include "CLibuv.h"

#ifdef LIBUV
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static clibuv_table table;
static const clibuv_table *loaded;
static char error[512] = "";
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
  const char *name = getenv("LIBUV_LIBRARY");
  if (!name || !*name) name = "libuv.so.1";
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(error, sizeof error, "%s", dlerror());
    return;
  }
#define CLIBUV_LOOKUP(function)                                                           \
  table.function = (__typeof__(table.function))dlsym(library, #function);                 \
  if (!table.function) {                                                                  \
    snprintf(error, sizeof error, "%s has no function %s", name, #function);              \
    return;                                                                               \
  }
  CLIBUV_FUNCTIONS(CLIBUV_LOOKUP)
  loaded = &table;
}

const clibuv_table *clibuv_load(void) {
  pthread_once(&once, load);
  return loaded;
}

const char *clibuv_error(void) { return error; }
#else
typedef int clibuv_is_left_out;
#endif
