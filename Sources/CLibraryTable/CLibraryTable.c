#define _GNU_SOURCE
#include "CLibraryTable.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static bool load(library_table *library) {
  const char *file = getenv(library->variable);
  if (!file || !*file) file = library->file;
  void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *remedy = library->remedy ? library->remedy : "";
    snprintf(library->error, sizeof library->error, "%s%s%s", dlerror(), *remedy ? "; " : "", remedy);
    return false;
  }
  for (int i = 0; library->names[i]; i++) {
    library->table[i] = dlsym(handle, library->names[i]);
    if (!library->table[i]) {
      snprintf(library->error, sizeof library->error, "%s has no function %s", file, library->names[i]);
      return false;
    }
  }
  return true;
}

bool library_table_load(library_table *library) {
  pthread_mutex_lock(&library->lock);
  if (!library->is_tried) library->is_loaded = load(library);
  library->is_tried = true;
  bool is_loaded = library->is_loaded;
  pthread_mutex_unlock(&library->lock);
  return is_loaded;
}
