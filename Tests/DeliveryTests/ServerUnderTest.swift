import AsyncModeSelection
import AsyncModes
import EngineIO
import HTTPServing
import Logging
import SocketIOServer
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The runtimes that every test runs on.
let modes = AsyncModeRegistry.builtIn.map(\.name)

/// A server on a runtime, and clients on another.
struct ServerUnderTest: Sendable {
  let io: SocketIO
  let clients: any AsyncMode
  let address: SocketAddress

  /// Runs a test with a server that listens; whatever comes of it, the server is stopped.
  static func run(
    on name: String, executors: Int = 2, options: SocketIOOptions = SocketIOOptions(),
    _ test: (ServerUnderTest) async throws -> Void
  ) async throws {
    func make(_ name: String, _ executors: Int) throws -> any AsyncMode {
      let entry = try #require(AsyncModeRegistry.builtIn.first { $0.name == name })
      return try entry.make(ModeConfiguration(executorCount: executors))
    }
    var options = options
    options.logger.logLevel = .critical
    // On a machine under load no heartbeat shall be missed, and no connection given up between two requests.
    options.engine.pingTimeout = .seconds(300)
    options.http.requestTimeout = .seconds(300)
    options.http.keepAliveTimeout = .seconds(300)
    let io = try SocketIO(mode: make(name, executors), options: options)
    let clients = try make("threads", 1)
    let listener = try await io.listen(on: .ip("127.0.0.1", port: 0))
    do {
      try await test(ServerUnderTest(io: io, clients: clients, address: listener.address))
    } catch {
      await io.stop()
      _ = await clients.shutdown(within: .seconds(1))
      throw error
    }
    let report = await io.stop(within: .seconds(30))
    #expect(report == ShutdownReport(), "stopping left something behind")
    _ = await clients.shutdown(within: .seconds(1))
  }

  /// A WebSocket whose open packet is read.
  func webSocket() async throws -> WebSocketPeer {
    let peer = try await WebSocketPeer(clients, address)
    let open = try await peer.receiveText()
    guard open.hasPrefix("0{") else { throw PeerError(what: open) }
    return peer
  }

  /// A WebSocket in a namespace, and its id there.
  func joined(_ namespace: String = "/") async throws -> (peer: WebSocketPeer, id: String) {
    let peer = try await webSocket()
    return (peer, try await peer.join(namespace))
  }

  func polling() async throws -> PollingPeer { try await PollingPeer(clients, address) }

  /// Waits for a condition; the time limit of the test is the deadline.
  func eventually(_ condition: @Sendable () async -> Bool) async throws {
    while await !condition() { try await clients.sleep(for: .milliseconds(2)) }
  }
}

/// Values that handlers note and tests look at.
final class Notes<Value: Sendable>: Sendable {
  private let values = Mutex<[Value]>([])
  func add(_ value: Value) { values.withLock { $0.append(value) } }
  var all: [Value] { values.withLock { $0 } }
}

/// A number that handlers count up.
final class Counter: Sendable {
  private let count = Atomic(0)
  func increment() { count.add(1, ordering: .relaxed) }
  var value: Int { count.load(ordering: .relaxed) }
}

/// Holds threads up until it is opened.
final class Gate: Sendable {
  private let isOpen = Atomic(false)
  func wait() { while !isOpen.load(ordering: .acquiring) { usleep(1000) } }
  func open() { isOpen.store(true, ordering: .releasing) }
}
