import AsyncModeSelection
import AsyncModes
import Foundation
import Logging
import MessageQueues
import Synchronization
import Testing

/// The Redis driver with a real server, on every runtime.
@Suite(.serialized)
struct RedisQueueTests {
  static let modes = AsyncModeRegistry.builtIn.map(\.name)

  /// Notes texts behind a lock, so that a test can look at any time.
  final class Ear: MessageQueueReceiver {
    let texts = Mutex<[String]>([])
    func received(_ payload: RawSpan, on channel: String) -> MessageQueueVerdict {
      let text = payload.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
      texts.withLock { $0.append("\(channel) \(text)") }
      return .handled
    }
    var count: Int { texts.withLock { $0.count } }
    func heard(_ text: String) -> Bool { texts.withLock { $0.contains(text) } }
  }

  static var options: MessageQueueOptions {
    var options = MessageQueueOptions()
    options.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    options.probeInterval = .milliseconds(100)
    options.probeTimeout = .milliseconds(500)
    options.openTimeout = .seconds(1)
    options.backoff.maximum = .milliseconds(200)
    return options
  }

  /// The same for tests in which no session may be lost, however slow the machine is.
  static var patientOptions: MessageQueueOptions {
    var options = options
    options.probeTimeout = .seconds(60)
    options.openTimeout = .seconds(60)
    return options
  }

  func withMode(_ name: String, _ body: (any AsyncMode) async throws -> Void) async throws {
    let entry = try #require(AsyncModeRegistry.builtIn.first { $0.name == name })
    let mode = try entry.make(ModeConfiguration(executorCount: 2))
    do { try await body(mode) } catch {
      _ = await mode.shutdown(within: .seconds(5))
      throw error
    }
    #expect(await mode.shutdown(within: .seconds(20)) == ShutdownReport())
  }

  @Test(arguments: modes) func publishesAndReceives(_ name: String) async throws {
    let server = try RedisServer()
    try await withMode(name) { mode in
      let queue = try MessageQueue(url: server.url, mode: mode, options: Self.patientOptions)
      let other = try MessageQueue(
        url: server.url, mode: mode, executor: mode.executors[1], options: Self.patientOptions)
      let (ear, otherEar) = (Ear(), Ear())
      queue.start(delivering: [.channel("c")], to: ear)
      other.start(delivering: [.channel("c"), .prefix("p[*]")], to: otherEar)
      try await eventually("both to connect") { queue.isHealthy && other.isHealthy }
      for number in 0..<2000 { try queue.publish(SharedBytes("\(number)"), on: "c") }
      let large = String(repeating: "x", count: 3_000_000)
      try queue.publish(SharedBytes(large), on: "p[*]1")
      try queue.publish(SharedBytes("no"), on: "p*2")
      #expect(await queue.flush(within: .seconds(60)))
      try await eventually("everything to arrive") { ear.count == 2000 && otherEar.count == 2001 }
      #expect(ear.texts.withLock { $0 } == (0..<2000).map { "c \($0)" })
      #expect(otherEar.heard("p[*]1 \(large)"))
      other.subscribe(to: .channel("late"))
      try await eventually("a late subscription") {
        try queue.publish(SharedBytes("x"), on: "late")
        return otherEar.heard("late x")
      }
      try await eventually("a probe") { queue.health.probeRoundTrip != nil }
      #expect(queue.counters.unconfirmed == 0 && queue.counters.dropped == 0 && queue.counters.losses == 0)
      await queue.close()
      await other.close()
    }
  }

  @Test(arguments: modes) func comesBackAfterTheServerDied(_ name: String) async throws {
    let server = try RedisServer()
    try await withMode(name) { mode in
      let queue = try MessageQueue(url: server.url, mode: mode, options: Self.options)
      let ear = Ear()
      queue.start(delivering: [.channel("c")], to: ear)
      try await eventually("the server") { queue.isHealthy }
      for round in 0..<3 {
        server.stop()
        try await eventually("the loss to be noticed") { !queue.isHealthy }
        try queue.publish(SharedBytes("kept \(round)"), on: "c")
        try server.start()
        try await eventually("what was kept") { ear.heard("c kept \(round)") }
      }
      #expect(queue.counters.reconnects >= 3 && queue.counters.losses >= 3)
      try await eventually("every payload to be confirmed, or given up") {
        queue.counters.published == queue.counters.confirmed + queue.counters.unconfirmed
      }
      await queue.close()
    }
  }

  @Test(arguments: modes) func noticesAServerThatHasStopped(_ name: String) async throws {
    let server = try RedisServer()
    try await withMode(name) { mode in
      var options = Self.options
      options.maxQueuedMessages = 100
      let queue = try MessageQueue(url: server.url, mode: mode, options: options)
      let ear = Ear()
      queue.start(delivering: [.channel("c")], to: ear)
      try await eventually("the server") { queue.isHealthy }
      server.pause()
      try await eventually("the loss to be noticed") { !queue.isHealthy }
      #expect(queue.counters.failedProbes > 0)
      for number in 0..<150 { try queue.publish(SharedBytes("\(number)"), on: "c") }
      #expect(queue.counters.dropped == 50)
      server.resume()
      try await eventually("what was kept") { ear.heard("c 149") }
      #expect(!ear.heard("c 49") && ear.heard("c 50"))
      await queue.close()
    }
  }

  @Test func asksForThePassword() async throws {
    let server = try RedisServer("--requirepass", "secret")
    try await withMode("threads") { mode in
      let refused = try MessageQueue(url: server.url, mode: mode, options: Self.options)
      refused.start(delivering: [.channel("c")], to: Ear())
      try await eventually("a refusal") { refused.health.lastError?.code == .refused }
      let allowed = try MessageQueue(url: "unix://:secret@\(server.socket)?db=3", mode: mode, options: Self.options)
      allowed.start(delivering: [.channel("c")], to: Ear())
      try await eventually("the server") { allowed.isHealthy }
      await refused.close()
      await allowed.close()
    }
  }

  @Test func probesWithoutAChannelWhereNoneIsAllowed() async throws {
    let server = try RedisServer("--user", "app", "on", ">pw", "resetchannels", "&c", "+@all", "~*")
    try await withMode("threads") { mode in
      let queue = try MessageQueue(url: "unix://app:pw@\(server.socket)", mode: mode, options: Self.options)
      queue.start(delivering: [.channel("c")], to: Ear())
      try await eventually("a probe") { queue.health.probeRoundTrip != nil }
      #expect(queue.counters.failedProbes == 0)
      await queue.close()
    }
  }
}
