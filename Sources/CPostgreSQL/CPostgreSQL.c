#define _GNU_SOURCE
#include "CPostgreSQL.h"

#ifdef POSTGRESQL
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static cpostgresql_table table;
static const cpostgresql_table *loaded;
static char error[512];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
  const char *name = getenv("POSTGRESQL_LIBRARY");
  if (!name || !*name) name = "libpq.so.5";
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(error, sizeof error, "%s; install the Debian package libpq5", dlerror());
    return;
  }
#define LOOKUP(function)                                                                  \
  table.function = (__typeof__(table.function))dlsym(library, #function);                 \
  if (!table.function) {                                                                  \
    snprintf(error, sizeof error, "%s has no function %s", name, #function);              \
    return;                                                                               \
  }
  POSTGRESQL_FUNCTIONS(LOOKUP)
  loaded = &table;
}

const cpostgresql_table *cpostgresql_load(void) {
  pthread_once(&once, load);
  return loaded;
}

const char *cpostgresql_error(void) { return error; }
#else
typedef int cpostgresql_is_left_out;
#endif
