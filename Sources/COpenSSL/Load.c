#include "CLibraryTable.h"
#include "COpenSSL.h"
#include "OpenSSL.h"
#include "Session.h"

openssl_table openssl;
BIO_METHOD *openssl_bio;

static bool is_loaded;
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

#define OPENSSL_NAME(result, name, parameters) #name,
static const char *const ssl_names[] = {OPENSSL_SSL_FUNCTIONS(OPENSSL_NAME) NULL};
static const char *const crypto_names[] = {OPENSSL_CRYPTO_FUNCTIONS(OPENSSL_NAME) NULL};

// One table has the functions of both, in this order.
static library_table ssl = {
    .variable = "OPENSSL_SSL_LIBRARY", .file = "libssl.so.3", .names = ssl_names, .table = (void **)&openssl,
    .lock = PTHREAD_MUTEX_INITIALIZER};
static library_table crypto = {
    .variable = "OPENSSL_CRYPTO_LIBRARY", .file = "libcrypto.so.3", .names = crypto_names,
    .table = (void **)&openssl + sizeof ssl_names / sizeof *ssl_names - 1, .lock = PTHREAD_MUTEX_INITIALIZER};

static void load(void) {
  if (!library_table_load(&crypto) || !library_table_load(&ssl)) return;
  openssl_bio = ctls_make_bio();
  is_loaded = openssl_bio != NULL;
}

bool ctls_load(void) {
  pthread_once(&once, load);
  return is_loaded;
}

const char *ctls_load_error(void) {
  if (!crypto.is_loaded) return crypto.error;
  return ssl.is_loaded ? "OpenSSL is out of memory" : ssl.error;
}

const char *ctls_version(void) { return ctls_load() ? openssl.OpenSSL_version(0) : ""; }
