import AsyncModes
import ServerTesting

/// A runtime without threads and sockets.
final class ManualMode: AsyncMode, @unchecked Sendable {
  // @unchecked: used by one test at a time.
  static let name = "manual"
  static func probe() -> ModeAvailability { .usable("in memory") }

  let manual: [ManualExecutor]
  let workers = WorkerPool(maxThreads: 1, maxQueued: 1)
  let handlersMayBlock = false
  var executors: [IOExecutor] { manual }

  init(configuration: ModeConfiguration = ModeConfiguration(executorCount: 2)) {
    manual = (0..<configuration.executorCount).map { ManualExecutor(index: $0) }
  }

  /// Runs everything that is due, wherever it is.
  func run() { for _ in 0..<4 { for executor in manual { executor.run() } } }

  func listen(
    on address: SocketAddress, options: ListenOptions, accept: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) -> any Listener { throw AsyncModeError(.unavailable, "there are no sockets") }

  func connect(
    to address: SocketAddress, options: ConnectionOptions, on executor: IOExecutor,
    established: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) { throw AsyncModeError(.unavailable, "there are no sockets") }

  func sleep(for duration: Duration) async throws { try await executors[0].sleep(for: duration) }
  func startTask(on executor: IOExecutor?, _ operation: @escaping @Sendable () async -> Void) {
    Task(executorPreference: executor ?? executors[0]) { await operation() }
  }
  func shutdown(within deadline: Duration) async -> ShutdownReport { ShutdownReport() }
}
