#if Libuv
  public import AsyncModes
  internal import CLibuv

  /// The runtime on libuv: one event loop for each core, each a thread and an executor. User code runs on the loop of
  /// the connection that it is concerned with, and must not block it.
  public final class LibuvMode: AsyncMode {
    /// `libuv`
    public static let name = "libuv"
    private let core: PollingModeCore

    /// Whether the library can be loaded.
    public static func probe() -> ModeAvailability {
      guard let table = clibuv_load() else {
        return .unusable(
          reason: "libuv cannot be loaded: \(String(cString: clibuv_error()))",
          remedy: "install the Debian package libuv1, or choose another mode")
      }
      return .usable("libuv \(table.pointee.uv_version_string().map { String(cString: $0) } ?? "")")
    }

    /// Starts the loops.
    ///
    /// - Throws: `AsyncModeError` with the code `unavailable` or `invalidOption`.
    public init(configuration: ModeConfiguration) throws(AsyncModeError) {
      try configuration.validate()
      if case .unusable(let reason, let remedy) = Self.probe() {
        throw AsyncModeError(.unavailable, "\(reason); \(remedy)")
      }
      var loops: [LibuvExecutor] = []
      do throws(AsyncModeError) {
        for index in 0..<configuration.executorCount { loops.append(try LibuvExecutor(at: index)) }
      } catch {
        for loop in loops { loop.endSoon() }
        throw error
      }
      let started = loops
      core = PollingModeCore(executors: started, configuration: configuration) {
        for loop in started { await loop.end() }
      }
    }

    /// The loops.
    public var executors: [IOExecutor] { core.executors }
    /// The pool for blocking work.
    public var workers: WorkerPool { core.workers }
    /// User code runs on the loops.
    public var handlersMayBlock: Bool { false }

    /// Accepts connections, on every loop.
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

    /// Sleeps on a timer of a loop.
    public func sleep(for duration: Duration) async throws { try await core.preferredExecutor.sleep(for: duration) }

    /// Starts a task on a loop; at once, if the caller is there already.
    public func startTask(on executor: IOExecutor?, _ operation: @escaping @Sendable () async -> Void) {
      let executor = executor ?? core.preferredExecutor
      let handle = core.tasks.add()
      if executor.isCurrent {
        Task.immediate(executorPreference: executor) { await handle.run(operation) }
      } else {
        Task(executorPreference: executor) { await handle.run(operation) }
      }
    }

    /// Ends the loops.
    public func shutdown(within deadline: Duration) async -> ShutdownReport { await core.shutdown(within: deadline) }
  }
#endif
