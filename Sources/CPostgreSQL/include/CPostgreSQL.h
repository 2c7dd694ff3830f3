// libpq, found at run time: a table of the functions that are used, typed by the header, linked against nothing.
#ifndef CPOSTGRESQL_H
#define CPOSTGRESQL_H

#include "CLibraryTable.h"

#ifdef POSTGRESQL
#if __has_include(<postgresql/libpq-fe.h>)
#include <postgresql/libpq-fe.h>
#elif __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#else
#error "libpq-fe.h is missing: install the Debian package libpq-dev, or build without the package trait PostgreSQL"
#endif

#define POSTGRESQL_FUNCTIONS(F) \
  F(PQconnectdbParams) F(PQfinish) F(PQstatus) F(PQerrorMessage) F(PQsocket) F(PQsetnonblocking) F(PQsendQueryParams) \
  F(PQflush) F(PQconsumeInput) F(PQisBusy) F(PQgetResult) F(PQresultStatus) F(PQresultErrorMessage) F(PQclear)        \
  F(PQntuples) F(PQgetvalue) F(PQgetlength) F(PQnotifies) F(PQfreemem)

typedef struct {
  POSTGRESQL_FUNCTIONS(LIBRARY_MEMBER)
} cpostgresql_table;

/// The functions, or NULL if the library cannot be loaded. Looked up once, for all threads.
const cpostgresql_table *cpostgresql_load(void);

/// Why the library cannot be loaded.
const char *cpostgresql_error(void);
#endif
#endif
