#include "CLibraryTable.h"
#include "CRabbitMQ.h"

#ifdef RABBITMQ
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define FUNCTIONS(F) \
  F(amqp_new_connection) F(amqp_tcp_socket_new) F(amqp_ssl_socket_new) F(amqp_ssl_socket_set_cacert)                  \
  F(amqp_socket_open_noblock) F(amqp_set_handshake_timeout) F(amqp_set_rpc_timeout) F(amqp_login) F(amqp_channel_open) \
  F(amqp_confirm_select) F(amqp_exchange_declare) F(amqp_queue_declare) F(amqp_queue_bind) F(amqp_basic_consume)      \
  F(amqp_basic_publish) F(amqp_consume_message) F(amqp_simple_wait_frame_noblock) F(amqp_maybe_release_buffers)       \
  F(amqp_destroy_envelope) F(amqp_get_rpc_reply) F(amqp_get_sockfd) F(amqp_error_string2) F(amqp_cstring_bytes)       \
  F(amqp_connection_close) F(amqp_destroy_connection)

static struct {
  FUNCTIONS(LIBRARY_MEMBER)
} lib;
static library_table library =
    LIBRARY_TABLE("RABBITMQ_LIBRARY", "librabbitmq.so.4", "install the Debian package librabbitmq4", FUNCTIONS, lib);

const char *crabbitmq_load(void) { return library_table_load(&library) ? NULL : library.error; }

struct crabbitmq {
  amqp_connection_state_t state;
  char queue[128];
  char error[512];
  amqp_envelope_t envelope;
  int has_envelope, is_open;
};

static const struct timeval no_time = {0, 0};
static const amqp_bytes_t no_bytes = {0, NULL};
static const amqp_table_t no_table = {0, NULL};

static int fail_status(crabbitmq *c, const char *what, int status) {
  snprintf(c->error, sizeof c->error, "%s: %s", what, lib.amqp_error_string2(status));
  return -1;
}

/// Takes the reason from a method by which the server closes the channel or the connection.
static int fail_method(crabbitmq *c, const char *what, amqp_method_t method) {
  if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
    amqp_connection_close_t *m = method.decoded;
    snprintf(c->error, sizeof c->error, "%s: %d %.*s", what, m->reply_code, (int)m->reply_text.len, (char *)m->reply_text.bytes);
  } else if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
    amqp_channel_close_t *m = method.decoded;
    snprintf(c->error, sizeof c->error, "%s: %d %.*s", what, m->reply_code, (int)m->reply_text.len, (char *)m->reply_text.bytes);
  } else {
    snprintf(c->error, sizeof c->error, "%s: method 0x%08X", what, method.id);
  }
  return -1;
}

static int check(crabbitmq *c, const char *what, amqp_rpc_reply_t reply) {
  switch (reply.reply_type) {
    case AMQP_RESPONSE_NORMAL: return 0;
    case AMQP_RESPONSE_SERVER_EXCEPTION: return fail_method(c, what, reply.reply);
    case AMQP_RESPONSE_LIBRARY_EXCEPTION: return fail_status(c, what, reply.library_error);
    default: snprintf(c->error, sizeof c->error, "%s: no answer", what); return -1;
  }
}

