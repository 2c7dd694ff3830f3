import AsyncModes
import Synchronization
import Testing

@testable import EngineIO

/// Waiting until a client has caught up.
struct BackpressureTests {
  /// Fills a session over polling to more than half of what may wait.
  private static func filled() throws -> (EngineHarness, query: String, EngineSession) {
    let harness = try EngineHarness {
      $0.maxOutgoingBytes = 10_000
      $0.slowClientPolicy = .wait
    }
    let query = harness.open()
    _ = harness.exchange(harness.connect(), "POST", query, "4" + String(repeating: "a", count: 6000))
    let session = harness.echo.sessions[0]
    #expect(!session.isWritable)
    return (harness, query, session)
  }

  /// Turns the executors until a task has ended.
  private static func finish<Value: Sendable>(
    _ harness: EngineHarness, _ task: Task<Value, any Error>, _ between: () async -> Void
  ) async throws -> Value {
    let isDone = Flag()
    Task {
      _ = await task.result
      isDone.set()
    }
    while !isDone.isSet {
      harness.mode.run()
      await between()
      await Task.yield()
    }
    return try await task.value
  }

  @Test
  func endsWhenTheClientPolls() async throws {
    let (harness, query, session) = try Self.filled()
    let task = Task { try await session.waitUntilWritable() }
    var polled = false
    let isOpen = try await Self.finish(harness, task) {
      // Nobody goes on before the client has taken something.
      guard !session.writers.isEmpty, !polled else { return }
      polled = true
      #expect(LostPollTests.body(harness.exchange(harness.connect(), "GET", query)).utf8.count == 6001)
    }
    #expect(polled && isOpen && session.isWritable && harness.echo.drains == 1)
  }

  @Test
  func endsWithTheSession() async throws {
    let (harness, query, session) = try Self.filled()
    let task = Task { try await session.waitUntilWritable() }
    let isOpen = try await Self.finish(harness, task) {
      if !session.writers.isEmpty { _ = harness.exchange(harness.connect(), "POST", query, "1") }
    }
    #expect(!isOpen)
    #expect(harness.counters.lostMessages == 1)
  }

  @Test
  func endsWithItsTask() async throws {
    let (harness, _, session) = try Self.filled()
    let task = Task { try await session.waitUntilWritable() }
    await #expect(throws: CancellationError.self) {
      try await Self.finish(harness, task) { if !session.writers.isEmpty { task.cancel() } }
    }
    #expect(session.writers.isEmpty && session.isOpen)
  }

  @Test
  func doesNotBeginWhenThereIsRoom() async throws {
    let harness = try EngineHarness()
    _ = harness.open()
    let session = harness.echo.sessions[0]
    #expect(try await Self.finish(harness, Task { try await session.waitUntilWritable() }) {})
  }

  @Test
  func stopsAtTheLimitWhoDoesNotWait() throws {
    let (harness, query, _) = try Self.filled()
    _ = harness.exchange(harness.connect(), "POST", query, "4" + String(repeating: "b", count: 6000))
    #expect(harness.echo.reasons == [.slowClient])
    #expect(harness.counters.slowClients == 1 && harness.counters.lostMessages == 2)
  }
}

/// Something that becomes true.
private final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .acquiring) }
  func set() { value.store(true, ordering: .releasing) }
}
