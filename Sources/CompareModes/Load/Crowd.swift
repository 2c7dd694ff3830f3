import AsyncModes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The clients of one run. Confined to the executor of the load.
class Crowd: Traffic, @unchecked Sendable {
  // @unchecked: everything mutable is confined to `load.executor`.

  let load: LoadGenerator
  let tally: Tally
  private(set) var clients: [SocketClient] = []
  private var connections: [Connection] = []
  private(set) var readyCount = 0
  private(set) var isOver = false

  init(_ load: LoadGenerator) {
    self.load = load
    tally = Tally(load.executor)
  }

  final var now: MonotonicInstant { load.executor.now }

  // MARK: For scenarios

  /// The load begins.
  func begin() {}

  /// A packet has come.
  func received(_ packet: UnsafeRawBufferPointer, _ client: SocketClient) {}

  /// A client is connected.
  func isReady(_ client: SocketClient) {
    clients.append(client)
    readyCount += 1
  }

  /// Why what was counted says more about the load than about the server, or `nil` if it does not.
  func limit(of result: Tally.Result, _ server: RunningServer) -> String? { server.limit(of: result) }

  /// A client was lost: the run is worth nothing.
  func lost(_ client: SocketClient, _ why: String) { if !isOver { tally.fail(why) } }

  // MARK: Running

  /// A connection is to be dropped at the end.
  final func keep(_ connection: Connection) { connections.append(connection) }

  /// Connects clients over WebSocket, and waits until all are ready.
  final func connect(_ count: Int, to port: Int) async throws {
    try await load.connect(count, to: port) { [self] connection, index in
      keep(connection)
      return SocketClient(connection, index: index, traffic: self)
    }
    try await load.wait(for: "\(count) clients to be connected") { [self] in
      try check()
      return readyCount >= count
    }
  }

  /// Lets the load run, first to warm up, and then counts for a time.
  ///
  /// - Parameters:
  ///   - seconds: how long is counted.
  ///   - server: whose processor time is taken meanwhile.
  final func run(seconds: Double, against server: RunningServer) async throws -> Measurement {
    let result = try await tell(seconds: seconds, against: server)
    var measurement = Measurement(
      result.rate, result.details, quantiles: result.latency.count > 0 ? result.latency.quantiles : nil)
    measurement.limit = result.limit
    // Processor time is told in hundredths of a second.
    if result.serverProcessorSeconds > 0 {
      measurement.processor = result.serverProcessorSeconds / Double(result.count) * 1e6
    }
    return measurement
  }

  /// The same, for scenarios that make another measurement of what was counted; it must not have been limited by the load.
  final func count(seconds: Double, against server: RunningServer) async throws -> Tally.Result {
    let result = try await tell(seconds: seconds, against: server)
    if let limit = result.limit { throw ScenarioError(limit) }
    return result
  }

  private func tell(seconds: Double, against server: RunningServer) async throws -> Tally.Result {
    await load.executor.run { [self] in begin() }
    try await load.mode.sleep(for: .seconds(seconds / 5))
    await load.executor.run { [self] in tally.start() }
    let before = (server: server.processorSeconds, load: ProcessFigures.processorSeconds(of: getpid()))
    try await load.mode.sleep(for: .seconds(seconds))
    // On a machine that is busy with something else nothing may be answered for a while.
    try await load.wait(for: "the server to answer") { [self] in tally.count > 0 || tally.failure != nil }
    var result = await load.executor.run { [self] in
      tally.stop()
      return tally.result
    }
    result.serverProcessorSeconds = server.processorSeconds - before.server
    // The server is a child of this process.
    result.loadProcessorSeconds =
      ProcessFigures.processorSeconds(of: getpid()) - before.load - result.serverProcessorSeconds
    if let failure = result.failure { throw ScenarioError(failure) }
    result.limit = limit(of: result, server)
    return result
  }

  /// Drops all connections with a reset, which leaves no port waiting.
  final func drop() async {
    await load.executor.run { [self] in
      isOver = true
      for connection in connections { connection.abort() }
      connections = []
      clients = []
    }
  }

  final func check() throws {
    if let failure = tally.failure { throw ScenarioError(failure) }
  }
}

extension UnsafeRawBufferPointer {
  /// Whether the packet is an acknowledgement.
  var isAcknowledgement: Bool { first == UInt8(ascii: "3") }
  /// Whether the packet is an event.
  var isEvent: Bool { first == UInt8(ascii: "2") }
}
