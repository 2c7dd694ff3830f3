#define _GNU_SOURCE
#include "Session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ctls_session {
  SSL *ssl;
  bool verifies;
  bool is_established;
  bool is_failed;
  bool is_ended;
  const uint8_t *in;
  size_t in_count;
  ctls_buffer *out;
  char error[256];
};

// MARK: Memory in, memory out

static int read_fed(BIO *bio, char *target, size_t capacity, size_t *count) {
  ctls_session *session = openssl.BIO_get_data(bio);
  openssl.BIO_clear_flags(bio, OPENSSL_BIO_FLAGS_READ | OPENSSL_BIO_FLAGS_RETRY);
  if (!session->in_count) {
    openssl.BIO_set_flags(bio, OPENSSL_BIO_FLAGS_READ | OPENSSL_BIO_FLAGS_RETRY);
    *count = 0;
    return 0;
  }
  size_t taken = session->in_count < capacity ? session->in_count : capacity;
  memcpy(target, session->in, taken);
  session->in += taken;
  session->in_count -= taken;
  *count = taken;
  return 1;
}

static int append(BIO *bio, const char *source, size_t count, size_t *written) {
  ctls_session *session = openssl.BIO_get_data(bio);
  ctls_buffer *out = session->out;
  *written = 0;
  if (!out) return 0;
  if (out->capacity - out->count < count) {
    size_t capacity = out->capacity * 2 > out->count + count ? out->capacity * 2 : out->count + count;
    if (capacity < 20480) capacity = 20480;
    uint8_t *bytes = realloc(out->bytes, capacity);
    if (!bytes) return 0;
    out->bytes = bytes;
    out->capacity = capacity;
  }
  memcpy(out->bytes + out->count, source, count);
  out->count += count;
  *written = count;
  return 1;
}

static long control(BIO *bio, int command, long number, void *pointer) {
  (void)bio, (void)number, (void)pointer;
  return command == OPENSSL_BIO_CTRL_FLUSH;
}

BIO_METHOD *ctls_make_bio(void) {
  BIO_METHOD *method = openssl.BIO_meth_new(OPENSSL_BIO_TYPE | 100, "memory of the caller");
  if (!method) return NULL;
  openssl.BIO_meth_set_read_ex(method, read_fed);
  openssl.BIO_meth_set_write_ex(method, append);
  openssl.BIO_meth_set_ctrl(method, control);
  return method;
}

void ctls_buffer_free(ctls_buffer *buffer) {
  free(buffer->bytes);
  *buffer = (ctls_buffer){0};
}

// MARK: Life

ctls_session *ctls_session_new(ctls_context *context, const char *server_name, bool is_address) {
  ctls_session *session = calloc(1, sizeof *session);
  if (!session) return NULL;
  openssl.ERR_clear_error();
  session->verifies = context->verifies;
  session->ssl = openssl.SSL_new(context->ssl);
  BIO *bio = session->ssl ? openssl.BIO_new(openssl_bio) : NULL;
  if (!bio) {
    if (session->ssl) openssl.SSL_free(session->ssl);
    free(session);
    return NULL;
  }
  openssl.BIO_set_data(bio, session);
  openssl.BIO_set_init(bio, 1);
  openssl.SSL_set_bio(session->ssl, bio, bio);
  if (!context->is_client) {
    openssl.SSL_set_accept_state(session->ssl);
    return session;
  }
  openssl.SSL_set_connect_state(session->ssl);
  bool is_named = true;
  if (server_name && is_address) {
    is_named = openssl.X509_VERIFY_PARAM_set1_ip_asc(openssl.SSL_get0_param(session->ssl), server_name) == 1;
  } else if (server_name) {
    is_named = openssl.SSL_set1_host(session->ssl, server_name) == 1
        && openssl.SSL_ctrl(session->ssl, OPENSSL_CTRL_SET_HOSTNAME, 0, (void *)server_name) == 1;
  }
  if (is_named) return session;
  ctls_session_free(session);
  return NULL;
}

void ctls_session_free(ctls_session *session) {
  if (!session) return;
  openssl.SSL_free(session->ssl);
  free(session);
}

const char *ctls_session_error(const ctls_session *session) { return session->error; }

static ctls_status fail(ctls_session *session) {
  session->is_failed = true;
  long verified = openssl.SSL_get_verify_result(session->ssl);
  if (session->verifies && !session->is_established && verified != 0) {
    openssl.ERR_clear_error();
    snprintf(
        session->error, sizeof session->error, "the certificate of the peer was refused: %s",
        openssl.X509_verify_cert_error_string(verified));
  } else {
    ctls_take_errors(session->error, sizeof session->error, "the peer broke the protocol");
  }
  return CTLS_FAILED;
}

