// librdkafka, found at run time: a table of the functions that are used, typed by the header, linked against nothing.
#ifndef CKAFKA_H
#define CKAFKA_H

#include "CLibraryTable.h"

#ifdef KAFKA
#if __has_include(<librdkafka/rdkafka.h>)
#include <librdkafka/rdkafka.h>
#else
#error "rdkafka.h is missing: install the Debian package librdkafka-dev, or build without the package trait Kafka"
#endif

#define KAFKA_FUNCTIONS(F) \
  F(rd_kafka_conf_new) F(rd_kafka_conf_set) F(rd_kafka_conf_destroy) F(rd_kafka_conf_set_events) F(rd_kafka_new)       \
  F(rd_kafka_destroy) F(rd_kafka_err2str) F(rd_kafka_last_error) F(rd_kafka_topic_new) F(rd_kafka_topic_destroy)      \
  F(rd_kafka_metadata) F(rd_kafka_metadata_destroy) F(rd_kafka_query_watermark_offsets) F(rd_kafka_queue_new)         \
  F(rd_kafka_queue_get_main) F(rd_kafka_queue_destroy) F(rd_kafka_queue_io_event_enable) F(rd_kafka_queue_poll)       \
  F(rd_kafka_consume_start_queue) F(rd_kafka_consume_stop) F(rd_kafka_consume_queue) F(rd_kafka_message_destroy)      \
  F(rd_kafka_produce) F(rd_kafka_flush) F(rd_kafka_event_type) F(rd_kafka_event_message_next) F(rd_kafka_event_error) \
  F(rd_kafka_event_error_string) F(rd_kafka_event_destroy)

typedef struct {
  KAFKA_FUNCTIONS(LIBRARY_MEMBER)
} ckafka_table;

/// The functions, or NULL if the library cannot be loaded. Looked up once, for all threads.
const ckafka_table *ckafka_load(void);

/// Why the library cannot be loaded.
const char *ckafka_error(void);
#endif
#endif
