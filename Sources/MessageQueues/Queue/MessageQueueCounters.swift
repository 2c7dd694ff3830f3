/// What a ``MessageQueue`` has counted since it was created.
public struct MessageQueueCounters: Sendable, Equatable {
  /// Payloads that were handed to the queue.
  public var published = 0
  /// Payloads of which the queue has told that it got them.
  public var confirmed = 0
  /// Payloads that were handed over and not confirmed when the session was lost: they may or may not have arrived.
  public var unconfirmed = 0
  /// Payloads that were thrown away because too many waited; see ``MessageQueueOptions/dropPolicy``.
  public var dropped = 0
  /// Payloads that were refused with an error at the caller: too large, or too many waited.
  public var refused = 0
  /// Payloads that the queue refused after they were handed to it.
  public var rejected = 0
  /// Messages that came in.
  public var received = 0
  /// The payloads of these messages, in bytes.
  public var receivedBytes = 0
  /// Messages that this process had published itself.
  public var ownEchoes = 0
  /// Messages that did not concern anybody here, and were not decoded.
  public var skipped = 0
  /// Messages that could not be read.
  public var malformed = 0
  /// Messages that came in and were larger than ``MessageQueueOptions/maxPayloadBytes``.
  public var oversized = 0
  /// Sessions that stood and were lost.
  public var losses = 0
  /// Sessions that were opened after a loss.
  public var reconnects = 0
  /// Attempts to open a session that failed.
  public var failedAttempts = 0
  /// Probes that did not come back in time; each ended a session.
  public var failedProbes = 0

  /// Creates counters that stand at zero.
  public init() {}
}
