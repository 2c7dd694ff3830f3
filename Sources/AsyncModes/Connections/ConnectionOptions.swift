/// Limits and socket options of a connection.
public struct ConnectionOptions: Sendable {
  /// Bytes that may wait for a peer that does not read, in bytes; beyond it the connection is aborted with
  /// ``CloseReason/outgoingLimit``. Default: 16 MiB.
  public var maxPendingBytes = 16 << 20
  /// From this many waiting bytes on ``Connection/isWritable`` is false. Default: 64 KiB.
  public var highWaterMark = 64 << 10
  /// The connection is closed when nothing comes or goes for this long; `nil`, the default, means never.
  public var idleTimeout: Duration?
  /// How long a closed connection waits for the peer to take what was written and to end its side. Default: 5 s.
  /// When the runtime shuts down, its end is waited for half a second at most.
  public var lingerTimeout: Duration = .seconds(5)
  /// How long an outgoing connection may take to be established. Default: 10 s.
  public var connectTimeout: Duration = .seconds(10)
  /// Whether small writes go out at once (`TCP_NODELAY`). Default: true.
  public var noDelay = true
  /// Whether the system probes silent peers (`SO_KEEPALIVE`). Default: false; protocols above have heartbeats.
  public var keepAlive = false

  /// Creates options with their defaults.
  public init() {}

  /// Checks the values.
  ///
  /// - Throws: ``AsyncModeError`` with the code `invalidOption`, naming the option and its value.
  public func validate() throws(AsyncModeError) {
    guard maxPendingBytes > 0 else {
      throw AsyncModeError(.invalidOption, "maxPendingBytes is \(maxPendingBytes), but must be positive")
    }
    guard (1...maxPendingBytes).contains(highWaterMark) else {
      throw AsyncModeError(
        .invalidOption, "highWaterMark is \(highWaterMark), but must be from 1 to maxPendingBytes (\(maxPendingBytes))")
    }
    for (name, value) in [
      ("idleTimeout", idleTimeout), ("lingerTimeout", lingerTimeout), ("connectTimeout", connectTimeout),
    ] {
      if let value, value <= .zero {
        throw AsyncModeError(.invalidOption, "\(name) is \(value), but must be longer than zero")
      }
    }
  }
}

/// Limits and socket options of a listener and the connections it accepts.
public struct ListenOptions: Sendable {
  /// For each accepted connection.
  public var connection = ConnectionOptions()
  /// Connections that may wait to be accepted. Default: 1024.
  public var backlog = 1024
  /// Open connections of this listener, over all executors; more are closed at once and counted. Default: 1,000,000.
  public var maxConnections = 1_000_000
  /// The file mode of a Unix-domain socket. Default: 0o660.
  public var unixSocketMode: UInt32 = 0o660

  /// Creates options with their defaults.
  public init() {}

  /// Checks the values.
  ///
  /// - Throws: ``AsyncModeError`` with the code `invalidOption`, naming the option and its value.
  public func validate() throws(AsyncModeError) {
    try connection.validate()
    guard (1...65_535).contains(backlog) else {
      throw AsyncModeError(.invalidOption, "backlog is \(backlog), but must be from 1 to 65535")
    }
    guard maxConnections > 0 else {
      throw AsyncModeError(.invalidOption, "maxConnections is \(maxConnections), but must be positive")
    }
    guard unixSocketMode <= 0o777 else {
      throw AsyncModeError(.invalidOption, "unixSocketMode is \(unixSocketMode), but must be at most 0o777")
    }
  }
}
