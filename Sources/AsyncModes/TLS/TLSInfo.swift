/// What the two sides of a secured connection have agreed on.
public struct TLSInfo: Sendable, Hashable {
  /// The version, such as `TLSv1.3`.
  public var version: String
  /// The cipher, such as `TLS_AES_256_GCM_SHA384`.
  public var cipher: String
  /// The name that the client asked for (SNI).
  public var serverName: String?
  /// The protocol that ALPN chose.
  public var applicationProtocol: String?
  /// The subject of the peer's certificate, such as `CN=alice,O=Example`; verified, if the options ask for that.
  public var peerSubject: String?
  /// Whether the handshake was cut short, because the two know each other.
  public var isResumed: Bool
}

/// What a ``TLSContext`` has counted.
public struct TLSCounters: Sendable, Hashable {
  /// Handshakes that came to their end.
  public var handshakes = 0
  /// Handshakes that failed, for whatever reason.
  public var failedHandshakes = 0
  /// Connections that broke the protocol after the handshake.
  public var brokenConnections = 0

  /// Creates counters.
  public init(handshakes: Int = 0, failedHandshakes: Int = 0, brokenConnections: Int = 0) {
    self.handshakes = handshakes
    self.failedHandshakes = failedHandshakes
    self.brokenConnections = brokenConnections
  }
}
