#include "CKafka.h"

#ifdef KAFKA
static ckafka_table table;
static library_table library =
    LIBRARY_TABLE("KAFKA_LIBRARY", "librdkafka.so.1", "install the Debian package librdkafka1", KAFKA_FUNCTIONS, table);

const ckafka_table *ckafka_load(void) { return library_table_load(&library) ? &table : NULL; }

const char *ckafka_error(void) { return library.error; }
#else
typedef int ckafka_is_left_out;
#endif
