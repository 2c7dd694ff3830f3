import AsyncModes
@testable import EngineIO
import HTTPServing
import ServerTesting

/// An Engine.IO server that echoes, on executors that the test turns by hand.
final class EngineHarness {
  let mode = ManualMode()
  let server: EngineServer
  let echo = Echo()
  private let address: SocketAddress
  let http = HTTPServingOptions()

  init(_ configure: (inout EngineConfiguration) -> Void = { _ in }) throws {
    var configuration = EngineConfiguration()
    configure(&configuration)
    server = try EngineServer(mode: mode, configuration: configuration, application: echo)
    address = try .ip("203.0.113.7", port: 4711)
  }

  /// A new connection on an executor.
  func connect(on index: Int = 0) -> ManualConnection {
    let executor = mode.manual[index]
    let connection = ManualConnection(
      executor: executor, options: ConnectionOptions(), remoteAddress: address, localAddress: nil)
    executor.enter { connection.start(HTTPConnection(connection, server, http)) }
    return connection
  }

  /// A request on a connection, and what came for it.
  func exchange(_ connection: ManualConnection, _ method: String, _ query: String, _ body: String = "") -> String {
    connection.receive(
      "\(method) /engine.io/?\(query) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    mode.run()
    return connection.take()
  }

  /// Opens a session over polling; returns the query of its further requests.
  func open(on index: Int = 0, revision: Int = 4) -> String {
    let answer = exchange(connect(on: index), "GET", "EIO=\(revision)&transport=polling")
    let sid = answer.split(separator: "\"sid\":\"").last?.prefix { $0 != "\"" } ?? ""
    return "EIO=\(revision)&transport=polling&sid=\(sid)"
  }

  /// What was counted.
  var counters: EngineCounters { server.contexts.reduce(EngineCounters()) { $0 + $1.counters } }
}

/// Sends every message back, and keeps the sessions.
final class Echo: EngineApplication, @unchecked Sendable {
  // @unchecked: used by one test at a time.
  private(set) var sessions: [EngineSession] = []
  private(set) var reasons: [EngineCloseReason] = []
  private(set) var drains = 0

  func connected(_ session: EngineSession) -> any EngineSessionHandler {
    sessions.append(session)
    return Handler(session, self)
  }

  final class Handler: EngineSessionHandler {
    private let session: EngineSession
    private let echo: Echo

    init(_ session: EngineSession, _ echo: Echo) {
      self.session = session
      self.echo = echo
    }

    func received(text: borrowing RawSpan) {
      var packet = [UInt8(ascii: "4")]
      text.withUnsafeBytes { packet.append(contentsOf: $0) }
      session.send(textPacket: packet.span.bytes)
    }
    func received(binary: borrowing RawSpan) {
      session.send(EngineMessage(binary: binary.withUnsafeBytes { Array($0) }))
    }
    func drained() { echo.drains += 1 }
    func closed(_ reason: EngineCloseReason) { echo.reasons.append(reason) }
  }
}
