/// What a session reports to; see ``MessageQueueDriver``. Every call is to be made on the executor of the session, and
/// none of them from within a call to the session, except ``confirmed(_:)``.
public protocol MessageQueueSessionHandler: AnyObject {
  /// The session stands: it can publish, and all of its subscriptions are confirmed. Reported once.
  func opened()

  /// A message has come.
  ///
  /// - Parameters:
  ///   - payload: what was published; gone when the call returns.
  ///   - channel: the channel on which it was published.
  func received(_ payload: RawSpan, on channel: String)

  /// A message has come that is larger than the driver takes, and was thrown away.
  func oversized(_ bytes: Int, on channel: String)

  /// The queue has told that it has got payloads, the oldest ones that were not yet confirmed.
  ///
  /// A queue that does not tell confirms what it has handed to the operating system.
  func confirmed(_ count: Int)

  /// The queue has refused a payload that ``MessageQueueSession/publish(_:on:)`` had taken, but the session goes on.
  /// The payload counts as lost, and as confirmed.
  func rejected(_ error: MessageQueueError)

  /// A probe has come back: the subscription is alive.
  func probed()

  /// The session takes payloads again after it had answered `false`.
  func drained()

  /// The session could not be opened, or has ended. Reported once, and nothing after it; the session has given
  /// everything back already.
  func lost(_ error: MessageQueueError)
}
