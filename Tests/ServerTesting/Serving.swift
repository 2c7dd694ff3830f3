import AsyncModeSelection
package import AsyncModes
import Logging
package import SocketIOServer

/// The names of the runtimes; every test runs on each.
package let modes = AsyncModeRegistry.builtIn.map(\.name)

/// Makes a runtime.
package func makeMode(_ name: String) throws -> any AsyncMode {
  guard let entry = AsyncModeRegistry.builtIn.first(where: { $0.name == name }) else {
    throw AsyncModeError(.unavailable, "there is no mode \(name)")
  }
  return try entry.make(ModeConfiguration(executorCount: 2))
}

/// Options for tests: nothing is logged.
package func quietOptions() -> SocketIOOptions {
  var options = SocketIOOptions()
  options.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  options.shutdownTimeout = .seconds(1)
  return options
}

/// A server on a runtime, and the means to connect to it.
package struct Running {
  package let io: SocketIO
  package let address: SocketAddress

  package func open(revision: Int = 4, query: String = "", fields: String = "") async throws -> WireClient {
    try await WireClient.open(address, io.mode, revision: revision, query: query, fields: fields)
  }
  package func join(_ namespace: String = "/", auth: String = "") async throws -> WireClient {
    try await WireClient.join(address, io.mode, namespace, auth: auth)
  }
}

/// Serves for as long as `body` runs.
package func serving(
  _ mode: String, _ options: SocketIOOptions = quietOptions(), register: (SocketIO) throws -> Void = { _ in },
  _ body: (Running) async throws -> Void
) async throws {
  let io = try SocketIO(mode: try makeMode(mode), options: options)
  try register(io)
  let listener = try await io.listen(on: try .ip("127.0.0.1", port: 0))
  do {
    try await body(Running(io: io, address: listener.address))
  } catch {
    await io.stop()
    throw error
  }
  await io.stop()
}

/// Values that handlers leave for the test, to be waited for.
package actor Notes<Value: Sendable> {
  package init() {}

  private var values: [Value] = []
  private var waiters: [(count: Int, continuation: CheckedContinuation<[Value], Never>)] = []

  package func add(_ value: Value) {
    values.append(value)
    for waiter in waiters where values.count >= waiter.count { waiter.continuation.resume(returning: values) }
    waiters.removeAll { values.count >= $0.count }
  }

  /// The values, once there are so many.
  package func first(_ count: Int) async -> [Value] {
    if values.count >= count { return values }
    return await withCheckedContinuation { waiters.append((count, $0)) }
  }

  package var all: [Value] { values }
}

/// Lets tasks wait until the test opens it.
package actor Gate {
  package init() {}

  private var isOpen = false
  private var waiters: [CheckedContinuation<Void, Never>] = []

  package func open() {
    isOpen = true
    for waiter in waiters { waiter.resume() }
    waiters = []
  }

  package func pass() async {
    if isOpen { return }
    await withCheckedContinuation { waiters.append($0) }
  }
}
