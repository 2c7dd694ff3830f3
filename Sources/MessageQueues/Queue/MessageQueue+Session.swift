internal import AsyncModes
internal import Logging
internal import Synchronization

/// Opening, probing and losing sessions; everything here runs on the executor.
extension MessageQueue {
  func change(to state: MessageQueueState) {
    shared.withLock { shared in
      if shared.state != state { shared.stateSince = executor.now }
      shared.state = state
    }
    receiver?.changed(to: state)
  }

  func open() {
    guard state != .closed else { return }
    let attempt = MessageQueueAttempt(self)
    self.attempt = attempt
    arm(after: options.openTimeout) { queue in
      queue.lost(MessageQueueError(.timedOut, "the queue did not let us in within \(queue.options.openTimeout)"))
    }
    let session = driver.open(subscriptions, on: executor, reporting: attempt)
    attempt.session = session
  }

  func opened(_ attempt: MessageQueueAttempt) {
    attempt.isOpen = true
    failures = 0
    if hasBeenConnected {
      count { $0.reconnects += 1 }
      options.logger.notice("the message queue is back")
    } else {
      options.logger.info("connected to the message queue")
    }
    hasBeenConnected = true
    change(to: .connected)
    guard self.attempt === attempt else { return }
    scheduleProbe()
    pump()
  }

  /// The session could not be opened, or is lost.
  func lost(_ error: MessageQueueError) {
    let wasOpen = attempt?.isOpen ?? false
    isHeld = false
    endAttempt()
    failures += 1
    shared.withLock { shared in
      shared.lastError = error
      if wasOpen { shared.counters.losses += 1 } else { shared.counters.failedAttempts += 1 }
    }
    let delay = options.backoff.delay(before: failures, random: options.random())
    if wasOpen {
      options.logger.error("the message queue is lost: \(error); trying again")
    } else if failures & (failures - 1) == 0 {
      // Powers of two: an outage of a night leaves some lines in the log, not thousands.
      options.logger.error("the message queue cannot be reached (attempt \(failures)): \(error); trying again")
    }
    change(to: .reconnecting(attempt: failures))
    guard state != .closed else { return }
    arm(after: delay) { $0.open() }
    checkFlushed()
  }

  /// Gives the session up and counts what it had not confirmed.
  func endAttempt() {
    guard let attempt else { return }
    self.attempt = nil
    executor.cancel(timer)
    timer = .none
    if attempt.inFlight > 0 { count { $0.unconfirmed += attempt.inFlight } }
    let session = attempt.session
    attempt.session = nil
    session?.close()
  }

  /// The one timer of the queue: there is always one thing at most that it waits for.
  private func arm(after delay: Duration, _ body: @escaping (MessageQueue) -> Void) {
    executor.cancel(timer)
    timer = executor.schedule(after: delay) { [weak self] in
      guard let self else { return }
      timer = .none
      body(self)
    }
  }

  // MARK: Probing

  private func scheduleProbe() {
    arm(after: options.probeInterval) { queue in
      guard let attempt = queue.attempt, attempt.isOpen else { return }
      attempt.probeSent = queue.executor.now
      queue.arm(after: queue.options.probeTimeout) { queue in
        queue.count { $0.failedProbes += 1 }
        queue.lost(
          MessageQueueError(
            .timedOut, "a probe of the subscription did not come back within \(queue.options.probeTimeout)"))
      }
      attempt.session?.probe()
    }
  }

  func probed(_ attempt: MessageQueueAttempt) {
    guard let sent = attempt.probeSent else { return }
    attempt.probeSent = nil
    shared.withLock { $0.probeRoundTrip = sent.duration(to: executor.now) }
    scheduleProbe()
  }
}