static int open_connection(crabbitmq *c, const crabbitmq_settings *s, long max_queue_bytes) {
  struct timeval limit = {s->timeout, 0};
  c->state = lib.amqp_new_connection();
  amqp_socket_t *socket = !c->state ? NULL : s->authorities ? lib.amqp_ssl_socket_new(c->state) : lib.amqp_tcp_socket_new(c->state);
  if (!socket) return snprintf(c->error, sizeof c->error, "no memory for a connection"), -1;
  int status;
  if (s->authorities && (status = lib.amqp_ssl_socket_set_cacert(socket, s->authorities)) != AMQP_STATUS_OK)
    return fail_status(c, s->authorities, status);
  lib.amqp_set_handshake_timeout(c->state, &limit);
  lib.amqp_set_rpc_timeout(c->state, &limit);
  if ((status = lib.amqp_socket_open_noblock(socket, s->host, s->port, &limit)) != AMQP_STATUS_OK)
    return fail_status(c, "connecting", status);
  // A server that does not read must not hold the thread for longer than it may be silent.
  setsockopt(lib.amqp_get_sockfd(c->state), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (check(c, "logging in", lib.amqp_login(c->state, s->virtual_host, 0, 131072, s->timeout, AMQP_SASL_METHOD_PLAIN, s->user, s->password)))
    return -1;
  c->is_open = 1;
  lib.amqp_channel_open(c->state, 1);
  if (check(c, "opening a channel", lib.amqp_get_rpc_reply(c->state))) return -1;
  lib.amqp_confirm_select(c->state, 1);
  if (check(c, "asking for confirms", lib.amqp_get_rpc_reply(c->state))) return -1;
  amqp_table_entry_t entries[2] = {
      {lib.amqp_cstring_bytes("x-max-length-bytes"), {AMQP_FIELD_KIND_I64, {.i64 = max_queue_bytes}}},
      {lib.amqp_cstring_bytes("x-overflow"), {AMQP_FIELD_KIND_UTF8, {.bytes = lib.amqp_cstring_bytes("drop-head")}}}};
  amqp_table_t arguments = {2, entries};
  // Of this connection alone, and gone with it.
  lib.amqp_queue_declare(c->state, 1, lib.amqp_cstring_bytes(c->queue), 0, 0, 1, 1, arguments);
  if (check(c, "declaring a queue", lib.amqp_get_rpc_reply(c->state))) return -1;
  lib.amqp_basic_consume(c->state, 1, lib.amqp_cstring_bytes(c->queue), no_bytes, 0, 1, 1, no_table);
  return check(c, "consuming", lib.amqp_get_rpc_reply(c->state));
}

crabbitmq *crabbitmq_open(const crabbitmq_settings *settings, const char *queue, long max_queue_bytes) {
  crabbitmq *c = calloc(1, sizeof *c);
  if (!c) abort();
  snprintf(c->queue, sizeof c->queue, "%s", queue);
  open_connection(c, settings, max_queue_bytes);
  return c;
}

const char *crabbitmq_error(const crabbitmq *c) { return c->error; }

int crabbitmq_descriptor(const crabbitmq *c) { return lib.amqp_get_sockfd(c->state); }

int crabbitmq_declare(crabbitmq *c, const char *exchange, int is_bound) {
  lib.amqp_exchange_declare(
      c->state, 1, lib.amqp_cstring_bytes(exchange), lib.amqp_cstring_bytes("fanout"), 0, 0, 0, 0, no_table);
  if (check(c, "declaring an exchange", lib.amqp_get_rpc_reply(c->state))) return -1;
  if (!is_bound) return 0;
  lib.amqp_queue_bind(
      c->state, 1, lib.amqp_cstring_bytes(c->queue), lib.amqp_cstring_bytes(exchange), no_bytes, no_table);
  return check(c, "binding the queue", lib.amqp_get_rpc_reply(c->state));
}

int crabbitmq_publish(crabbitmq *c, const char *exchange, const void *bytes, size_t count) {
  amqp_basic_properties_t properties = {0};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_CONTENT_ENCODING_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG;
  properties.content_type = lib.amqp_cstring_bytes("application/data");
  properties.content_encoding = lib.amqp_cstring_bytes("binary");
  properties.delivery_mode = 1;
  amqp_bytes_t body = {count, (void *)bytes};
  const char *key = *exchange ? "" : c->queue;
  int status = lib.amqp_basic_publish(
      c->state, 1, lib.amqp_cstring_bytes(exchange), lib.amqp_cstring_bytes(key), 0, 0, &properties, body);
  return status == AMQP_STATUS_OK ? 0 : fail_status(c, "publishing", status);
}

static crabbitmq_event lost(void) { return (crabbitmq_event){.kind = CRABBITMQ_LOST}; }

crabbitmq_event crabbitmq_next(crabbitmq *c) {
  if (c->has_envelope) lib.amqp_destroy_envelope(&c->envelope);
  c->has_envelope = 0;
  lib.amqp_maybe_release_buffers(c->state);
  for (;;) {
    amqp_rpc_reply_t reply = lib.amqp_consume_message(c->state, &c->envelope, (struct timeval *)&no_time, 0);
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) {
      c->has_envelope = 1;
      return (crabbitmq_event){
          .kind = CRABBITMQ_MESSAGE, .bytes = c->envelope.message.body.bytes, .count = c->envelope.message.body.len,
          .exchange = c->envelope.exchange.bytes, .exchange_count = c->envelope.exchange.len};
    }
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION && reply.library_error == AMQP_STATUS_TIMEOUT)
      return (crabbitmq_event){.kind = CRABBITMQ_NOTHING};
    if (reply.reply_type != AMQP_RESPONSE_LIBRARY_EXCEPTION || reply.library_error != AMQP_STATUS_UNEXPECTED_STATE) {
      check(c, "receiving", reply);
      return lost();
    }
    // Something else than a message.
    amqp_frame_t frame;
    int status = lib.amqp_simple_wait_frame_noblock(c->state, &frame, (struct timeval *)&no_time);
    if (status == AMQP_STATUS_TIMEOUT) return (crabbitmq_event){.kind = CRABBITMQ_NOTHING};
    if (status != AMQP_STATUS_OK) {
      fail_status(c, "receiving", status);
      return lost();
    }
    if (frame.frame_type != AMQP_FRAME_METHOD) continue;
    switch (frame.payload.method.id) {
      case AMQP_BASIC_ACK_METHOD: {
        amqp_basic_ack_t *ack = frame.payload.method.decoded;
        return (crabbitmq_event){.kind = CRABBITMQ_CONFIRMED, .tag = ack->delivery_tag, .is_multiple = ack->multiple};
      }
      case AMQP_BASIC_NACK_METHOD: {
        amqp_basic_nack_t *nack = frame.payload.method.decoded;
        return (crabbitmq_event){.kind = CRABBITMQ_REJECTED, .tag = nack->delivery_tag, .is_multiple = nack->multiple};
      }
      case AMQP_BASIC_CANCEL_METHOD:
        snprintf(c->error, sizeof c->error, "the server has taken the queue away");
        return lost();
      case AMQP_CHANNEL_CLOSE_METHOD:
      case AMQP_CONNECTION_CLOSE_METHOD:
        fail_method(c, "the server closed", frame.payload.method);
        return lost();
      default: break;
    }
  }
}

void crabbitmq_close(crabbitmq *c) {
  if (c->has_envelope) lib.amqp_destroy_envelope(&c->envelope);
  if (c->state) {
    if (c->is_open && !c->error[0]) lib.amqp_connection_close(c->state, AMQP_REPLY_SUCCESS);
    lib.amqp_destroy_connection(c->state);
  }
  free(c);
}
#else
typedef int crabbitmq_is_left_out;
#endif
