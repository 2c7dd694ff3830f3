#define _GNU_SOURCE
#include "Session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void ctls_take_errors(char *text, size_t capacity, const char *otherwise) {
  size_t length = 0;
  const char *last = NULL;
  text[0] = 0;
  for (unsigned long code; (code = openssl.ERR_get_error()) != 0;) {
    const char *reason = openssl.ERR_reason_error_string(code);
    if (!reason || (last && strcmp(reason, last) == 0)) continue;
    last = reason;
    int added = snprintf(text + length, capacity - length, "%s%s", length ? ", " : "", reason);
    if (added < 0 || (size_t)added >= capacity - length) break;
    length += (size_t)added;
  }
  openssl.ERR_clear_error();
  if (!length) snprintf(text, capacity, "%s", otherwise);
}

static bool result(ctls_context *context, bool is_good, const char *otherwise) {
  if (is_good) return true;
  ctls_take_errors(context->error, sizeof context->error, otherwise);
  return false;
}

static bool is_match(const char *pattern, const char *name) {
  if (pattern[0] == '*' && pattern[1] == '.') {
    const char *dot = strchr(name, '.');
    return dot && dot != name && strcasecmp(pattern + 1, dot) == 0;
  }
  return strcasecmp(pattern, name) == 0;
}

static int choose_name(SSL *ssl, int *alert, void *argument) {
  (void)alert;
  ctls_context *context = argument;
  const char *name = openssl.SSL_get_servername(ssl, 0);
  if (!name) return OPENSSL_ALERT_NONE;
  for (struct ctls_name *entry = context->names; entry; entry = entry->next) {
    if (!is_match(entry->name, name)) continue;
    openssl.SSL_set_SSL_CTX(ssl, entry->context->ssl);
    return OPENSSL_ALERT_OK;
  }
  return OPENSSL_ALERT_OK;
}

static int choose_protocol(
    SSL *ssl, const unsigned char **out, unsigned char *out_count, const unsigned char *in, unsigned int in_count,
    void *argument) {
  (void)ssl;
  ctls_context *context = argument;
  unsigned char *chosen = NULL;
  // 1: there is one that both sides know.
  int found = openssl.SSL_select_next_proto(
      &chosen, out_count, context->protocols, (unsigned int)context->protocol_bytes, in, in_count);
  if (found != 1) return OPENSSL_ALERT_FATAL;
  *out = chosen;
  return OPENSSL_ALERT_OK;
}

ctls_context *ctls_context_new(bool is_client) {
  if (!ctls_load()) return NULL;
  ctls_context *context = calloc(1, sizeof *context);
  if (!context) return NULL;
  openssl.ERR_clear_error();
  context->is_client = is_client;
  context->ssl = openssl.SSL_CTX_new(is_client ? openssl.TLS_client_method() : openssl.TLS_server_method());
  if (!context->ssl) {
    free(context);
    return NULL;
  }
  openssl.SSL_CTX_set_options(
      context->ssl, OPENSSL_OP_NO_COMPRESSION | OPENSSL_OP_NO_RENEGOTIATION | OPENSSL_OP_SERVER_PREFERENCE);
  openssl.SSL_CTX_ctrl(context->ssl, OPENSSL_CTRL_MODE, OPENSSL_MODE_RELEASE_BUFFERS, NULL);
  if (!is_client) {
    static const unsigned char name[] = "ctls";
    openssl.SSL_CTX_set_session_id_context(context->ssl, name, sizeof name - 1);
    openssl.SSL_CTX_callback_ctrl(context->ssl, OPENSSL_CTRL_SERVERNAME_CALLBACK, (void (*)(void))choose_name);
    openssl.SSL_CTX_ctrl(context->ssl, OPENSSL_CTRL_SERVERNAME_ARGUMENT, 0, context);
  }
  return context;
}

void ctls_context_free(ctls_context *context) {
  if (!context) return;
  openssl.SSL_CTX_free(context->ssl);
  for (struct ctls_name *entry = context->names, *next; entry; entry = next) {
    next = entry->next;
    free(entry->name);
    free(entry);
  }
  free(context->protocols);
  free(context);
}

