/// The steps by which a mode gives up its connections and tasks, the same for every mode.
public struct ShutdownSequence: Sendable {
  private let executors: [IOExecutor]
  private let tasks: TaskRegistry

  /// Prepares to shut down what lives on executors.
  public init(executors: [IOExecutor], tasks: TaskRegistry) {
    self.executors = executors
    self.tasks = tasks
  }

  /// Closes connections, cancels tasks, waits for both, and aborts what is left at the deadline.
  public func run(within deadline: Duration) async -> ShutdownReport {
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
