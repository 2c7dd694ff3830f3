// The functions of OpenSSL 3 that are used. All its types are opaque, so this is all there is to know; where the
// library's own header is installed, the compiler compares the two.
#ifndef COPENSSL_OPENSSL_H
#define COPENSSL_OPENSSL_H

#include <stddef.h>
#include <stdint.h>

#if __has_include(<openssl/ssl.h>) && __has_include(<openssl/err.h>)
#define COPENSSL_HAS_HEADER 1
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#else
typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_method_st SSL_METHOD;
typedef struct ssl_cipher_st SSL_CIPHER;
typedef struct bio_st BIO;
typedef struct bio_method_st BIO_METHOD;
typedef struct x509_st X509;
typedef struct X509_name_st X509_NAME;
typedef struct X509_VERIFY_PARAM_st X509_VERIFY_PARAM;
typedef struct x509_store_ctx_st X509_STORE_CTX;
struct stack_st_X509_NAME;
typedef int pem_password_cb(char *buf, int size, int rwflag, void *userdata);
typedef int (*SSL_verify_cb)(int preverify_ok, X509_STORE_CTX *x509_ctx);
typedef int (*SSL_CTX_alpn_select_cb_func)(
    SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned int inlen, void *arg);
#endif

// The values behind macros of the header.
enum {
  OPENSSL_FILETYPE_PEM = 1,
  OPENSSL_VERIFY_PEER = 1,
  OPENSSL_VERIFY_REQUIRED = 2,
  OPENSSL_CTRL_MODE = 33,
  OPENSSL_CTRL_SERVERNAME_CALLBACK = 53,
  OPENSSL_CTRL_SERVERNAME_ARGUMENT = 54,
  OPENSSL_CTRL_SET_HOSTNAME = 55,
  OPENSSL_CTRL_MIN_VERSION = 123,
  OPENSSL_TLS_1_2 = 0x303,
  OPENSSL_TLS_1_3 = 0x304,
  OPENSSL_MODE_RELEASE_BUFFERS = 0x10,
  OPENSSL_ERROR_WANT_READ = 2,
  OPENSSL_ERROR_ZERO_RETURN = 6,
  OPENSSL_ALERT_OK = 0,
  OPENSSL_ALERT_FATAL = 2,
  OPENSSL_ALERT_NONE = 3,
  OPENSSL_BIO_FLAGS_READ = 1,
  OPENSSL_BIO_FLAGS_RETRY = 8,
  OPENSSL_BIO_CTRL_FLUSH = 11,
  OPENSSL_BIO_CTRL_INFO = 3,
  OPENSSL_BIO_TYPE = 0x0400,
  OPENSSL_NAME_RFC2253 = 0x1110317,
};
#define OPENSSL_OP_NO_COMPRESSION (UINT64_C(1) << 17)
#define OPENSSL_OP_SERVER_PREFERENCE (UINT64_C(1) << 22)
#define OPENSSL_OP_NO_RENEGOTIATION (UINT64_C(1) << 30)