const char *ctls_context_error(const ctls_context *context) { return context->error; }

bool ctls_set_minimum_version(ctls_context *context, int minor) {
  long version = minor == 3 ? OPENSSL_TLS_1_3 : OPENSSL_TLS_1_2;
  return result(
      context, openssl.SSL_CTX_ctrl(context->ssl, OPENSSL_CTRL_MIN_VERSION, version, NULL) == 1,
      "the library does not know this version");
}

bool ctls_set_ciphers(ctls_context *context, const char *list) {
  return result(context, openssl.SSL_CTX_set_cipher_list(context->ssl, list) == 1, "unknown");
}

bool ctls_set_cipher_suites(ctls_context *context, const char *list) {
  return result(context, openssl.SSL_CTX_set_ciphersuites(context->ssl, list) == 1, "unknown");
}

bool ctls_use_certificate_chain(ctls_context *context, const char *file) {
  return result(context, openssl.SSL_CTX_use_certificate_chain_file(context->ssl, file) == 1, "it cannot be read");
}

static int give_passphrase(char *buffer, int size, int is_writing, void *passphrase) {
  (void)is_writing;
  if (!passphrase) return -1;
  size_t length = strlen(passphrase);
  if (size < 0 || length > (size_t)size) return -1;
  memcpy(buffer, passphrase, length);
  return (int)length;
}

bool ctls_use_private_key(ctls_context *context, const char *file, const char *passphrase) {
  openssl.SSL_CTX_set_default_passwd_cb(context->ssl, give_passphrase);
  openssl.SSL_CTX_set_default_passwd_cb_userdata(context->ssl, (void *)passphrase);
  int done = openssl.SSL_CTX_use_PrivateKey_file(context->ssl, file, OPENSSL_FILETYPE_PEM);
  openssl.SSL_CTX_set_default_passwd_cb_userdata(context->ssl, NULL);
  return result(context, done == 1, "it cannot be read");
}

bool ctls_check_private_key(ctls_context *context) {
  return result(context, openssl.SSL_CTX_check_private_key(context->ssl) == 1, "they do not belong together");
}

bool ctls_trust(ctls_context *context, const char *file) {
  int done = file ? openssl.SSL_CTX_load_verify_locations(context->ssl, file, NULL)
                  : openssl.SSL_CTX_set_default_verify_paths(context->ssl);
  return result(context, done == 1, "it cannot be read");
}

bool ctls_announce_authorities(ctls_context *context, const char *file) {
  struct stack_st_X509_NAME *names = openssl.SSL_load_client_CA_file(file);
  if (names) openssl.SSL_CTX_set_client_CA_list(context->ssl, names);
  return result(context, names != NULL, "it cannot be read");
}

void ctls_set_verification(ctls_context *context, int mode) {
  static const int modes[] = {0, OPENSSL_VERIFY_PEER, OPENSSL_VERIFY_PEER | OPENSSL_VERIFY_REQUIRED};
  context->verifies = mode != 0;
  openssl.SSL_CTX_set_verify(context->ssl, modes[mode], NULL);
}

bool ctls_set_protocols(ctls_context *context, const uint8_t *list, size_t count) {
  if (context->is_client) return openssl.SSL_CTX_set_alpn_protos(context->ssl, list, (unsigned int)count) == 0;
  uint8_t *copy = malloc(count);
  if (!copy) return result(context, false, "out of memory");
  memcpy(copy, list, count);
  free(context->protocols);
  context->protocols = copy;
  context->protocol_bytes = count;
  openssl.SSL_CTX_set_alpn_select_cb(context->ssl, choose_protocol, context);
  return true;
}

bool ctls_add_name(ctls_context *context, const char *name, ctls_context *other) {
  struct ctls_name *entry = calloc(1, sizeof *entry);
  if (entry) entry->name = strdup(name);
  if (!entry || !entry->name) {
    free(entry);
    return result(context, false, "out of memory");
  }
  entry->context = other;
  // Exact names are asked before patterns.
  struct ctls_name **place = &context->names;
  if (name[0] == '*') {
    while (*place) place = &(*place)->next;
  }
  entry->next = *place;
  *place = entry;
  return true;
}
