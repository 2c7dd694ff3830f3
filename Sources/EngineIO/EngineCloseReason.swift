/// Why an Engine.IO session ended.
public enum EngineCloseReason: String, Sendable, Hashable {
  /// The client closed it, or its connection ended in good order.
  case transportClose = "transport close"
  /// The connection failed, or the client broke the rules of its transport.
  case transportError = "transport error"
  /// The client did not answer the heartbeat in time.
  case pingTimeout = "ping timeout"
  /// The client sent something that cannot be read.
  case parseError = "parse error"
  /// This server closed the session.
  case forcedClose = "forced close"
  /// The client did not read what it was sent, and ``EngineConfiguration/maxOutgoingBytes`` was reached.
  case slowClient = "slow client"
  /// This server is being stopped.
  case serverShutdown = "server shutting down"
}

/// What the owner of a session, such as a Socket.IO server, is told. Every call comes on the session's executor.
public protocol EngineSessionHandler: AnyObject {
  /// A text message has arrived; it is UTF-8. The bytes are gone when the call returns.
  func received(text: borrowing RawSpan)
  /// A binary message has arrived. The bytes are gone when the call returns.
  func received(binary: borrowing RawSpan)
  /// The client has caught up with what it was sent.
  func drained()
  /// The session is over; called once and last.
  func closed(_ reason: EngineCloseReason)
}

/// What takes the sessions of an ``EngineServer``.
public protocol EngineApplication: AnyObject, Sendable {
  /// A client has connected; called on the session's executor, after the open packet was queued.
  func connected(_ session: EngineSession) -> any EngineSessionHandler
}
