public import AsyncModes
internal import Logging
internal import Synchronization

/// Payloads out and in; everything here runs on the executor.
extension MessageQueue {
  /// Payloads that one turn of the executor publishes before it looks at other work.
  private static let payloadsPerTurn = 256

  /// Hands waiting payloads to the session for as long as it takes them.
  func pump() {
    shared.withLock { $0.isFlushPosted = false }
    var budget = Self.payloadsPerTurn
    while !isHeld, let attempt, attempt.isOpen, let session = attempt.session {
      guard budget > 0 else {
        executor.post { [self] in pump() }
        break
      }
      budget -= 1
      let next = shared.withLock { shared -> Outbox.Item? in
        guard let item = shared.outbox.popFirst() else { return nil }
        shared.counters.published += 1
        return item
      }
      guard let next else { break }
      attempt.inFlight += 1
      guard session.publish(next.payload, on: next.channel) else {
        attempt.inFlight -= 1
        shared.withLock { shared in
          shared.counters.published -= 1
          shared.outbox.putBack(next)
        }
        break
      }
    }
    checkFlushed()
  }

  /// Keeps what waits until ``release()`` is called, or the session is lost. For receivers that are told that the queue is
  /// back, to be called on the executor: whom they publish for may not be back yet.
  public func hold() { isHeld = true }

  /// Publishes what waits; see ``hold()``. To be called on the executor.
  public func release() {
    guard isHeld else { return }
    isHeld = false
    pump()
  }

  /// Publishes a payload before all that wait, if there is a session that takes it now. To be called on the executor.
  public func publishAhead(_ payload: SharedBytes, on channel: String) {
    guard let attempt, attempt.isOpen, let session = attempt.session else { return }
    attempt.inFlight += 1
    count { $0.published += 1 }
    guard !session.publish(payload, on: channel) else { return }
    attempt.inFlight -= 1
    count { $0.published -= 1 }
  }

  func confirmed(_ count: Int, _ attempt: MessageQueueAttempt) {
    let count = min(max(count, 0), attempt.inFlight)
    attempt.inFlight -= count
    self.count { $0.confirmed += count }
    checkFlushed()
  }

  func rejected(_ error: MessageQueueError, _ attempt: MessageQueueAttempt) {
    attempt.inFlight = max(0, attempt.inFlight - 1)
    let number = shared.withLock { shared in
      shared.counters.rejected += 1
      shared.lastError = error
      return shared.counters.rejected
    }
    if number & (number - 1) == 0 {
      options.logger.error("the message queue has refused a message (\(number) so far): \(error)")
    }
    checkFlushed()
  }

  func received(_ payload: RawSpan, on channel: String) {
    guard payload.byteCount <= options.maxPayloadBytes else { return oversized(payload.byteCount, on: channel) }
    let verdict = receiver?.received(payload, on: channel) ?? .skipped
    let bytes = payload.byteCount
    count { counters in
      counters.received += 1
      counters.receivedBytes += bytes
      switch verdict {
      case .handled: break
      case .ownEcho: counters.ownEchoes += 1
      case .skipped: counters.skipped += 1
      case .malformed: counters.malformed += 1
      }
    }
    if case .malformed(let why) = verdict { complain(channel, why) }
  }

  func oversized(_ bytes: Int, on channel: String) {
    count { counters in
      counters.received += 1
      counters.receivedBytes += bytes
      counters.oversized += 1
    }
    complain(channel, "it has \(bytes) bytes, but maxPayloadBytes is \(options.maxPayloadBytes)")
  }

  /// Says once in a while that messages cannot be read: whoever can publish must not be able to fill the disk.
  private func complain(_ channel: String, _ why: String) {
    malformedSinceLog += 1
    let now = executor.now
    if let last = lastMalformedLog, last.advanced(by: options.malformedLogInterval) > now { return }
    lastMalformedLog = now
    options.logger.warning(
      "\(malformedSinceLog) message(s) of the queue could not be used; the last one, on \"\(channel)\": \(why)")
    malformedSinceLog = 0
  }

  // MARK: Flushing

  var isFlushed: Bool { (attempt?.inFlight ?? 0) == 0 && shared.withLock { $0.outbox.count == 0 } }

  func checkFlushed() { if isFlushed { releaseFlushWaiters() } }

  func releaseFlushWaiters() {
    let waiters = shared.withLock { shared in
      defer { shared.flushWaiters = [] }
      return shared.flushWaiters
    }
    for waiter in waiters { waiter.resume() }
  }
}
