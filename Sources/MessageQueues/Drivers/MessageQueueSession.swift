public import AsyncModes

/// One session with a message queue, from connecting to the loss of the connection; it is never opened again.
///
/// Confined to the executor that it was opened on; see ``MessageQueueDriver``.
public protocol MessageQueueSession: AnyObject {
  /// Publishes a payload to all subscribers of a channel, this process among them if it has subscribed.
  ///
  /// Called only between ``MessageQueueSessionHandler/opened()`` and the end. Payloads that were taken arrive in their
  /// order at each subscriber. It must not block and must not hold an unbounded amount: a session whose connection does
  /// not keep up answers `false`, and reports ``MessageQueueSessionHandler/drained()`` when it can go on.
  ///
  /// - Returns: whether the payload was taken. Each one that was taken is to be reported by
  ///   ``MessageQueueSessionHandler/confirmed(_:)``; those that were not when the session is lost count as losses.
  func publish(_ payload: SharedBytes, on channel: String) -> Bool

  /// Subscribes to a further channel. Called only while the session is open.
  func subscribe(to subscription: MessageQueueSubscription)

  /// Finds out whether the *subscription* is alive, and reports ``MessageQueueSessionHandler/probed()`` if it is.
  ///
  /// It is not enough that the connection for publishing answers: a server that publishes but hears nothing is deaf. The
  /// best probe is a message of one's own that goes all the way round, on a channel that only this session has
  /// subscribed to; failing that, a ping over the connection or consumer that receives. A session without subscriptions
  /// probes the connection that it publishes over. No answer within ``MessageQueueOptions/probeTimeout`` ends the
  /// session.
  func probe()

  /// Ends the session and gives everything back. Nothing is reported afterwards, not even the end.
  ///
  /// May be called in the middle of a report.
  func close()
}
