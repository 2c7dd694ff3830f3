internal import COpenSSL
public import Logging
internal import Synchronization

/// Certificates, keys and settings for TLS, read from their files once and used by any number of connections.
///
/// ```swift
/// let tls = try TLSContext(server: TLSServerOptions(certificateChain: "chain.pem", privateKey: "key.pem"))
/// let listener = try await mode.listen(on: address, options: options, tls: tls) { connection in … }
/// try tls.reload()                       // the files have changed: new connections get the new certificate
/// ```
public final class TLSContext: Sendable {
  private enum Role {
    case server(TLSServerOptions)
    case client(TLSClientOptions)
  }
  private let role: Role
  private let loaded: Mutex<LoadedTLSContext>
  private let logger: Logger
  private let handshakes = Atomic(0)
  private let failures = Atomic(0)
  private let broken = Atomic(0)
  private let logged = Mutex((second: UInt64(0), suppressed: 0))

  /// Failed handshakes are told of at most this often, in seconds; the next message says how many there were between.
  private static let secondsBetweenMessages: UInt64 = 10

  /// Reads the files of a server.
  ///
  /// - Parameters:
  ///   - server: certificates and settings.
  ///   - logger: where failed handshakes are told of, at most one each ten seconds.
  /// - Throws: ``AsyncModeError`` with the code `invalidOption`, naming the file and what is wrong with it, or
  ///   `unavailable` if this host has no OpenSSL 3.
  public init(server: TLSServerOptions, logger: Logger = Logger(label: "tls")) throws(AsyncModeError) {
    role = .server(server)
    loaded = Mutex(try LoadedTLSContext.server(server))
    self.logger = logger
  }

  /// Reads the files of a client.
  ///
  /// - Throws: ``AsyncModeError``; see ``init(server:logger:)``.
  public init(
    client: TLSClientOptions = TLSClientOptions(), logger: Logger = Logger(label: "tls")
  ) throws(AsyncModeError) {
    role = .client(client)
    loaded = Mutex(try LoadedTLSContext.client(client))
    self.logger = logger
  }

  /// The version of the library, or why there is none.
  public static var library: String {
    ctls_load() ? String(cString: ctls_version()) : "no OpenSSL 3: \(String(cString: ctls_load_error()))"
  }

  /// Reads all files again. Connections from now on get what is in them; those that stand keep what they have.
  ///
  /// - Throws: ``AsyncModeError`` with the code `invalidOption`; everything stays as it was then.
  public func reload() throws(AsyncModeError) {
    let fresh =
      switch role {
      case .server(let options): try LoadedTLSContext.server(options)
      case .client(let options): try LoadedTLSContext.client(options)
      }
    loaded.withLock { $0 = fresh }
  }

  /// What was counted so far.
  public var counters: TLSCounters {
    TLSCounters(
      handshakes: handshakes.load(ordering: .relaxed), failedHandshakes: failures.load(ordering: .relaxed),
      brokenConnections: broken.load(ordering: .relaxed))
  }

  // MARK: For connections

  var current: LoadedTLSContext { loaded.withLock { $0 } }

  package var isClient: Bool { if case .client = role { true } else { false } }

  var handshakeTimeout: Duration {
    switch role {
    case .server(let options): options.handshakeTimeout
    case .client(let options): options.handshakeTimeout
    }
  }

  func countHandshake() { handshakes.wrappingAdd(1, ordering: .relaxed) }

  func countBroken() { broken.wrappingAdd(1, ordering: .relaxed) }

  func countFailure(_ reason: String, peer: SocketAddress?, at time: MonotonicInstant) {
    failures.wrappingAdd(1, ordering: .relaxed)
    guard !isClient, logger.logLevel <= .notice else { return }
    let second = time.nanoseconds / 1_000_000_000
    let suppressed: Int? = logged.withLock { logged in
      guard logged.second == 0 || second >= logged.second + Self.secondsBetweenMessages else {
        logged.suppressed += 1
        return nil
      }
      defer { logged = (max(second, 1), 0) }
      return logged.suppressed
    }
    guard let suppressed else { return }
    let more = suppressed > 0 ? "; \(suppressed) further ones since the last message" : ""
    logger.notice(
      "a TLS handshake failed: \(reason)\(more)", metadata: ["peer": "\(peer.map(\.description) ?? "unknown")"])
  }
}
