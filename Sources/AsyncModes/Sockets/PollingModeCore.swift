internal import Logging
internal import Synchronization

/// What modes over ``PollingExecutor``s have in common: listening, connecting, tasks, and shutting down.
public final class PollingModeCore: Sendable {
  /// The executors of the mode.
  public let executors: [PollingExecutor]
  private let lifecycle: ModeLifecycle
  private let logger: Logger
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
    lifecycle = ModeLifecycle(executors: executors, workers: WorkerPool(configuration))
  }

  /// The pool for blocking work.
  public var workers: WorkerPool { lifecycle.workers }
  /// The tasks of the mode.
  public var tasks: TaskRegistry { lifecycle.tasks }

  /// The executor that the caller is on, or the next one in turn.
  public var preferredExecutor: PollingExecutor {
    if let current = executors.first(where: { $0.isCurrent }) { return current }
    let turn = nextExecutor.wrappingAdd(1, ordering: .relaxed).oldValue
    return executors[Int(UInt(bitPattern: turn) % UInt(executors.count))]
  }

  /// See `AsyncMode.listen(on:options:accept:)`.
  public func listen(
    on address: SocketAddress, options: ListenOptions,
    accept: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) -> any Listener {
    try lifecycle.checkRunning()
    let listener = try await DescriptorListener.open(
      on: address, options: options, executors: executors, logger: logger, accept: accept)
    try await lifecycle.keep(listener)
    return listener
  }

  /// See `AsyncMode.connect(to:options:on:established:)`.
  public func connect(
    to address: SocketAddress, options: ConnectionOptions, on executor: IOExecutor,
    established: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) {
    try lifecycle.checkRunning()
    try lifecycle.check(executor)
    try await DescriptorConnector.connect(
      to: address, options: options, on: executors[executor.index], established: established)
  }

  /// See `AsyncMode.shutdown(within:)`.
  public func shutdown(within deadline: Duration) async -> ShutdownReport {
    await lifecycle.shutdown(within: deadline, stopExecutors: stopThreads)
  }
}
