import AsyncModes
import ClusterCodec
import MessageQueues
import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

/// Servers of one process that are joined through a queue in memory.
@Suite(.timeLimit(.minutes(2)))
struct ClusterTests {
  private func options(_ channel: String) -> SocketIOOptions {
    var options = quietOptions()
    options.messageQueue = QueueOptions(url: "memory://\(channel)")
    return options
  }

  /// Calls until another server is known.
  private func acquainted(_ io: SocketIO) async throws {
    while try await io.callServers("hello", timeout: .seconds(30)).isEmpty { await Task.yield() }
  }

  @Test(arguments: modes)
  func handlersOfOtherServersMayComeFirst(_ mode: String) async throws {
    let asked = options("early-\(mode)")
    let io = try SocketIO(options: asked)
    io.onServerEvent("hello") { _ in ["early"] }
    try io.attach(mode: try makeMode(mode))
    let other = try SocketIO(mode: try makeMode(mode), options: asked)
    try await acquainted(other)
    #expect(try await other.callServers("hello", timeout: .seconds(30)).first?.values == [.string("early")])
    #expect(try await other.callServers("unknown", timeout: .seconds(30)).first?.values == [])
    await io.stop()
    await other.stop()
  }

  @Test(arguments: modes)
  func questionsThatAreAwaitedAreBounded(_ mode: String) async throws {
    var bounded = options("bounded-\(mode)")
    bounded.messageQueue?.maxPendingRequests = 1
    let io = try SocketIO(mode: try makeMode(mode), options: bounded)
    let other = try SocketIO(mode: try makeMode(mode), options: options("bounded-\(mode)"))
    let (gate, asked) = (Gate(), Notes<String>())
    other.onServerEvent("slow") { _ in
      await asked.add("slow")
      await gate.pass()
      return ["done"]
    }
    try await acquainted(io)
    async let first = io.callServers("slow", timeout: .seconds(60))
    _ = await asked.first(1)
    // The second is not even asked.
    let error = await #expect(throws: SocketIOError.self) {
      try await io.callServers("slow", timeout: .seconds(60))
    }
    #expect(error?.code == .timedOut)
    await gate.open()
    #expect(try await first.first?.values == [.string("done")])
    #expect(try await io.callServers("slow", timeout: .seconds(60)).count == 1)
    #expect(await asked.all.count == 2)
    await io.stop()
    await other.stop()
  }

  /// What others put on the queue, and where, is read as the options say.
  @Test(arguments: modes, [PythonFormat.DataMeaning.arguments, .value])
  func messagesOfOthers(_ mode: String, _ meaning: PythonFormat.DataMeaning) async throws {
    let url = "memory://others-\(mode)-\(meaning)"
    var options = quietOptions()
    options.messageQueue = QueueOptions(url: url)
    options.messageQueue?.channel = "ours"
    options.messageQueue?.dataMeaning = meaning
    try await serving(mode, options) { server in
      let client = try await server.join()
      let queue = try MessageQueue(url: url, mode: server.io.mode)
      queue.start(delivering: [], to: Deaf())
      for (channel, event) in [("flask-socketio", "elsewhere"), ("ours", "e")] {
        let text =
          #"{"method":"emit","event":"\#(event)","data":[1,2],"binary":false,"namespace":"/","room":null,"host_id":"x"}"#
        try queue.publish(SharedBytes(Array(text.utf8)), on: channel)
      }
      #expect(try await client.text() == (meaning == .arguments ? #"42["e",1,2]"# : #"42["e",[1,2]]"#))
      await queue.close()
    }
  }
}

/// Hears nothing.
private final class Deaf: MessageQueueReceiver {
  func received(_ payload: RawSpan, on channel: String) -> MessageQueueVerdict { .skipped }
}
