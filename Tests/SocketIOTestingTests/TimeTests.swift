import AsyncModes
import EngineIO
import EngineIOCodec
import SocketIOCodec
import SocketIOServer
import SocketIOTesting
import Synchronization
import Testing

/// What depends on time, to the millisecond and without waiting.
struct TimeTests {
  static let clients: [TestClientOptions] = [EngineIORevision.v3, .v4].flatMap { revision in
    [TestClientOptions.Transport.polling, .webSocket, .upgrade].map {
      TestClientOptions(revision: revision, transport: $0)
    }
  }

  /// Notes why clients left.
  private static func note(_ io: SocketIO) -> Reasons {
    let reasons = Reasons()
    io.onDisconnect { _, reason in reasons.add(reason) }
    return reasons
  }

  @Test(arguments: clients)
  func clientsThatAnswerStay(_ options: TestClientOptions) async throws {
    try await withServer { io, mode in
      let reasons = Self.note(io)
      let client = try await io.testClient(options: options)
      try await mode.advance(by: .seconds(86_400))
      #expect(try await client.isConnected())
      #expect(reasons.all.isEmpty)
    }
  }

  @Test(arguments: clients)
  func silentClientsAreMissedToTheMillisecond(_ options: TestClientOptions) async throws {
    try await withServer { options in
      options.engine.pingInterval = .seconds(10)
      options.engine.pingTimeout = .seconds(5)
    } _: { io, mode in
      let reasons = Self.note(io)
      let client = try await io.testClient(options: options)
      try await mode.advance(by: .seconds(100))
      // Revision 4: the next ping would be at 110 s. Revision 3: the client's last ping was at 100 s.
      try await client.setAnswersPings(false)
      try await mode.advance(by: .milliseconds(14_999))
      #expect(reasons.all.isEmpty)
      try await mode.advance(by: .milliseconds(1))
      #expect(reasons.all == [.pingTimeout])
      #expect(try await client.end != nil)
    }
  }

  @Test(arguments: clients)
  func vanishedClientsAreMissed(_ options: TestClientOptions) async throws {
    try await withServer { io, mode in
      let reasons = Self.note(io)
      let client = try await io.testClient(options: options)
      try await client.vanish()
      try await mode.advance(by: .milliseconds(44_999))
      #expect(reasons.all.isEmpty)
      #expect(await io.clientCount() == 1)
      try await mode.advance(by: .milliseconds(1))
      #expect(reasons.all == [.pingTimeout])
      #expect(await io.clientCount() == 0)
    }
  }

  @Test(arguments: [EngineIORevision.v3, .v4], [TestClientOptions.UpgradeStep.opened, .probed])
  func upgradesEndInTime(_ revision: EngineIORevision, _ step: TestClientOptions.UpgradeStep) async throws {
    try await withServer { io, mode in
      io.on("echo") { (_: Socket, text: String) in text }
      let client = try await io.testClient(
        options: TestClientOptions(revision: revision, transport: .upgrade, upgradesUntil: step))
      let before = try await Self.connections(mode)
      try await mode.advance(by: .milliseconds(9_999))
      #expect(try await Self.connections(mode) == before)
      try await mode.advance(by: .milliseconds(1))
      #expect(try await Self.connections(mode) == before - 2)
      // The session stays where it is.
      #expect(try await client.call("echo", "still here") == ["still here"])
      #expect(try await !client.isOnWebSocket)
    }
  }

  /// The connections that are open, counting both ends of each.
  private static func connections(_ mode: MemoryMode) async throws -> Int {
    try await mode.settle()
    var count = 0
    for executor in mode.executors { count += await executor.run { executor.connectionCount } }
    return count
  }

  @Test
  func whoJoinsNoNamespaceIsSentAway() async throws {
    try await withServer { io, mode in
      let client = try await io.testClient(namespace: nil)
      try await client.open()
      try await mode.advance(by: .milliseconds(44_999))
      #expect(try await client.end == nil)
      try await mode.advance(by: .milliseconds(1))
      #expect(try await client.end == .server(code: 1000))
    }
  }

  @Test
  func acknowledgementsAreAwaitedForSoLong() async throws {
    try await withServer { io, mode in
      let client = try await io.testClient()
      let outcomes = Reasons()
      io.on("go") { (socket: Socket) async throws in
        do { _ = try await socket.call("question", timeout: .seconds(3)) } catch let error as SocketIOError {
          outcomes.add(error.code)
        }
      }
      try await client.emit("go")
      let question = try #require(try await client.received().first)
      #expect(question.isAwaitingAcknowledgement)
      try await mode.advance(by: .milliseconds(2999))
      #expect(outcomes.codes.isEmpty)
      try await mode.advance(by: .milliseconds(1))
      #expect(outcomes.codes == [.timedOut])
      // Too late, and no harm.
      try await client.acknowledge(question, "answer")
      #expect(try await client.isConnected())
      #expect(await io.counters().missedAcknowledgements == 1)
    }
  }

  @Test(arguments: [false, true])
  func handlersMaySleep(_ mayBlock: Bool) async throws {
    try await withServer(MemoryMode(handlersMayBlock: mayBlock)) { io, mode in
      io.on("wait") { (socket: Socket, seconds: Int) async throws -> String in
        try await io.sleep(for: .seconds(seconds))
        return "done"
      }
      let client = try await io.testClient()
      let reply = try await client.ask("wait", 30)
      #expect(reply.arguments == nil)
      try await mode.advance(by: .seconds(29))
      #expect(reply.arguments == nil)
      try await mode.advance(by: .seconds(1))
      #expect(reply.arguments == ["done"])
      #expect(try await reply.value == ["done"])
    }
  }

  @Test
  func connectHandlersMayTakeTheirTime() async throws {
    try await withServer { io, mode in
      io.onConnect { socket, _ async throws in
        socket.emit("early", values: [])
        try await io.sleep(for: .seconds(5))
      }
      let client = try await io.testClient(namespace: nil)
      try await client.connect(waits: false)
      try await mode.advance(by: .milliseconds(4999))
      #expect(try await !client.isConnected())
      try await mode.advance(by: .milliseconds(1))
      #expect(try await client.isConnected())
      #expect(try await client.received() == [ReceivedEvent("early")])
    }
  }

  @Test
  func timersOfDifferentExecutorsFireInTheirOrder() async throws {
    let mode = try MemoryMode(executors: 3)
    let order = Mutex<[Int]>([])
    let start = mode.now
    for (index, delay) in [30, 10, 20].enumerated() {
      let executor = mode.executors[index]
      await executor.run {
        _ = executor.schedule(after: .seconds(delay)) {
          order.withLock { $0.append(delay) }
          #expect(start.duration(to: mode.now) == .seconds(delay))
        }
      }
    }
    try await mode.advance(by: .seconds(60))
    #expect(order.withLock { $0 } == [10, 20, 30])
    #expect(start.duration(to: mode.now) == .seconds(60))
    _ = await mode.shutdown(within: .zero)
  }
}

/// Notes of handlers, which may run anywhere.
final class Reasons: Sendable {
  private let reasons = Mutex<[DisconnectReason]>([])
  private let errors = Mutex<[SocketIOError.Code]>([])
  func add(_ reason: DisconnectReason) { reasons.withLock { $0.append(reason) } }
  func add(_ code: SocketIOError.Code) { errors.withLock { $0.append(code) } }
  var all: [DisconnectReason] { reasons.withLock { $0 } }
  var codes: [SocketIOError.Code] { errors.withLock { $0 } }
}
