public import AsyncModes
public import HTTPCodec

/// The options of the HTTP side of a server.
public struct HTTPServingOptions: Sendable {
  /// Limits of request heads.
  public var limits = HTTPLimits()
  /// How long a request may take to arrive, from its first byte to its last. Default: 30 s.
  public var requestTimeout: Duration = .seconds(30)
  /// How long a connection may stay open between requests, and how long a client may take for each piece of an answer
  /// that is sent in pieces. Default: 75 s.
  public var keepAliveTimeout: Duration = .seconds(75)
  /// Bytes of further requests that are kept while one is being answered; reading stops there. Default: 64 KiB.
  public var maxPipelinedBytes = 64 << 10
  /// The proxies whose `Forwarded` or `X-Forwarded-…` fields are believed. Default: none.
  public var trustedProxies = TrustedProxies.none
  /// The proxies that begin each connection with a PROXY header, version 1 or 2, before TLS. What they say about the
  /// client's address is believed; a connection of theirs without a header is closed. Default: none, and a header is
  /// then no valid request.
  public var proxyProtocol = TrustedProxies.none
  /// Connections that one address may have open, over all listeners that share these options; more are closed at once
  /// and counted. A trusted proxy is not limited. Default: `nil`, no limit.
  public var connectionLimit: AddressLimit?
  /// Where a line for each request is written. Default: nowhere.
  public var accessLog: AccessLog?

  /// Creates options with their defaults.
  public init() {}

  /// Checks the values.
  ///
  /// - Throws: `AsyncModeError` with the code `invalidOption`, naming the option and its value.
  public func validate() throws(AsyncModeError) {
    for (name, value) in [("requestTimeout", requestTimeout), ("keepAliveTimeout", keepAliveTimeout)] {
      guard value >= .milliseconds(1), value <= .seconds(86_400 * 24) else {
        throw AsyncModeError(.invalidOption, "\(name) is \(value), but must be from 1 ms to 24 days")
      }
    }
    for (name, value, range) in [
      ("maxPipelinedBytes", maxPipelinedBytes, 1...Int(Int32.max)),
      ("limits.maxRequestLineBytes", limits.maxRequestLineBytes, 64...65_535),
      ("limits.maxHeadBytes", limits.maxHeadBytes, 64...65_535),
      ("limits.maxFieldCount", limits.maxFieldCount, 1...1000),
      ("limits.maxBodyBytes", limits.maxBodyBytes, 0...Int.max),
      ("limits.maxChunkLineBytes", limits.maxChunkLineBytes, 18...65_535),
    ] where !range.contains(value) {
      throw AsyncModeError(
        .invalidOption, "\(name) is \(value), but must be from \(range.lowerBound) to \(range.upperBound)")
    }
  }
}
