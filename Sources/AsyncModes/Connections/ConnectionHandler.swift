/// What a connection pushes its bytes and its end to. Every call comes on the connection's executor.
///
/// Guarantees: `received` is never called after `ended` or after the connection was closed by its owner; `closed` is
/// called exactly once and last. Not guaranteed: that one write of the peer arrives as one call.
public protocol ConnectionHandler: AnyObject {
  /// Bytes have arrived. They may be changed in place, and are gone when the call returns.
  func received(_ bytes: inout MutableRawSpan)

  /// Everything that had to wait for the peer is written; see ``Connection/isWritable``.
  func drained()

  /// The peer has ended its side (half-close); the connection can still be written. The default closes it.
  func ended()

  /// The connection is gone.
  func closed(_ reason: CloseReason)

  /// The connection this handler belongs to, which the defaults act on.
  var connection: Connection { get }
}

extension ConnectionHandler {
  /// Does nothing.
  public func drained() {}

  /// Closes the connection once everything is written.
  public func ended() { connection.close() }
}

/// Why a connection is gone.
public enum CloseReason: Sendable, Hashable {
  /// This side closed it and everything was written.
  case local
  /// The peer ended it in good order.
  case peer
  /// This side aborted it.
  case aborted
  /// The peer reset it, or the network failed; with the `errno`.
  case failed(Int32)
  /// Nothing came or went for ``ConnectionOptions/idleTimeout``.
  case idle
  /// The deadline set with ``Connection/setDeadline(after:)`` passed.
  case deadline
  /// The peer did not read, and ``ConnectionOptions/maxPendingBytes`` was reached.
  case outgoingLimit
  /// The mode was shut down.
  case shutdown
}
