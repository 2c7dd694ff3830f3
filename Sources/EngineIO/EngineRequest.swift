public import AsyncModes
public import HTTPCodec
internal import HTTPServing

/// The HTTP request that a client connected with.
public struct EngineRequest: Sendable {
  /// The request line and the header fields.
  public let head: HTTPRequestHead
  /// The address of the client: of the peer, or what a trusted proxy says.
  public let remoteAddress: SocketAddress?
  /// Whether the client's connection is encrypted, as far as it is known.
  public let isSecure: Bool
  /// What was agreed on with the peer over TLS, such as the subject of its certificate; `nil` without TLS.
  public let tls: TLSInfo?
  /// The host that the client asked for, with its port if one was given.
  public let host: String?

  /// Creates a request.
  public init(
    head: HTTPRequestHead, remoteAddress: SocketAddress?, isSecure: Bool = false, tls: TLSInfo? = nil,
    host: String? = nil
  ) {
    self.head = head
    self.remoteAddress = remoteAddress
    self.isSecure = isSecure
    self.tls = tls
    self.host = host
  }

  /// The request of an exchange whose connection is there.
  init(_ exchange: HTTPExchange) {
    let client = exchange.client
    self.init(
      head: exchange.head, remoteAddress: client?.address, isSecure: client?.isSecure ?? false,
      tls: exchange.tls, host: client?.host)
  }
}

/// What ``EngineConfiguration/allowRequest`` answers.
public enum EngineAdmission: Sendable, Hashable {
  /// The client may connect.
  case allowed
  /// The client may not; it is answered with 403, the error code 4 and this message.
  case refused(String = "Forbidden")
}

/// A header field of an answer.
public struct EngineHeaderField: Sendable, Hashable {
  /// The name.
  public var name: String
  /// The value.
  public var value: String

  /// Creates a field.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}
