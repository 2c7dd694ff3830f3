public import AsyncModes

/// Speaks with one kind of message queue. What a driver has to do is small: open one session when it is asked to.
///
/// ```
///   MessageQueue ── open ─────────────────► MessageQueueDriver
///        │                                        │ returns
///        ├── publish, subscribe, probe, close ──► MessageQueueSession       ──► the broker
///        ◄── opened, received, confirmed,  ────── (reports to a
///            probed, drained, lost                 MessageQueueSessionHandler)
/// ```
/// Everything that is the same for all queues is done by ``MessageQueue``, once: reconnecting with back-off and jitter,
/// keeping what is published while the queue is away, bounds and drop policies, limits of payloads, the rhythm of the
/// probes, time limits, counters, health, and the log. A driver must not do any of it.
///
/// **Confinement.** ``open(_:on:reporting:)`` is called on an executor; every later call to the session comes on that
/// executor, and every report of the session must be made on it. A driver whose library has threads of its own gets
/// there with `executor.post`.
///
/// A driver from outside this package conforms to this protocol and to ``MessageQueueSession``, and is registered for
/// the schemes of its URLs with ``MessageQueueRegistry``.
public protocol MessageQueueDriver: AnyObject, Sendable {
  /// Starts to open one session: connects, authenticates, and subscribes.
  ///
  /// It returns at once and must not block; names are looked up and connections opened in the background. Nothing may be
  /// reported before it has returned. The session ends either by ``MessageQueueSessionHandler/lost(_:)`` or by
  /// ``MessageQueueSession/close()``, also while it is being opened. If nothing is reported within
  /// ``MessageQueueOptions/openTimeout``, the session is closed and counted as failed.
  ///
  /// - Parameters:
  ///   - subscriptions: what the session subscribes to before it reports
  ///     ``MessageQueueSessionHandler/opened()``; empty for those who only publish, and then no connection or consumer
  ///     for receiving is needed.
  ///   - executor: where the session lives.
  ///   - handler: whom the session reports to; it may be held strongly until the session has ended.
  /// - Returns: the session, which is being opened.
  func open(
    _ subscriptions: [MessageQueueSubscription], on executor: IOExecutor,
    reporting handler: any MessageQueueSessionHandler
  ) -> any MessageQueueSession
}
