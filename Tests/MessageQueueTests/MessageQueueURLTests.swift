import AsyncModes
import AsyncModeSelection
import MessageQueues
import Synchronization
import Testing

struct MessageQueueURLTests {
  @Test func readsAllParts() throws {
    let url = try MessageQueueURL("Redis+Sentinel://us%40er:p%3Aw@h1:1,[::1]:2,h3/0/my%20master?a=b&c")
    #expect(url.scheme == "redis+sentinel")
    #expect(url.user == "us@er")
    #expect(url.password == "p:w")
    #expect(url.hosts == [.init(name: "h1", port: 1), .init(name: "::1", port: 2), .init(name: "h3")])
    #expect(url.pathComponents == ["0", "my master"])
    #expect(url["a"] == "b" && url["c"] == "" && url["d"] == nil)
    #expect(url.description == "redis+sentinel://h1:1,[::1]:2,h3/0/my master")
  }

  @Test func readsWhatIsMissing() throws {
    let url = try MessageQueueURL("memory://")
    #expect(url.hosts.isEmpty && url.user == nil && url.password == nil && url.path == "" && url.query.isEmpty)
    let unix = try MessageQueueURL("unix://:secret@/run/redis.sock?db=2")
    #expect(unix.user == "" && unix.password == "secret" && unix.path == "/run/redis.sock" && unix["db"] == "2")
  }

  @Test(arguments: [
    "", "redis", "://x", "redis://h:0", "redis://h:70000", "redis://[::1", "redis://h/%4", "re dis://h",
  ])
  func refusesWhatIsNoURL(_ text: String) {
    #expect { try MessageQueueURL(text) } throws: { ($0 as? MessageQueueError)?.code == .invalidURL }
  }
}

/// The queue inside the process, on every runtime.
@Suite(.serialized)
struct MemoryQueueTests {
  @Test(arguments: AsyncModeRegistry.builtIn.map(\.name))
  func reachesEverybodyInOrder(_ name: String) async throws {
    let entry = try #require(AsyncModeRegistry.builtIn.first { $0.name == name })
    let mode = try entry.make(ModeConfiguration(executorCount: 2))
    let first = try MessageQueue(url: "memory://order-\(name)", mode: mode)
    let second = try MessageQueue(url: "memory://order-\(name)", mode: mode, executor: mode.executors[1])
    let (arrived, continuation) = AsyncStream.makeStream(of: Void.self)
    var heard: [Notes] = []
    for queue in [first, second] {
      let notes = Notes()
      notes.onText = { if $0 == "last" { continuation.yield() } }
      heard.append(notes)
      queue.start(delivering: [.prefix("room")], to: notes)
    }
    var arrivals = arrived.makeAsyncIterator()
    while !(first.isHealthy && second.isHealthy) { try await mode.sleep(for: .milliseconds(1)) }
    for number in 0..<500 {
      try first.publish(SharedBytes("\(number)"), on: "room\(number)")
      try first.publish(SharedBytes("no"), on: "elsewhere")
    }
    try first.publish(SharedBytes("last"), on: "room")
    #expect(await first.flush(within: .seconds(30)))
    for _ in heard { await arrivals.next() }
    await first.close()
    await second.close()
    for notes in heard { #expect(notes.texts == (0..<500).map(String.init) + ["last"]) }
    #expect(await mode.shutdown(within: .seconds(20)) == ShutdownReport())
  }

  @Test func unknownSchemesAreNamed() throws {
    let mode = try #require(AsyncModeRegistry.builtIn.last).make(ModeConfiguration(executorCount: 1))
    #expect { try MessageQueue(url: "carrier://x", mode: mode) } throws: {
      ($0 as? MessageQueueError)?.code == .unknownScheme && "\($0)".contains("memory://")
    }
  }
}
