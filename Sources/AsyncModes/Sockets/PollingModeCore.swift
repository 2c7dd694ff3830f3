internal import Logging
internal import Synchronization

/// What modes over ``PollingExecutor``s have in common: listening, connecting, tasks, and shutting down.
public final class PollingModeCore: Sendable {
  private struct State {
    var listeners: [DescriptorListener] = []
    var isShutDown = false
    var report: ShutdownReport?
    var waiters: [CheckedContinuation<ShutdownReport, Never>] = []
  }
  /// The executors of the mode.
  public let executors: [PollingExecutor]
  /// The pool for blocking work.
  public let workers: WorkerPool
  /// The tasks of the mode.
  public let tasks = TaskRegistry()
  private let logger: Logger
  private let state = Mutex(State())
  private let nextExecutor = Atomic(0)
  private let stopThreads: @Sendable () async -> Void

  /// Creates the common part of a mode.
  ///
  /// - Parameter stopThreads: ends the threads of the executors; called once, last of all.
  public init(
    executors: [PollingExecutor], configuration: ModeConfiguration, stopThreads: @escaping @Sendable () async -> Void
  ) {
    self.executors = executors
    self.stopThreads = stopThreads
    logger = configuration.logger
    workers = WorkerPool(maxThreads: configuration.maxWorkerThreads, maxQueued: configuration.maxQueuedWork)
  }

  /// The executor that the caller is on, or the next one in turn.
  public var preferredExecutor: PollingExecutor {
    if let current = executors.first(where: { $0.isCurrent }) { return current }
    let turn = nextExecutor.wrappingAdd(1, ordering: .relaxed).oldValue
    return executors[Int(UInt(bitPattern: turn) % UInt(executors.count))]
  }

  private func checkRunning() throws(AsyncModeError) {
    if state.withLock({ $0.isShutDown }) { throw AsyncModeError(.shutDown, "the runtime has been shut down") }
  }

  /// See `AsyncMode.listen(on:options:accept:)`.
  public func listen(
    on address: SocketAddress, options: ListenOptions,
    accept: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) -> any Listener {
    try checkRunning()
    let listener = try await DescriptorListener.open(
      on: address, options: options, executors: executors, logger: logger, accept: accept)
    let isLate = state.withLock { state in
      if !state.isShutDown { state.listeners.append(listener) }
      return state.isShutDown
    }
    if isLate {
      await listener.close()
      try checkRunning()
    }
    return listener
  }

  /// See `AsyncMode.connect(to:options:on:established:)`.
  public func connect(
    to address: SocketAddress, options: ConnectionOptions, on executor: IOExecutor,
    established: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) {
    try checkRunning()
    guard executors.indices.contains(executor.index), executors[executor.index] === executor else {
      throw AsyncModeError(.invalidOption, "the executor belongs to another runtime")
    }
    try await DescriptorConnector.connect(
      to: address, options: options, on: executors[executor.index], established: established)
  }

  /// See `AsyncMode.shutdown(within:)`.
  public func shutdown(within deadline: Duration) async -> ShutdownReport {
    let listeners: [DescriptorListener]? = state.withLock { state in
      guard !state.isShutDown else { return nil }
      state.isShutDown = true
      defer { state.listeners = [] }
      return state.listeners
    }
    guard let listeners else {
      return await withCheckedContinuation { continuation in
        let report = state.withLock { state in
          if state.report == nil { state.waiters.append(continuation) }
          return state.report
        }
        if let report { continuation.resume(returning: report) }
      }
    }
    for listener in listeners { await listener.close() }
    let report = await ShutdownSequence(executors: executors, tasks: tasks).run(within: deadline)
    workers.stop()
    await stopThreads()
    let waiters = state.withLock { state in
      state.report = report
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume(returning: report) }
    return report
  }
}
