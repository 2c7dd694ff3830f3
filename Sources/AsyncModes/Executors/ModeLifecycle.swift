internal import Synchronization

/// What a mode has from its start to its end, and the steps of the end: the same for every mode.
public final class ModeLifecycle: Sendable {
  private struct State {
    var listeners: [any Listener] = []
    var isShutDown = false
    var report: ShutdownReport?
    var waiters: [CheckedContinuation<ShutdownReport, Never>] = []
  }
  /// The executors of the mode.
  public let executors: [IOExecutor]
  /// The pool for blocking work.
  public let workers: WorkerPool
  /// The tasks of the mode.
  public let tasks = TaskRegistry()
  private let state = Mutex(State())

  /// Begins the life of a mode whose executors run.
  public init(executors: [IOExecutor], workers: WorkerPool) {
    self.executors = executors
    self.workers = workers
  }

  /// - Throws: `AsyncModeError` with the code `shutDown` once ``shutdown(within:stopExecutors:)`` has been called.
  public func checkRunning() throws(AsyncModeError) {
    if state.withLock({ $0.isShutDown }) { throw AsyncModeError(.shutDown, "the runtime has been shut down") }
  }

  /// - Throws: `AsyncModeError` with the code `invalidOption` if an executor is none of the mode's.
  public func check(_ executor: IOExecutor) throws(AsyncModeError) {
    guard executors.indices.contains(executor.index), executors[executor.index] === executor else {
      throw AsyncModeError(.invalidOption, "the executor belongs to another runtime")
    }
  }

  /// Takes note of a listener, which is closed at the end.
  ///
  /// - Throws: `AsyncModeError` with the code `shutDown` if the end has come meanwhile; the listener is closed then.
  public func keep(_ listener: any Listener) async throws(AsyncModeError) {
    let isLate = state.withLock { state in
      if !state.isShutDown { state.listeners.append(listener) }
      return state.isShutDown
    }
    if isLate {
      await listener.close()
      try checkRunning()
    }
  }

  /// Closes listeners and connections, cancels tasks, waits for both, aborts what is left at the deadline, and stops the
  /// workers and the executors.
  ///
  /// It happens once: whoever calls later or meanwhile waits for its end and gets the same report.
  ///
  /// - Parameter stopExecutors: ends the threads of the executors; called last of all.
  public func shutdown(within deadline: Duration, stopExecutors: () async -> Void) async -> ShutdownReport {
    let listeners: [any Listener]? = state.withLock { state in
      guard !state.isShutDown else { return nil }
      state.isShutDown = true
      defer { state.listeners = [] }
      return state.listeners
    }
    guard let listeners else { return await reportOfTheFirst() }
    for listener in listeners { await listener.close() }
    let report = await end(within: deadline)
    workers.stop()
    await stopExecutors()
    let waiters = state.withLock { state in
      state.report = report
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume(returning: report) }
    return report
  }

  private func reportOfTheFirst() async -> ShutdownReport {
    await withCheckedContinuation { continuation in
      let report = state.withLock { state in
        if state.report == nil { state.waiters.append(continuation) }
        return state.report
      }
      if let report { continuation.resume(returning: report) }
    }
  }

  private func end(within deadline: Duration) async -> ShutdownReport {
    let clock = executors[0]
    let end = clock.now.advanced(by: deadline)
    for executor in executors {
      await executor.run {
        executor.isClosing = true
        executor.abandonAttempts()
        for connection in Array(executor.connections) { connection.close(because: .shutdown) }
        executor.flushDirtyConnections()
      }
    }
    tasks.cancelAll()
    // A task that shuts down its own runtime does not wait for itself.
    let own = tasks.isCurrentTaskRegistered ? 1 : 0
    while true {
      let open = await connectionCount()
      let running = max(0, tasks.count - own)
      if open == 0, running == 0 { return ShutdownReport() }
      let left = clock.now.duration(to: end)
      if left == .zero {
        for executor in executors {
          await executor.run {
            for connection in Array(executor.connections) { connection.abort(because: .shutdown) }
          }
        }
        return ShutdownReport(abortedConnections: open, unfinishedTasks: running)
      }
      await pause(min(left, .milliseconds(5)))
    }
  }

  private func connectionCount() async -> Int {
    var count = 0
    for executor in executors { count += await executor.run { executor.connectionCount } }
    return count
  }

  /// Waits although the calling task may be cancelled.
  private func pause(_ duration: Duration) async {
    let executor = executors[0]
    await withCheckedContinuation { continuation in
      executor.execute { _ = executor.schedule(after: duration) { continuation.resume() } }
    }
  }
}
