/// A request that violates HTTP or a limit: the peer's fault.
public struct HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The status code to answer with: 400, 413, 414, 417, 431, 501 or 505.
  public let status: Int
  /// What is wrong, in a form that may be told to the peer.
  public let message: String

  init(_ status: Int, _ message: String) {
    self.status = status
    self.message = message
  }

  /// The status and the message.
  public var description: String { "\(status): \(message)" }
}

/// Limits of what a peer may send before it is refused.
public struct HTTPLimits: Sendable, Hashable {
  /// The request line, in bytes without its end; longer ones are refused with 414. Default: 16 KiB.
  public var maxRequestLineBytes = 16 << 10
  /// Request line and header fields together, in bytes, at most 65,535; more is refused with 431. Default: 32 KiB.
  public var maxHeadBytes = 32 << 10 {
    didSet { maxHeadBytes = min(max(maxHeadBytes, 64), 65_535) }
  }
  /// Header fields of a request, and trailer fields; more are refused with 431. Default: 200.
  public var maxFieldCount = 200
  /// The content of a request, in bytes, inclusive; more is refused with 413. Default: 1,000,000.
  public var maxBodyBytes = 1_000_000
  /// The line that begins a chunk, with its extensions, in bytes. Default: 256.
  public var maxChunkLineBytes = 256

  /// Creates limits with their defaults.
  public init() {}
}