// F(result, name, parameters)
#define OPENSSL_SSL_FUNCTIONS(F)                                                                                        \
  F(const SSL_METHOD *, TLS_server_method, (void))                                                                      \
  F(const SSL_METHOD *, TLS_client_method, (void))                                                                      \
  F(SSL_CTX *, SSL_CTX_new, (const SSL_METHOD *))                                                                       \
  F(void, SSL_CTX_free, (SSL_CTX *))                                                                                    \
  F(long, SSL_CTX_ctrl, (SSL_CTX *, int, long, void *))                                                                 \
  F(long, SSL_CTX_callback_ctrl, (SSL_CTX *, int, void (*)(void)))                                                      \
  F(uint64_t, SSL_CTX_set_options, (SSL_CTX *, uint64_t))                                                               \
  F(int, SSL_CTX_set_cipher_list, (SSL_CTX *, const char *))                                                            \
  F(int, SSL_CTX_set_ciphersuites, (SSL_CTX *, const char *))                                                           \
  F(int, SSL_CTX_use_certificate_chain_file, (SSL_CTX *, const char *))                                                 \
  F(int, SSL_CTX_use_PrivateKey_file, (SSL_CTX *, const char *, int))                                                   \
  F(int, SSL_CTX_check_private_key, (const SSL_CTX *))                                                                  \
  F(void, SSL_CTX_set_default_passwd_cb, (SSL_CTX *, pem_password_cb *))                                                \
  F(void, SSL_CTX_set_default_passwd_cb_userdata, (SSL_CTX *, void *))                                                  \
  F(int, SSL_CTX_load_verify_locations, (SSL_CTX *, const char *, const char *))                                        \
  F(int, SSL_CTX_set_default_verify_paths, (SSL_CTX *))                                                                 \
  F(struct stack_st_X509_NAME *, SSL_load_client_CA_file, (const char *))                                               \
  F(void, SSL_CTX_set_client_CA_list, (SSL_CTX *, struct stack_st_X509_NAME *))                                         \
  F(void, SSL_CTX_set_verify, (SSL_CTX *, int, SSL_verify_cb))                                                          \
  F(int, SSL_CTX_set_session_id_context, (SSL_CTX *, const unsigned char *, unsigned int))                              \
  F(void, SSL_CTX_set_alpn_select_cb, (SSL_CTX *, SSL_CTX_alpn_select_cb_func, void *))                                 \
  F(int, SSL_CTX_set_alpn_protos, (SSL_CTX *, const unsigned char *, unsigned int))                                     \
  F(const char *, SSL_get_servername, (const SSL *, int))                                                               \
  F(SSL_CTX *, SSL_set_SSL_CTX, (SSL *, SSL_CTX *))                                                                     \
  F(int, SSL_select_next_proto,                                                                                         \
    (unsigned char **, unsigned char *, const unsigned char *, unsigned int, const unsigned char *, unsigned int))      \
  F(SSL *, SSL_new, (SSL_CTX *))                                                                                        \
  F(void, SSL_free, (SSL *))                                                                                            \
  F(void, SSL_set_bio, (SSL *, BIO *, BIO *))                                                                           \
  F(void, SSL_set_accept_state, (SSL *))                                                                                \
  F(void, SSL_set_connect_state, (SSL *))                                                                               \
  F(int, SSL_do_handshake, (SSL *))                                                                                     \
  F(int, SSL_read_ex, (SSL *, void *, size_t, size_t *))                                                                \
  F(int, SSL_write_ex, (SSL *, const void *, size_t, size_t *))                                                         \
  F(int, SSL_shutdown, (SSL *))                                                                                         \
  F(int, SSL_get_error, (const SSL *, int))                                                                             \
  F(long, SSL_ctrl, (SSL *, int, long, void *))                                                                         \
  F(int, SSL_set1_host, (SSL *, const char *))                                                                          \
  F(X509_VERIFY_PARAM *, SSL_get0_param, (SSL *))                                                                       \
  F(long, SSL_get_verify_result, (const SSL *))                                                                         \
  F(const char *, SSL_get_version, (const SSL *))                                                                       \
  F(const SSL_CIPHER *, SSL_get_current_cipher, (const SSL *))                                                          \
  F(const char *, SSL_CIPHER_get_name, (const SSL_CIPHER *))                                                            \
  F(int, SSL_session_reused, (const SSL *))                                                                             \
  F(void, SSL_get0_alpn_selected, (const SSL *, const unsigned char **, unsigned int *))                                \
  F(X509 *, SSL_get1_peer_certificate, (const SSL *))

#define OPENSSL_CRYPTO_FUNCTIONS(F)                                                                                     \
  F(const char *, OpenSSL_version, (int))                                                                               \
  F(unsigned long, ERR_get_error, (void))                                                                               \
  F(const char *, ERR_reason_error_string, (unsigned long))                                                             \
  F(void, ERR_clear_error, (void))                                                                                      \
  F(BIO_METHOD *, BIO_meth_new, (int, const char *))                                                                    \
  F(int, BIO_meth_set_read_ex, (BIO_METHOD *, int (*)(BIO *, char *, size_t, size_t *)))                                \
  F(int, BIO_meth_set_write_ex, (BIO_METHOD *, int (*)(BIO *, const char *, size_t, size_t *)))                         \
  F(int, BIO_meth_set_ctrl, (BIO_METHOD *, long (*)(BIO *, int, long, void *)))                                         \
  F(const BIO_METHOD *, BIO_s_mem, (void))                                                                              \
  F(BIO *, BIO_new, (const BIO_METHOD *))                                                                               \
  F(int, BIO_free, (BIO *))                                                                                             \
  F(long, BIO_ctrl, (BIO *, int, long, void *))                                                                         \
  F(void, BIO_set_data, (BIO *, void *))                                                                                \
  F(void *, BIO_get_data, (BIO *))                                                                                      \
  F(void, BIO_set_init, (BIO *, int))                                                                                   \
  F(void, BIO_set_flags, (BIO *, int))                                                                                  \
  F(void, BIO_clear_flags, (BIO *, int))                                                                                \
  F(int, X509_VERIFY_PARAM_set1_ip_asc, (X509_VERIFY_PARAM *, const char *))                                            \
  F(const char *, X509_verify_cert_error_string, (long))                                                                \
  F(X509_NAME *, X509_get_subject_name, (const X509 *))                                                                 \
  F(int, X509_NAME_print_ex, (BIO *, const X509_NAME *, int, unsigned long))                                            \
  F(void, X509_free, (X509 *))

/// The functions, once `ctls_load` has found them.
typedef struct {
#define OPENSSL_MEMBER(result, name, parameters) result(*name) parameters;
  OPENSSL_SSL_FUNCTIONS(OPENSSL_MEMBER) OPENSSL_CRYPTO_FUNCTIONS(OPENSSL_MEMBER)
#undef OPENSSL_MEMBER
} openssl_table;

extern openssl_table openssl;
/// The kind of BIO that reads what was fed to a session and writes to its buffer.
extern BIO_METHOD *openssl_bio;

#endif
