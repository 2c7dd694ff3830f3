internal import AsyncModes

/// One session, from the attempt to open it to its end: what the session reports to.
///
/// What a session reports that was given up meanwhile is ignored.
final class MessageQueueAttempt: MessageQueueSessionHandler {
  private weak var queue: MessageQueue?
  var session: (any MessageQueueSession)?
  var isOpen = false
  /// Payloads that the session has taken and not confirmed.
  var inFlight = 0
  var probeSent: MonotonicInstant?

  init(_ queue: MessageQueue) { self.queue = queue }

  /// The queue, as long as this is its session.
  private var owner: MessageQueue? {
    guard let queue, queue.attempt === self else { return nil }
    return queue
  }

  func opened() {
    guard !isOpen else { return }
    owner?.opened(self)
  }

  func received(_ payload: RawSpan, on channel: String) { owner?.received(payload, on: channel) }

  func oversized(_ bytes: Int, on channel: String) { owner?.oversized(bytes, on: channel) }

  func confirmed(_ count: Int) { owner?.confirmed(count, self) }

  func rejected(_ error: MessageQueueError) { owner?.rejected(error, self) }

  func probed() { owner?.probed(self) }

  func drained() { owner?.pump() }

  func lost(_ error: MessageQueueError) {
    guard let owner else { return }
    session = nil
    owner.lost(error)
  }
}
