internal import COpenSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// TLS on one connection: a filter between the bytes of the socket and those of the handler. Confined to the executor.
final class TLSSession {
  let context: TLSContext
  private let loaded: LoadedTLSContext
  private let pointer: OpaquePointer
  /// When the handshake must be done; `nil` once it is.
  var handshakeDeadline: MonotonicInstant?
  /// What was written before the handshake was done.
  var early: [UInt8] = []
  var isEstablished = false
  /// Whether this side was ended (close_notify), or need not be any more.
  var isEnded = false
  /// Called once, with the reason of a failure or `nil`, by whoever waits for the handshake.
  var whenEstablished: ((String?) -> Void)?

  init(_ context: TLSContext, serverName: String?) throws(AsyncModeError) {
    self.context = context
    loaded = context.current
    let isAddress = serverName.map { (try? SocketAddress.ip($0, port: 0)) != nil } ?? false
    guard let pointer = ctls_session_new(loaded.pointer, serverName, isAddress) else {
      throw AsyncModeError(
        .connectFailed, "TLS cannot begin" + (serverName.map { ": is \"\($0)\" a host name?" } ?? ": out of memory"))
    }
    self.pointer = pointer
  }

  deinit { ctls_session_free(pointer) }

  struct Outcome {
    let status: ctls_status
    let count: Int
  }

  func feed(_ bytes: UnsafeRawBufferPointer) {
    ctls_feed(pointer, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
  }

  func receive(into plain: TLSSlab, answeringInto out: TLSBuffer) -> Outcome {
    var count = 0
    let status = ctls_receive(
      pointer, plain.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), plain.bytes.count, &count, &out.storage)
    return Outcome(status: status, count: count)
  }

  var isHandshakeDone: Bool { ctls_is_established(pointer) }

  func send(_ bytes: UnsafeRawBufferPointer, into out: TLSBuffer) -> Bool {
    ctls_send(pointer, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, &out.storage)
  }

  func end(into out: TLSBuffer) { ctls_end(pointer, &out.storage) }

  /// Why the session failed.
  var failure: String { String(cString: ctls_session_error(pointer)) }

  /// To be asked for once the handshake is done.
  lazy var info = makeInfo()

  private func makeInfo() -> TLSInfo {
    var length = 0
    let name = ctls_session_protocol(pointer, &length)
    let chosen = name.map { String(decoding: UnsafeBufferPointer(start: $0, count: length), as: UTF8.self) }
    let subject = ctls_session_peer_subject(pointer)
    defer { free(subject) }
    return TLSInfo(
      version: String(cString: ctls_session_version(pointer)),
      cipher: ctls_session_cipher(pointer).map { String(cString: $0) } ?? "",
      serverName: ctls_session_server_name(pointer).map { String(cString: $0) },
      applicationProtocol: chosen.flatMap { $0.isEmpty ? nil : $0 },
      peerSubject: subject.map { String(cString: $0) }, isResumed: ctls_session_is_resumed(pointer))
  }
}
