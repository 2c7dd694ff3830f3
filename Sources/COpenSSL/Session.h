#ifndef COPENSSL_SESSION_H
#define COPENSSL_SESSION_H

#include "COpenSSL.h"
#include "OpenSSL.h"

struct ctls_context {
  SSL_CTX *ssl;
  bool is_client;
  bool verifies;
  uint8_t *protocols;
  size_t protocol_bytes;
  struct ctls_name {
    char *name;
    ctls_context *context;
    struct ctls_name *next;
  } *names;
  char error[512];
};

BIO_METHOD *ctls_make_bio(void);

/// Takes the errors of the calling thread as one text.
void ctls_take_errors(char *text, size_t capacity, const char *otherwise);

#endif
