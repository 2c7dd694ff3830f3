#include "CLibuv.h"

#ifdef LIBUV
static clibuv_table table;
static library_table library = LIBRARY_TABLE("LIBUV_LIBRARY", "libuv.so.1", NULL, CLIBUV_FUNCTIONS, table);

const clibuv_table *clibuv_load(void) { return library_table_load(&library) ? &table : NULL; }

const char *clibuv_error(void) { return library.error; }
#else
typedef int clibuv_is_left_out;
#endif
