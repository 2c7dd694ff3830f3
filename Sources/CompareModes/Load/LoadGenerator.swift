import AsyncModeSelection
import AsyncModes

/// What drives the server under test: a runtime of one executor in the parent process.
final class LoadGenerator: Sendable {
  let mode: any AsyncMode
  /// The one executor; all clients live on it.
  let executor: IOExecutor
  /// What the runtime is.
  let description: String

  /// Starts the runtime; the thread inherits the cores that the calling thread may use.
  ///
  /// - Throws: `AsyncModeError`.
  init() throws {
    // Only runtimes that poll descriptors themselves can pace arrivals by a timer of their own.
    let libuv = AsyncModeRegistry.shared.entries.first { $0.name == "libuv" }
    let choice: AsyncModeChoice = libuv?.probe().isUsable == true ? .libuv : .threads
    let selection = try AsyncModeSelection.select(
      choice, configuration: ModeConfiguration(executorCount: 1, logger: .quiet("load")))
    mode = selection.mode
    executor = mode.executors[0]
    description = selection.name
  }

  /// The load's own connection to a port of this host.
  func connect(to port: Int, _ established: @escaping @Sendable (Connection) -> any ConnectionHandler) async throws {
    var options = ConnectionOptions()
    options.maxPendingBytes = 64 << 20
    options.connectTimeout = .seconds(30)
    try await mode.connect(
      to: .ip("127.0.0.1", port: port), options: options, on: executor, established: established)
  }

  /// Opens connections, a few at a time, so that the queue of the listener does not overflow.
  func connect(
    _ count: Int, to port: Int, _ established: @escaping @Sendable (Connection, Int) -> any ConnectionHandler
  )
    async throws
  {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<count {
        if index >= 32 { try await group.next() }
        group.addTask { [self] in try await connect(to: port) { established($0, index) } }
      }
      try await group.waitForAll()
    }
  }

  /// Waits until something is so on the executor.
  func wait(for what: String, within seconds: Double = 60, _ condition: @escaping @Sendable () throws -> Bool)
    async throws
  {
    let end = executor.now.advanced(by: .seconds(seconds))
    while true {
      let answer = await executor.run { Result { try condition() } }
      if try answer.get() { return }
      guard executor.now < end else { throw ScenarioError("waited \(Int(seconds)) s in vain for \(what)") }
      try await mode.sleep(for: .milliseconds(2))
    }
  }
}

/// A scenario could not be run: why.
struct ScenarioError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
