import AsyncModes
import MessageQueues
import SocketIOServer
import SocketIOTesting
import Synchronization
import Testing

/// What servers that share a queue do with time, to the millisecond.
@Suite(.timeLimit(.minutes(2)))
struct ClusterTimeTests {
  /// The id of a server, as long as those of this package are.
  private static let silent = "0123456789abcdef0123456789abcdef"
  private static let alive = #""method":"presence","state":"alive""#
  private static let event = #""method":"emit","namespace":"/","room":null,"skip_sid":null,"event":"e","data":[]"#

  /// A server, and another one that is only a claim on the queue: it never answers.
  private func withSilentPeer(
    _ name: String,
    _ body: (SocketIO, MemoryMode, _ tell: (_ members: String...) async throws -> Void) async throws -> Void
  ) async throws {
    let url = "memory://\(name)"
    try await withServer { options in
      options.messageQueue = QueueOptions(url: url)
      options.messageQueue?.presenceInterval = .seconds(10)
      options.messageQueue?.requestTimeout = .seconds(3)
    } _: { io, mode in
      let queue = try MessageQueue(url: url, mode: mode)
      queue.start(delivering: [.channel("flask-socketio")], to: Ear())
      try await mode.settle()
      try await body(io, mode) { (messages: String...) in
        for members in messages {
          let text = #"{"host_id":"\#(Self.silent)",\#(members)}"#
          try queue.publish(SharedBytes(Array(text.utf8)), on: "flask-socketio")
        }
        try await mode.settle()
      }
      await queue.close()
    }
  }

  /// How much the server has put on the queue: what a task asks is there once it has run, which only this tells.
  private func published(_ io: SocketIO) -> Int { io.queueLink?.queue.counters.published ?? 0 }

  @Test func questionsEnd() async throws {
    try await withSilentPeer("questions-end") { io, mode, tell in
      try await tell(Self.alive)
      let isAnswered = Mutex(false)
      let before = published(io)
      async let asked: Void = {
        let error = await #expect(throws: SocketIOError.self) { try await io.sockets() }
        #expect(error?.code == .timedOut)
        isAnswered.withLock { $0 = true }
      }()
      while published(io) == before { await Task.yield() }
      try await mode.advance(by: .milliseconds(2999))
      #expect(isAnswered.withLock { !$0 })
      try await mode.advance(by: .milliseconds(1))
      await asked
    }
  }

  @Test func whoIsNotHeardOfIsGone() async throws {
    try await withSilentPeer("not-heard-of") { io, mode, tell in
      // Nobody is known, so nobody is waited for.
      #expect(try await io.callServers("x", timeout: .seconds(1)).isEmpty)
      try await tell(Self.alive)
      try await mode.advance(by: .milliseconds(29_999))
      let before = published(io)
      async let failed = #expect(throws: SocketIOError.self) {
        try await io.callServers("x", timeout: .milliseconds(1))
      }
      while published(io) == before { await Task.yield() }
      try await mode.advance(by: .milliseconds(1))
      #expect(await failed?.code == .timedOut)
      #expect(try await io.callServers("x", timeout: .seconds(1)).isEmpty)
    }
  }

  /// A server tells how much it has published, so others know what they have missed.
  @Test func whatDidNotComeIsCounted() async throws {
    try await withSilentPeer("did-not-come") { io, _, tell in
      func missed() -> Int? { io.queueLink?.missedMessages }
      // What was published before the first sign of life is nobody's loss.
      try await tell(Self.event, Self.alive + #","sent":100"#)
      #expect(missed() == 0)
      // That was number 100: 101 and 102 come, and the sign of life is number 103.
      try await tell(Self.event, Self.event, Self.alive + #","sent":103"#)
      #expect(missed() == 0)
      try await tell(Self.event, Self.alive + #","sent":108"#)
      #expect(missed() == 3)
      // One that comes back tells so before what it has kept, and that is not counted.
      try await tell(#""method":"presence","state":"hello""#, Self.event, Self.alive + #","sent":110"#)
      #expect(missed() == 3)
      // Nonsense counts for nothing.
      try await tell(Self.alive + #","sent":-5"#, Self.alive + #","sent":9223372036854775807"#)
      try await tell(Self.alive + #","sent":3"#, Self.alive + #","sent":4"#)
      #expect(missed() == 3)
      try await tell(#""method":"presence","state":"goodbye","sent":6"#)
      #expect(missed() == 4)
      try await tell(Self.alive + #","sent":1000"#)
      #expect(missed() == 4)
    }
  }

  /// A server tells that it is there as often as the option says.
  @Test func serversAreHeardOf() async throws {
    let url = "memory://heard-of"
    try await withServer { options in
      options.messageQueue = QueueOptions(url: url)
      options.messageQueue?.presenceInterval = .seconds(10)
    } _: { _, mode in
      let ear = Ear()
      let queue = try MessageQueue(url: url, mode: mode)
      queue.start(delivering: [.channel("flask-socketio")], to: ear)
      try await mode.settle()
      let before = ear.count
      try await mode.advance(by: .milliseconds(9999))
      #expect(ear.count == before)
      try await mode.advance(by: .milliseconds(1))
      #expect(ear.count == before + 1)
      try await mode.advance(by: .seconds(50))
      #expect(ear.count == before + 6)
      await queue.close()
    }
  }
}

/// Counts what comes.
private final class Ear: MessageQueueReceiver, Sendable {
  private let counted = Mutex(0)
  var count: Int { counted.withLock { $0 } }

  func received(_ payload: RawSpan, on channel: String) -> MessageQueueVerdict {
    counted.withLock { $0 += 1 }
    return .handled
  }
}
