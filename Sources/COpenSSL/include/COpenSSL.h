// TLS by the system's OpenSSL, found at run time: nothing is linked against it, and no header of it is needed.
//
// A session is a filter between memory and memory: encrypted bytes are fed in and plain ones taken out, and the other
// way round. It knows no socket. One session is to be used by one thread at a time; a context by any number.
#ifndef COPENSSL_H
#define COPENSSL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Loads the library, once for all threads; whether it is there.
bool ctls_load(void);
/// Why the library cannot be loaded.
const char *ctls_load_error(void);
/// The version of the library, such as "OpenSSL 3.0.19 27 Jan 2026".
const char *ctls_version(void);

/// Bytes that grow at the end; made by the caller as zeros, freed by `ctls_buffer_free`.
typedef struct {
  uint8_t *bytes;
  size_t count, capacity;
} ctls_buffer;
void ctls_buffer_free(ctls_buffer *buffer);

typedef struct ctls_context ctls_context;
typedef struct ctls_session ctls_session;

// MARK: Contexts. Functions that return bool put the reason of a failure into `ctls_context_error`.

ctls_context *ctls_context_new(bool is_client);
void ctls_context_free(ctls_context *context);
const char *ctls_context_error(const ctls_context *context);
/// The lowest version: 2 for TLS 1.2, 3 for TLS 1.3.
bool ctls_set_minimum_version(ctls_context *context, int minor);
bool ctls_set_ciphers(ctls_context *context, const char *list);
bool ctls_set_cipher_suites(ctls_context *context, const char *list);
bool ctls_use_certificate_chain(ctls_context *context, const char *file);
/// `passphrase` may be NULL; an encrypted key is then an error, and nobody is asked.
bool ctls_use_private_key(ctls_context *context, const char *file, const char *passphrase);
bool ctls_check_private_key(ctls_context *context);
/// The authorities that the peer's certificate may come from; NULL stands for those that the system trusts.
bool ctls_trust(ctls_context *context, const char *file);
/// Names the authorities to clients when they are asked for a certificate.
bool ctls_announce_authorities(ctls_context *context, const char *file);
/// 0: the peer's certificate is not asked for; 1: it is verified if there is one; 2: it must be there.
void ctls_set_verification(ctls_context *context, int mode);
/// The protocols of ALPN, best first, in wire form (RFC 7301, section 3.1), which is copied.
bool ctls_set_protocols(ctls_context *context, const uint8_t *list, size_t count);
/// Answers for another certificate when the client asks for a name; "*.example.org" stands for one label more.
/// `other` must live as long as `context`.
bool ctls_add_name(ctls_context *context, const char *name, ctls_context *other);

// MARK: Sessions

/// `server_name` is what a client connects to, and is verified if the context says so; NULL for a server.
ctls_session *ctls_session_new(ctls_context *context, const char *server_name, bool is_address);
void ctls_session_free(ctls_session *session);
/// Why the session failed.
const char *ctls_session_error(const ctls_session *session);

typedef enum {
  /// All that was fed is used up.
  CTLS_MORE,
  /// The buffer for plain bytes is full; to be called again.
  CTLS_FULL,
  /// The peer has ended its side in good order.
  CTLS_ENDED,
  /// The session cannot go on; `out` may hold an alert for the peer.
  CTLS_FAILED,
} ctls_status;

/// Gives the session encrypted bytes, which must stay where they are until `ctls_receive` has used them up.
void ctls_feed(ctls_session *session, const uint8_t *bytes, size_t count);
/// Goes on with the handshake, or decrypts; what is to be sent to the peer is appended to `out`.
ctls_status ctls_receive(
    ctls_session *session, uint8_t *plain, size_t capacity, size_t *count, ctls_buffer *out);
/// Whether the handshake is done.
bool ctls_is_established(const ctls_session *session);
/// Encrypts into `out`; false if the session cannot go on.
bool ctls_send(ctls_session *session, const uint8_t *bytes, size_t count, ctls_buffer *out);
/// Appends the end of this side (close_notify) to `out`.
void ctls_end(ctls_session *session, ctls_buffer *out);

// MARK: What came of the handshake; texts are NULL where there is none, and live as long as the session.

const char *ctls_session_version(const ctls_session *session);
const char *ctls_session_cipher(const ctls_session *session);
const char *ctls_session_server_name(const ctls_session *session);
bool ctls_session_is_resumed(const ctls_session *session);
/// The protocol that ALPN chose; not ended by a zero.
const uint8_t *ctls_session_protocol(const ctls_session *session, size_t *count);
/// The subject of the peer's certificate (RFC 2253), or NULL; to be freed by `free`.
char *ctls_session_peer_subject(const ctls_session *session);

#endif
