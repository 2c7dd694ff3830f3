public import AsyncModes

/// The checks that every runtime has to pass. They need no test framework: run them from whichever you use.
///
/// ```swift
/// @Test(arguments: AsyncModeConformance.checks)
/// func conforms(_ check: AsyncModeConformance.Check) async throws {
///   try await check.run { try MyMode(configuration: .init(executorCount: 2)) }
/// }
/// ```
public enum AsyncModeConformance {
  /// One check.
  public struct Check: Sendable, CustomStringConvertible {
    /// What is checked.
    public let name: String
    /// Whether the check leaves something behind on purpose when it shuts the runtime down.
    var leavesSomething = false
    let body: @Sendable (any AsyncMode) async throws -> Void

    /// What is checked.
    public var description: String { name }

    /// Runs the check on a runtime made for it, and shuts the runtime down. It ends in any case.
    ///
    /// - Parameters:
    ///   - limit: how long the check may take before it fails; its tasks are then left behind. Default: 3 minutes.
    ///   - make: creates the runtime; with at least two executors, for some checks need another one.
    /// - Throws: ``ConformanceFailure``, or what the runtime threw.
    public func run(within limit: Duration = .seconds(180), _ make: () throws -> any AsyncMode) async throws {
      let mode = try make()
      do {
        try await withDeadline(limit, "\"\(name)\"") { [body] in try await body(mode) }
      } catch {
        _ = try? await withDeadline(.seconds(60), "shutting down") { await mode.shutdown(within: .seconds(5)) }
        throw error
      }
      let report = try await withDeadline(.seconds(60), "shutting down") {
        await mode.shutdown(within: .seconds(20))
      }
      try expect(leavesSomething || report == ShutdownReport(), "shutting down left something behind: \(report)")
    }
  }

  /// All checks.
  public static var checks: [Check] {
    streamChecks + closingChecks + connectingChecks + executorChecks + taskChecks + shutdownChecks
  }
}

/// A runtime does not do what the contract says.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
  /// What went wrong.
  public let description: String
}

/// Fails a check unless a condition holds.
func expect(_ condition: Bool, _ what: @autoclosure () -> String) throws {
  if !condition { throw ConformanceFailure(description: what()) }
}

/// Waits for a condition, with a deadline that no machine should need.
///
/// - Parameter mode: the runtime on which to pause; without one, Swift's own clock is used.
func eventually(
  _ mode: (any AsyncMode)?, _ what: String, within limit: Duration = .seconds(60),
  _ condition: @escaping @Sendable () async -> Bool
) async throws {
  let clock = ContinuousClock()
  let end = clock.now + limit
  while await !condition() {
    if clock.now > end { throw ConformanceFailure(description: "waited \(limit) in vain for \(what)") }
    if let mode {
      try await mode.sleep(for: .milliseconds(2))
    } else {
      try await Task.sleep(for: .milliseconds(2))
    }
  }
}

extension AsyncMode {
  /// An address on the loopback interface, with a port of the system's choice.
  static var loopback: SocketAddress {
    get throws { try .ip("127.0.0.1", port: 0) }
  }

  /// A pair of connected streams: what a client opened and what a server accepted.
  func makePair(
    _ options: ListenOptions = .patient
  ) async throws -> (client: ByteStream, server: ByteStream, listener: any Listener) {
    let (accepted, continuation) = AsyncStream.makeStream(of: ByteStream.self)
    let listener = try await listen(on: Self.loopback, options: options) { connection in
      let stream = ByteStream(connection)
      continuation.yield(stream)
      return stream
    }
    let client = try await open(listener.address, options: .patient)
    for await server in accepted { return (client, server, listener) }
    throw ConformanceFailure(description: "the connection was not accepted")
  }
}

extension ConnectionOptions {
  /// For a machine that is busy with other things: an end that comes by the clock fails no check that is about something
  /// else.
  static var patient: ConnectionOptions {
    var options = ConnectionOptions()
    options.lingerTimeout = .seconds(600)
    options.connectTimeout = .seconds(600)
    return options
  }
}

extension ListenOptions {
  /// See `ConnectionOptions.patient`.
  static var patient: ListenOptions {
    var options = ListenOptions()
    options.connection = .patient
    return options
  }
}

extension ByteStream {
  /// Reads until the peer ends its side.
  func readAll() async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await chunk in inbound { bytes += chunk }
    return bytes
  }
}
