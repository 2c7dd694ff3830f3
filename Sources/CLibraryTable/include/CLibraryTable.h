// Shared libraries that are found at run time: nothing is linked against them, so a program starts without them.
#ifndef CLIBRARYTABLE_H
#define CLIBRARYTABLE_H

#include <pthread.h>
#include <stdbool.h>

/// A library and the functions of it that are used.
typedef struct {
  /// The environment variable that names another file, and the file if it names none.
  const char *variable, *file;
  /// What to do if the file is missing; NULL if the caller says it.
  const char *remedy;
  /// The names of the functions, with NULL behind them, and the table that gets them in that order.
  const char *const *names;
  void **table;
  pthread_mutex_t lock;
  bool is_tried, is_loaded;
  char error[512];
} library_table;

#define LIBRARY_NAME(function) #function,
#define LIBRARY_MEMBER(function) __typeof__(&function) function;

/// The description of a library, where FUNCTIONS(F) calls F for each name and `functions` is a struct of
/// LIBRARY_MEMBERs.
#define LIBRARY_TABLE(variable_name, file_name, remedy_text, FUNCTIONS, functions)         \
  {                                                                                         \
    .variable = variable_name, .file = file_name, .remedy = remedy_text,                    \
    .names = (const char *const[]){FUNCTIONS(LIBRARY_NAME) NULL}, .table = (void **)&functions, \
    .lock = PTHREAD_MUTEX_INITIALIZER,                                                      \
  }

/// Fills the table, at the first call for all threads and calls.
///
/// Returns whether every function was found; if not, `error` says why.
bool library_table_load(library_table *library);

#endif
