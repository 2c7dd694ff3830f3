// RabbitMQ by librabbitmq, found at run time: the few calls that a message queue needs, over one connection and channel.
#ifndef CRABBITMQ_H
#define CRABBITMQ_H

#ifdef RABBITMQ
#include <stddef.h>
#include <stdint.h>

#if !__has_include(<amqp.h>)
#error "amqp.h is missing: install the Debian package librabbitmq-dev, or build without the package trait RabbitMQ"
#endif

typedef struct crabbitmq crabbitmq;

typedef struct {
  const char *host, *virtual_host, *user, *password;
  /// A file of authorities for TLS, or NULL for a plain connection.
  const char *authorities;
  int port;
  /// For connecting and for answers, in seconds; heartbeats go both ways within it.
  int timeout;
} crabbitmq_settings;

typedef enum { CRABBITMQ_NOTHING, CRABBITMQ_MESSAGE, CRABBITMQ_CONFIRMED, CRABBITMQ_REJECTED, CRABBITMQ_LOST } crabbitmq_kind;

typedef struct {
  crabbitmq_kind kind;
  /// Of a message: its content, valid until the next call, and the exchange that it came through.
  const void *bytes;
  size_t count;
  const char *exchange;
  size_t exchange_count;
  /// Of a confirmation: its delivery tag, and whether it stands for all before it.
  uint64_t tag;
  int is_multiple;
} crabbitmq_event;

/// Looks the library up; NULL, or why it cannot be used.
const char *crabbitmq_load(void);
/// Connects, opens a channel with publisher confirms and a queue of its own, and starts to consume from it. Never NULL;
/// see crabbitmq_error.
crabbitmq *crabbitmq_open(const crabbitmq_settings *settings, const char *queue, long max_queue_bytes);
/// Why the last call failed, or the empty text.
const char *crabbitmq_error(const crabbitmq *connection);
int crabbitmq_descriptor(const crabbitmq *connection);
/// Declares a fanout exchange, and lets its messages come to the queue if `is_bound`. 0, or -1 if the connection is lost.
int crabbitmq_declare(crabbitmq *connection, const char *exchange, int is_bound);
/// Publishes to an exchange; the empty name sends to the connection's own queue.
int crabbitmq_publish(crabbitmq *connection, const char *exchange, const void *bytes, size_t count);
/// The next thing that has come; does not wait.
crabbitmq_event crabbitmq_next(crabbitmq *connection);
void crabbitmq_close(crabbitmq *connection);
#endif
#endif
