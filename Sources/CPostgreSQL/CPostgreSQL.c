#include "CPostgreSQL.h"

#ifdef POSTGRESQL
static cpostgresql_table table;
static library_table library =
    LIBRARY_TABLE("POSTGRESQL_LIBRARY", "libpq.so.5", "install the Debian package libpq5", POSTGRESQL_FUNCTIONS, table);

const cpostgresql_table *cpostgresql_load(void) { return library_table_load(&library) ? &table : NULL; }

const char *cpostgresql_error(void) { return library.error; }
#else
typedef int cpostgresql_is_left_out;
#endif
