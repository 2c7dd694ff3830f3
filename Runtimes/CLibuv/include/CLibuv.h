// libuv, found at run time: a table of the functions that are used, typed by the header, linked against nothing.
#ifndef CLIBUV_H
#define CLIBUV_H

#include "CLibraryTable.h"

#ifdef LIBUV
#if __has_include(<uv.h>)
#include <uv.h>
#else
#error "uv.h is missing: install the Debian package libuv1-dev, or build without libuv: --disable-default-traits"
#endif

#define CLIBUV_FUNCTIONS(F) \
  F(uv_version_string) F(uv_strerror) F(uv_loop_init) F(uv_loop_close) F(uv_run) F(uv_stop) F(uv_close) F(uv_update_time) \
  F(uv_async_init) F(uv_async_send) F(uv_timer_init) F(uv_timer_start) F(uv_timer_stop) F(uv_check_init) \
  F(uv_check_start) F(uv_idle_init) F(uv_idle_start) F(uv_idle_stop) F(uv_poll_init_socket) F(uv_poll_start) F(uv_poll_stop)

typedef struct {
  CLIBUV_FUNCTIONS(LIBRARY_MEMBER)
} clibuv_table;

/// The functions, or NULL if the library cannot be loaded. Looked up once, for all threads.
const clibuv_table *clibuv_load(void);

/// Why the library cannot be loaded.
const char *clibuv_error(void);

static inline uv_handle_t *clibuv_handle(void *handle) { return (uv_handle_t *)handle; }
#endif
#endif
