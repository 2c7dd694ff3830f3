public import AsyncModes

/// The runtime on threads: pollers that serve connections, and a pool of workers, which may block, for user code.
///
/// It depends on nothing but the operating system, so it is always there.
public final class ThreadPoolMode: AsyncMode {
  /// `threads`
  public static let name = "threads"
  private let core: PollingModeCore

  /// Always usable.
  public static func probe() -> ModeAvailability { .usable("epoll and threads") }

  /// Starts the pollers.
  ///
  /// - Throws: `AsyncModeError` with the code `unavailable` or `invalidOption`.
  public init(configuration: ModeConfiguration) throws(AsyncModeError) {
    try configuration.validate()
    var pollers: [EpollExecutor] = []
    do throws(AsyncModeError) {
      for index in 0..<configuration.executorCount { pollers.append(try EpollExecutor(at: index)) }
    } catch {
      for poller in pollers { poller.endSoon() }
      throw error
    }
    let started = pollers
    core = PollingModeCore(executors: started, configuration: configuration) {
      for poller in started { await poller.end() }
    }
  }

  /// The pollers.
  public var executors: [IOExecutor] { core.executors }
  /// The pool for blocking work.
  public var workers: WorkerPool { core.workers }
  /// User code runs on workers.
  public var handlersMayBlock: Bool { true }

  /// Accepts connections, on every poller.
  public func listen(
    on address: SocketAddress, options: ListenOptions,
    accept: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) -> any Listener {
    try await core.listen(on: address, options: options, accept: accept)
  }

  /// Opens a connection.
  public func connect(
    to address: SocketAddress, options: ConnectionOptions, on executor: IOExecutor,
    established: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) {
    try await core.connect(to: address, options: options, on: executor, established: established)
  }

  /// Sleeps on a timer of a poller.
  public func sleep(for duration: Duration) async throws { try await core.preferredExecutor.sleep(for: duration) }

  /// Starts a task on the workers.
  public func startTask(on executor: IOExecutor?, _ operation: @escaping @Sendable () async -> Void) {
    let handle = core.tasks.add()
    Task(executorPreference: core.workers) { await handle.run(operation) }
  }

  /// Ends the threads.
  public func shutdown(within deadline: Duration) async -> ShutdownReport { await core.shutdown(within: deadline) }
}
