extension Connection {
  /// Goes on with an end or a close that waits for the last byte to be written.
  func finishIfWritten() {
    guard isEndRequested, pending.isEmpty, turnCount == 0, state != .closed, !hasUnsentBytes else { return }
    if let secured, !endEncryption(secured) { return }
    if !hasEnded {
      hasEnded = true
      shutdownWriting()
    }
    switch state {
    case .open: if hasPeerEnded { finish(.peer, abort: false) }
    case .closing:
      if hasPeerEnded {
        finish(closeReason, abort: false)
      } else {
        state = .lingering
        if closeReason == .shutdown { hurry() }
      }
    case .lingering, .closed: break
    }
  }

  /// Whether all that is missing is the peer's end, which a runtime that shuts down does not wait for: clients that keep
  /// connections for later may not notice this end for long. What is on its way to them is left to the system.
  private var isHurrying: Bool { state == .lingering && closeReason == .shutdown }

  private func hurry() {
    let limit = executor.now.advanced(by: .milliseconds(500))
    guard deadline.map({ limit < $0 }) ?? true else { return }
    deadline = limit
    armTimer()
  }

  /// The last step: the socket goes back to the system, the handler hears of it.
  func finish(_ reason: CloseReason, abort: Bool) {
    guard state != .closed else { return }
    state = .closed
    closeReason = reason
    turnCount = 0
    if let secured {
      self.secured = nil
      if !secured.isEstablished, !secured.isEnded { failHandshake(secured, "the connection was closed: \(reason)") }
    }
    pending = OutgoingQueue()
    executor.cancel(timer)
    timer = .none
    leaveExecutor()
    closeTransport(abort: abort)
    companion = nil
    guard let handler else { return }
    self.handler = nil
    // The handler may be in the middle of `received`: it hears of the end when it is through.
    if isDelivering {
      executor.post { [box = Confined(handler)] in box.value.closed(reason) }
    } else {
      handler.closed(reason)
    }
  }

  func leaveExecutor() {
    guard place >= 0 else { return }
    let last = executor.connections.removeLast()
    if last !== self {
      executor.connections[place] = last
      last.place = place
    }
    place = -1
  }

  /// Takes the connection to another executor, with everything that waits to be written.
  ///
  /// The move happens after the present job; until then the present handler may still be given bytes. What comes later
  /// is pushed to the handler that `arrived` returns, on the other executor. If the connection ends before it has
  /// arrived, `arrived` is called all the same, and its handler is told that it is closed.
  /// To be called on the present executor, and the connection is not to be used there afterwards.
  public final func move(
    to destination: IOExecutor, _ arrived: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) {
    guard state != .closed, destination !== executor else { return }
    setDeadline(after: nil)
    pauseReading()
    executor.post { [self] in
      flush()
      // This executor must not flush it at the end of the turn: by then it may be written on the other.
      if isDirty {
        isDirty = false
        executor.dirty.removeAll { $0 === self }
      }
      let isMoving = state == .open
      if isMoving {
        executor.cancel(timer)
        timer = .none
        leaveExecutor()
        handler = nil
        isAwaitingWritable = false
        executor = destination
        moveTransport(to: destination)
      }
      destination.post { [self] in
        let handler = arrived(self)
        guard isMoving else {
          handler.closed(closeReason)
          return
        }
        start(handler)
        resumeReading()
        if !pending.isEmpty { drainPending() }
      }
    }
  }
}

extension Connection: TimerTarget {
  /// The nearest of deadline and idle timeout may have come.
  public final func timerFired() {
    timer = .none
    guard state != .closed else { return }
    let now = executor.now
    if let limit = secured?.handshakeDeadline, limit <= now { return finish(.deadline, abort: true) }
    if let deadline, deadline <= now {
      if state == .open { giveUp() } else { finish(closeReason, abort: !isHurrying) }
    } else if let idleTimeout = options.idleTimeout, state == .open, lastActivity.advanced(by: idleTimeout) <= now {
      close(because: .idle)
    } else {
      armTimer()
    }
  }

  /// The deadline has passed: a peer that has not taken what was written is cut off; any other is told by an end, for a
  /// reset could take from it what it has received and not read.
  private func giveUp() {
    if pendingBytes > 0 || hasUnsentBytes { finish(.deadline, abort: true) } else { close(because: .deadline) }
  }

  /// Sees to it that a timer fires at the next deadline, or before it: then it finds nothing due and looks again. So a
  /// deadline that is moved on with every request costs nothing.
  func armTimer() {
    var next = deadline
    if let idleTimeout = options.idleTimeout, state == .open {
      let idle = lastActivity.advanced(by: idleTimeout)
      next = next.map { min($0, idle) } ?? idle
    }
    if let limit = secured?.handshakeDeadline { next = next.map { min($0, limit) } ?? limit }
    guard let next else { return }
    if timer != .none {
      if timerDue <= next { return }
      executor.cancel(timer)
    }
    timerDue = next
    timer = executor.schedule(after: executor.now.duration(to: next), self)
  }
}
