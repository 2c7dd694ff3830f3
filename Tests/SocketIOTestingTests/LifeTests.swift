import EngineIO
import EngineIOCodec
import SocketIOCodec
import SocketIOServer
import SocketIOTesting
import Synchronization
import Testing

/// The life of a client in its stated order (`Docs/guide/connections.md`), on a clock that the test holds.
struct LifeTests {
  /// What handlers did, in order.
  final class Diary: Sendable {
    private let lines = Mutex<[String]>([])
    func note(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }

  /// Handlers that take a second, and a connect handler that decides after five whether to let the client in.
  private func register(_ io: SocketIO, _ diary: Diary, letsIn: Bool) {
    io.onConnect { socket, _ async throws in
      diary.note("connecting")
      socket.join("room")
      socket.emit("from the handler", values: [])
      try await io.sleep(for: .seconds(5))
      diary.note("decided")
      if !letsIn { throw ConnectionRefused("no") }
    }
    io.on("event") { (_: Socket, number: Int) async throws in
      diary.note("event \(number) begins")
      try await io.sleep(for: .seconds(1))
      diary.note("event \(number) ends")
    }
    io.onDisconnect { socket, reason async throws in
      diary.note("\(reason.rawValue), was in \(await socket.rooms)")
      try await io.sleep(for: .seconds(1))
      diary.note("gone")
    }
  }

  @Test(arguments: [TestClientOptions.Transport.polling, .webSocket])
  func fromConnectingToTheEnd(_ transport: TestClientOptions.Transport) async throws {
    try await withServer { io, mode in
      let diary = Diary()
      register(io, diary, letsIn: true)
      let client = try await io.testClient(namespace: nil, options: TestClientOptions(transport: transport))
      try await client.connect(waits: false)
      // Before the verdict: events wait, and what is sent waits too, in its order.
      for number in 0..<3 { try await client.send(packet: "42[\"event\",\(number)]") }
      io.emit("to everybody", values: [])
      try await mode.advance(by: .milliseconds(4999))
      #expect(diary.all == ["connecting"])
      #expect(try await !client.isConnected())
      try await mode.advance(by: .milliseconds(1))
      #expect(try await client.isConnected())
      #expect(try await client.received().map(\.name) == ["from the handler", "to everybody"])
      // After it: one event at a time.
      #expect(diary.all == ["connecting", "decided", "event 0 begins"])
      try await mode.advance(by: .seconds(1))
      #expect(diary.all.suffix(2) == ["event 0 ends", "event 1 begins"])
      // The end: in no room at once, event 1 is not interrupted, event 2 does not begin, and the disconnect handler waits.
      try await client.close()
      try await mode.settle()
      #expect(await io.participants(of: "room").isEmpty)
      #expect(await io.clientCount() == 0)
      #expect(diary.all.last == "event 1 begins")
      try await mode.advance(by: .seconds(60))
      #expect(diary.all.suffix(3) == ["event 1 ends", "transport close, was in [\"room\"]", "gone"])
      #expect(await io.engine.sessionCount() == 0)
    }
  }

  @Test(arguments: [TestClientOptions.Transport.polling, .webSocket], [true, false])
  func whoIsNotLetInWasNeverThere(_ transport: TestClientOptions.Transport, _ waitsForTheVerdict: Bool) async throws {
    try await withServer { io, mode in
      let diary = Diary()
      register(io, diary, letsIn: false)
      let client = try await io.testClient(namespace: nil, options: TestClientOptions(transport: transport))
      try await client.connect(waits: false)
      try await client.send(packet: "42[\"event\",0]")
      io.emit("to everybody", values: [])
      try await mode.settle()
      if !waitsForTheVerdict { try await client.close() }
      try await mode.advance(by: .seconds(60))
      // No event is handled, no disconnect handler runs, and nothing of what was kept is sent.
      #expect(diary.all == ["connecting", "decided"])
      #expect(await io.clientCount() == 0)
      #expect(await io.participants(of: "room").isEmpty)
      #expect(await io.engine.sessionCount() == 0)
    }
  }

  @Test
  func whoLeavesBeforeTheVerdictIsMissedOnce() async throws {
    try await withServer { io, mode in
      let diary = Diary()
      register(io, diary, letsIn: true)
      let client = try await io.testClient(namespace: nil)
      try await client.connect(waits: false)
      try await client.close()
      try await mode.advance(by: .seconds(60))
      #expect(diary.all.filter { $0 == "gone" }.count == 1)
      #expect(diary.all.prefix(2) == ["connecting", "decided"])
      #expect(await io.clientCount() == 0)
    }
  }
}
