public import Logging

/// Bounds, time limits and policies of a ``MessageQueue``.
public struct MessageQueueOptions: Sendable {
  /// What happens to payloads that find the bound on waiting ones reached.
  public enum DropPolicy: String, Sendable, Hashable, CaseIterable {
    /// The oldest waiting payloads make room. They are counted as dropped.
    case oldest
    /// The new payload is thrown away. It is counted as dropped.
    case newest
    /// The new payload is refused with an error at the caller. It is counted as refused.
    case error
  }

  /// Payloads that may wait while the queue is away or slow. Default: 10,000.
  public var maxQueuedMessages = 10_000
  /// The same in bytes. Default: 16 MiB.
  public var maxQueuedBytes = 16 << 20
  /// What happens at these bounds. Default: the oldest payloads make room.
  public var dropPolicy = DropPolicy.oldest
  /// The largest payload, in bytes. A larger one is refused with an error at the caller; one that comes in is counted
  /// and thrown away. Default: 4 MiB.
  public var maxPayloadBytes = 4 << 20
  /// How long to wait between attempts to connect.
  public var backoff = Backoff()
  /// How long an attempt to connect, authenticate and subscribe may take. Default: 5 s.
  public var openTimeout: Duration = .seconds(5)
  /// How often the subscription is probed. Default: 5 s.
  public var probeInterval: Duration = .seconds(5)
  /// How long a probe may take to come back before the session counts as lost. Default: 5 s.
  public var probeTimeout: Duration = .seconds(5)
  /// The shortest time between two log messages about messages that cannot be read. Default: 60 s.
  public var malformedLogInterval: Duration = .seconds(60)
  /// Where loss and return of the queue are reported.
  public var logger = Logger(label: "messagequeues")
  /// Numbers from 0 up to but not including 1, for the jitter; a test puts its own here.
  public var random: @Sendable () -> Double = { Double.random(in: 0..<1) }

  /// Creates options with their defaults.
  public init() {}

  /// Checks the values.
  ///
  /// - Throws: ``MessageQueueError`` with the code `invalidOption`, naming the option and its value.
  public func validate() throws(MessageQueueError) {
    for (name, value) in [
      ("maxQueuedMessages", maxQueuedMessages), ("maxQueuedBytes", maxQueuedBytes),
      ("maxPayloadBytes", maxPayloadBytes),
    ] where value < 1 {
      throw MessageQueueError(.invalidOption, "\(name) is \(value), but must be positive")
    }
    guard maxPayloadBytes <= maxQueuedBytes else {
      throw MessageQueueError(
        .invalidOption, "maxPayloadBytes is \(maxPayloadBytes), but must be at most maxQueuedBytes (\(maxQueuedBytes))")
    }
    for (name, value) in [
      ("openTimeout", openTimeout), ("probeInterval", probeInterval), ("probeTimeout", probeTimeout),
      ("malformedLogInterval", malformedLogInterval),
    ] where value <= .zero {
      throw MessageQueueError(.invalidOption, "\(name) is \(value), but must be longer than zero")
    }
    try backoff.validate()
  }
}
