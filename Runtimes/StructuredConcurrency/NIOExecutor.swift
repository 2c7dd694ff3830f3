internal import AsyncModes
internal import NIOCore

/// An event loop of SwiftNIO as an executor.
final class NIOExecutor: IOExecutor, @unchecked Sendable {
  // @unchecked: everything mutable is confined to the event loop.

  let eventLoop: any EventLoop
  private var isTurnScheduled = false
  private var scheduled: Scheduled<Void>?
  private var scheduledFor: MonotonicInstant?
  private var isOver = false

  init(index: Int, eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
    super.init(index: index)
  }

  override func wake() {
    eventLoop.execute { [self] in
      if !isTurnScheduled { beginTurn() }
      turn()
    }
  }

  /// Runs jobs, timers and flushes once when the events of this round are through.
  func scheduleTurn() {
    guard !isTurnScheduled else { return }
    isTurnScheduled = true
    breather = Self.shortestBreather
    beginTurn()
    eventLoop.execute { [self] in turn() }
  }

  /// Calls `body` as this executor; the turn follows.
  func perform(_ body: () -> Void) {
    guard !isOver else { return }
    scheduleTurn()
    enter(body)
  }

  private func turn() {
    isTurnScheduled = false
    guard !isOver else { return }
    let wait = enter { runTurn() }
    guard var wait else { return }
    if wait == .zero {
      wait = breather
      breather = min(breather * 2, Self.longestBreather)
    } else {
      breather = Self.shortestBreather
    }
    let deadline = now.advanced(by: wait)
    if let scheduledFor, scheduledFor <= deadline, scheduledFor > now { return }
    scheduled?.cancel()
    scheduledFor = deadline
    scheduled = eventLoop.scheduleTask(in: .nanoseconds(wait.clampedNanoseconds)) { [self] in
      scheduledFor = nil
      turn()
    }
  }

  /// How much later a turn comes that has more to do. SwiftNIO looks at its sockets only once no task is due, so the time
  /// grows until it is longer than what SwiftNIO needs to come to that, and until a socket has been heard.
  private var breather = shortestBreather
  private static let shortestBreather = Duration.microseconds(50)
  private static let longestBreather = Duration.milliseconds(10)

  override func timersChanged() { scheduleTurn() }

  /// Takes the last turn; from then on the event loop serves this executor no more.
  func end() async {
    await withCheckedContinuation { continuation in
      eventLoop.execute { [self] in
        turn()
        isOver = true
        scheduled?.cancel()
        stop()
        continuation.resume()
      }
    }
  }
}