// MARK: Bytes

void ctls_feed(ctls_session *session, const uint8_t *bytes, size_t count) {
  session->in = bytes;
  session->in_count = count;
}

static ctls_status receive(ctls_session *session, uint8_t *plain, size_t capacity, size_t *count) {
  if (session->is_failed) return CTLS_FAILED;
  if (session->is_ended) return CTLS_ENDED;
  openssl.ERR_clear_error();
  if (!session->is_established) {
    int done = openssl.SSL_do_handshake(session->ssl);
    if (done != 1) {
      return openssl.SSL_get_error(session->ssl, done) == OPENSSL_ERROR_WANT_READ ? CTLS_MORE : fail(session);
    }
    session->is_established = true;
  }
  while (*count < capacity) {
    size_t taken = 0;
    int done = openssl.SSL_read_ex(session->ssl, plain + *count, capacity - *count, &taken);
    *count += taken;
    if (done == 1) continue;
    switch (openssl.SSL_get_error(session->ssl, done)) {
    case OPENSSL_ERROR_WANT_READ: return CTLS_MORE;
    case OPENSSL_ERROR_ZERO_RETURN: session->is_ended = true; return CTLS_ENDED;
    default: return fail(session);
    }
  }
  return CTLS_FULL;
}

ctls_status ctls_receive(
    ctls_session *session, uint8_t *plain, size_t capacity, size_t *count, ctls_buffer *out) {
  *count = 0;
  session->out = out;
  ctls_status status = receive(session, plain, capacity, count);
  session->out = NULL;
  if (status != CTLS_FULL) session->in = NULL, session->in_count = 0;
  return status;
}

bool ctls_is_established(const ctls_session *session) { return session->is_established; }

bool ctls_send(ctls_session *session, const uint8_t *bytes, size_t count, ctls_buffer *out) {
  if (session->is_failed || !session->is_established) return false;
  if (!count) return true;
  openssl.ERR_clear_error();
  session->out = out;
  bool is_good = true;
  while (is_good && count) {
    size_t written = 0;
    is_good = openssl.SSL_write_ex(session->ssl, bytes, count, &written) == 1;
    bytes += written;
    count -= written;
  }
  session->out = NULL;
  if (!is_good) fail(session);
  return is_good;
}

void ctls_end(ctls_session *session, ctls_buffer *out) {
  if (session->is_failed || !session->is_established) return;
  openssl.ERR_clear_error();
  session->out = out;
  openssl.SSL_shutdown(session->ssl);
  session->out = NULL;
  openssl.ERR_clear_error();
}

// MARK: What came of the handshake

const char *ctls_session_version(const ctls_session *session) { return openssl.SSL_get_version(session->ssl); }

const char *ctls_session_cipher(const ctls_session *session) {
  const SSL_CIPHER *cipher = openssl.SSL_get_current_cipher(session->ssl);
  return cipher ? openssl.SSL_CIPHER_get_name(cipher) : NULL;
}

const char *ctls_session_server_name(const ctls_session *session) {
  return openssl.SSL_get_servername(session->ssl, 0);
}

bool ctls_session_is_resumed(const ctls_session *session) { return openssl.SSL_session_reused(session->ssl) == 1; }

const uint8_t *ctls_session_protocol(const ctls_session *session, size_t *count) {
  const unsigned char *name = NULL;
  unsigned int length = 0;
  openssl.SSL_get0_alpn_selected(session->ssl, &name, &length);
  *count = length;
  return name;
}

char *ctls_session_peer_subject(const ctls_session *session) {
  X509 *certificate = openssl.SSL_get1_peer_certificate(session->ssl);
  if (!certificate) return NULL;
  char *text = NULL;
  BIO *memory = openssl.BIO_new(openssl.BIO_s_mem());
  if (memory) {
    openssl.X509_NAME_print_ex(memory, openssl.X509_get_subject_name(certificate), 0, OPENSSL_NAME_RFC2253);
    char *bytes = NULL;
    long length = openssl.BIO_ctrl(memory, OPENSSL_BIO_CTRL_INFO, 0, &bytes);
    text = length >= 0 && bytes ? strndup(bytes, (size_t)length) : NULL;
    openssl.BIO_free(memory);
  }
  openssl.X509_free(certificate);
  return text;
}
