#define _GNU_SOURCE
#include "OpenSSL.h"
#include "COpenSSL.h"
#include "Session.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

openssl_table openssl;
BIO_METHOD *openssl_bio;

static bool is_loaded;
static char error[512] = "";
static pthread_once_t once = PTHREAD_ONCE_INIT;

#ifdef COPENSSL_HAS_HEADER
#if OPENSSL_VERSION_MAJOR >= 3
#define OPENSSL_COMPARE(result, name, parameters)                                       \
  _Static_assert(                                                                       \
      __builtin_types_compatible_p(__typeof__(&name), result(*) parameters),            \
      #name " is declared otherwise by the header of OpenSSL");
OPENSSL_SSL_FUNCTIONS(OPENSSL_COMPARE)
OPENSSL_CRYPTO_FUNCTIONS(OPENSSL_COMPARE)
#define OPENSSL_EQUAL(ours, theirs) _Static_assert((ours) == (theirs), #theirs " has another value in the header");
OPENSSL_EQUAL(OPENSSL_FILETYPE_PEM, SSL_FILETYPE_PEM)
OPENSSL_EQUAL(OPENSSL_VERIFY_PEER, SSL_VERIFY_PEER)
OPENSSL_EQUAL(OPENSSL_VERIFY_REQUIRED, SSL_VERIFY_FAIL_IF_NO_PEER_CERT)
OPENSSL_EQUAL(OPENSSL_CTRL_MODE, SSL_CTRL_MODE)
OPENSSL_EQUAL(OPENSSL_CTRL_SERVERNAME_CALLBACK, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB)
OPENSSL_EQUAL(OPENSSL_CTRL_SERVERNAME_ARGUMENT, SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG)
OPENSSL_EQUAL(OPENSSL_CTRL_SET_HOSTNAME, SSL_CTRL_SET_TLSEXT_HOSTNAME)
OPENSSL_EQUAL(OPENSSL_CTRL_MIN_VERSION, SSL_CTRL_SET_MIN_PROTO_VERSION)
OPENSSL_EQUAL(OPENSSL_TLS_1_2, TLS1_2_VERSION)
OPENSSL_EQUAL(OPENSSL_TLS_1_3, TLS1_3_VERSION)
OPENSSL_EQUAL(OPENSSL_MODE_RELEASE_BUFFERS, SSL_MODE_RELEASE_BUFFERS)
OPENSSL_EQUAL(OPENSSL_ERROR_WANT_READ, SSL_ERROR_WANT_READ)
OPENSSL_EQUAL(OPENSSL_ERROR_ZERO_RETURN, SSL_ERROR_ZERO_RETURN)
OPENSSL_EQUAL(OPENSSL_ALERT_OK, SSL_TLSEXT_ERR_OK)
OPENSSL_EQUAL(OPENSSL_ALERT_FATAL, SSL_TLSEXT_ERR_ALERT_FATAL)
OPENSSL_EQUAL(OPENSSL_ALERT_NONE, SSL_TLSEXT_ERR_NOACK)
OPENSSL_EQUAL(OPENSSL_BIO_FLAGS_READ, BIO_FLAGS_READ)
OPENSSL_EQUAL(OPENSSL_BIO_FLAGS_RETRY, BIO_FLAGS_SHOULD_RETRY)
OPENSSL_EQUAL(OPENSSL_BIO_CTRL_FLUSH, BIO_CTRL_FLUSH)
OPENSSL_EQUAL(OPENSSL_BIO_CTRL_INFO, BIO_CTRL_INFO)
OPENSSL_EQUAL(OPENSSL_BIO_TYPE, BIO_TYPE_SOURCE_SINK)
OPENSSL_EQUAL(OPENSSL_NAME_RFC2253, XN_FLAG_RFC2253)
OPENSSL_EQUAL(OPENSSL_OP_NO_COMPRESSION, SSL_OP_NO_COMPRESSION)
OPENSSL_EQUAL(OPENSSL_OP_SERVER_PREFERENCE, SSL_OP_CIPHER_SERVER_PREFERENCE)
OPENSSL_EQUAL(OPENSSL_OP_NO_RENEGOTIATION, SSL_OP_NO_RENEGOTIATION)
#endif
#endif

static void *open_library(const char *variable, const char *name) {
  const char *chosen = getenv(variable);
  void *library = dlopen(chosen && *chosen ? chosen : name, RTLD_NOW | RTLD_LOCAL);
  if (!library) snprintf(error, sizeof error, "%s", dlerror());
  return library;
}

static void load(void) {
  void *crypto = open_library("OPENSSL_CRYPTO_LIBRARY", "libcrypto.so.3");
  if (!crypto) return;
  void *ssl = open_library("OPENSSL_SSL_LIBRARY", "libssl.so.3");
  if (!ssl) return;
#define OPENSSL_LOOKUP(library, name)                                          \
  openssl.name = (__typeof__(openssl.name))dlsym(library, #name);              \
  if (!openssl.name) {                                                         \
    snprintf(error, sizeof error, "OpenSSL has no function %s", #name);        \
    return;                                                                    \
  }
#define OPENSSL_LOOKUP_SSL(result, name, parameters) OPENSSL_LOOKUP(ssl, name)
#define OPENSSL_LOOKUP_CRYPTO(result, name, parameters) OPENSSL_LOOKUP(crypto, name)
  OPENSSL_SSL_FUNCTIONS(OPENSSL_LOOKUP_SSL)
  OPENSSL_CRYPTO_FUNCTIONS(OPENSSL_LOOKUP_CRYPTO)
  openssl_bio = ctls_make_bio();
  if (!openssl_bio) {
    snprintf(error, sizeof error, "OpenSSL is out of memory");
    return;
  }
  is_loaded = true;
}

bool ctls_load(void) {
  pthread_once(&once, load);
  return is_loaded;
}

const char *ctls_load_error(void) { return error; }

const char *ctls_version(void) { return ctls_load() ? openssl.OpenSSL_version(0) : ""; }
