import AsyncModes
import Logging
import MessageQueues
import ServerTesting
import Testing

/// The machinery that all queues share, on a clock that belongs to the test.
struct MessageQueueTests {
  let executor = ManualExecutor(index: 0)
  let driver = ScriptedDriver()
  let notes = Notes()

  func makeQueue(_ change: (inout MessageQueueOptions) -> Void = { _ in }) throws -> MessageQueue {
    var options = MessageQueueOptions()
    options.random = { 0 }
    options.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    change(&options)
    let queue = try MessageQueue(driver: driver, executor: executor, options: options)
    queue.start(delivering: [.channel("c")], to: notes)
    executor.run()
    return queue
  }

  func open() {
    executor.enter { driver.last.handler.opened() }
    executor.run()
  }

  func lose() {
    executor.enter { driver.last.handler.lost(MessageQueueError(.lost, "test")) }
    executor.run()
  }

  @Test func publishesInOrderAndConfirms() throws {
    let queue = try makeQueue()
    try queue.publish(SharedBytes("0"), on: "c")
    open()
    for number in 1..<1000 { try queue.publish(SharedBytes("\(number)"), on: "c") }
    executor.run()
    #expect(driver.last.published == (0..<1000).map(String.init))
    executor.enter { driver.last.handler.confirmed(990) }
    lose()
    #expect(queue.counters.published == 1000)
    #expect(queue.counters.confirmed == 990)
    #expect(queue.counters.unconfirmed == 10)
  }

  @Test func keepsWhatIsPublishedWhileAway() throws {
    let queue = try makeQueue { $0.maxQueuedMessages = 3 }
    for number in 0..<5 { try queue.publish(SharedBytes("\(number)"), on: "c") }
    #expect(queue.health.queuedMessages == 3)
    #expect(queue.counters.dropped == 2)
    open()
    #expect(driver.last.published == ["2", "3", "4"])
    #expect(queue.health.queuedBytes == 0)
  }

  @Test func dropsByPolicy() throws {
    let newest = try makeQueue {
      $0.maxQueuedMessages = 2
      $0.dropPolicy = .newest
    }
    for number in 0..<5 { try newest.publish(SharedBytes("\(number)"), on: "c") }
    open()
    #expect(driver.last.published == ["0", "1"])
    #expect(newest.counters.dropped == 3)
    let strict = try makeQueue {
      $0.maxQueuedBytes = 4
      $0.maxPayloadBytes = 4
      $0.dropPolicy = .error
    }
    try strict.publish(SharedBytes("abc"), on: "c")
    #expect(throws: MessageQueueError.self) { try strict.publish(SharedBytes("de"), on: "c") }
    #expect { try strict.publish(SharedBytes("abcde"), on: "c") } throws: {
      ($0 as? MessageQueueError)?.code == .payloadTooLarge
    }
    #expect(strict.counters.refused == 2)
    #expect(strict.counters.dropped == 0)
  }

  @Test func reconnectsWithBackoff() throws {
    let queue = try makeQueue()
    open()
    lose()
    #expect(queue.state == .reconnecting(attempt: 1))
    #expect(!queue.isHealthy)
    var waits: [Duration] = []
    for _ in 0..<9 {
      let before = driver.sessions.count
      var waited = Duration.zero
      while driver.sessions.count == before {
        executor.advance(by: .milliseconds(50))
        waited += .milliseconds(50)
      }
      waits.append(waited)
      lose()
    }
    #expect(waits == [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000].map { Duration.milliseconds($0) })
    executor.advance(by: .seconds(5))
    open()
    #expect(queue.isHealthy)
    #expect(queue.counters.reconnects == 1)
    #expect(queue.counters.failedAttempts == 9)
    #expect(driver.last.subscriptions == [.channel("c")])
    #expect(Backoff().delay(before: 1, random: 0.999) < Backoff().delay(before: 1, random: 0.001))
    #expect(Backoff().delay(before: .max, random: 0) == .seconds(5))
  }

  @Test func whatWasKeptCanBeHeld() throws {
    let queue = try makeQueue()
    open()
    lose()
    for text in ["1", "2"] { try queue.publish(SharedBytes(text), on: "c") }
    notes.onState = { [weak queue] state in if state == .connected { queue?.hold() } }
    executor.advance(by: .milliseconds(100))
    open()
    try queue.publish(SharedBytes("3"), on: "c")
    executor.run()
    #expect(driver.last.published.isEmpty && queue.health.queuedMessages == 3)
    executor.enter { queue.publishAhead(SharedBytes("0"), on: "c") }
    #expect(driver.last.published == ["0"])
    executor.enter { queue.release() }
    executor.run()
    #expect(driver.last.published == ["0", "1", "2", "3"] && queue.counters.published == 4)
    // A session that is lost holds nothing any more.
    notes.onState = nil
    executor.enter { queue.hold() }
    lose()
    try queue.publish(SharedBytes("4"), on: "c")
    executor.advance(by: .milliseconds(100))
    open()
    #expect(driver.last.published == ["4"])
    // Without a session nothing goes ahead.
    lose()
    executor.enter { queue.publishAhead(SharedBytes("5"), on: "c") }
    #expect(queue.counters.published == 5 && queue.health.queuedMessages == 0)
  }

  @Test func backoffIsAsItsOptionsSay() throws {
    let queue = try makeQueue {
      $0.backoff.initial = .milliseconds(10)
      $0.backoff.factor = 3
      $0.backoff.maximum = .milliseconds(200)
      $0.backoff.jitter = 0.5
      // Of the part that is left to chance, half is taken off.
      $0.random = { 0.5 }
    }
    open()
    for wait in [7.5, 22.5, 67.5, 150, 150] {
      lose()
      let before = driver.sessions.count
      executor.advance(by: .milliseconds(wait) - .nanoseconds(1))
      #expect(driver.sessions.count == before)
      executor.advance(by: .nanoseconds(1))
      #expect(driver.sessions.count == before + 1)
    }
    #expect(queue.counters.failedAttempts == 4)
  }

  /// Whoever can publish must not be able to fill the log.
  @Test func unusableMessagesAreLoggedOnceInAWhile() throws {
    let log = RecordedLog()
    let queue = try makeQueue {
      $0.malformedLogInterval = .seconds(3)
      $0.logger = log.logger
    }
    open()
    notes.verdict = .malformed("test")
    func deliver() { executor.enter { driver.last.handler.received([1].span.bytes, on: "c") } }
    for _ in 0..<3 { deliver() }
    executor.advance(by: .milliseconds(2999))
    deliver()
    #expect(log.count(of: "could not be used") == 1)
    executor.advance(by: .milliseconds(1))
    deliver()
    deliver()
    #expect(log.count(of: "could not be used") == 2 && log.count(of: "2 message(s)") == 0)
    #expect(log.count(of: "4 message(s)") == 1 && queue.counters.malformed == 6)
  }

  @Test func givesUpAnAttemptThatIsNotAnswered() throws {
    let queue = try makeQueue()
    let first = driver.last
    executor.advance(by: .seconds(6))
    #expect(first.isClosed)
    #expect(driver.sessions.count == 2)
    executor.enter { first.handler.opened() }
    #expect(queue.state == .reconnecting(attempt: 1))
    #expect(queue.counters.failedAttempts == 1)
  }

  @Test func probesTheSubscription() throws {
    let queue = try makeQueue()
    open()
    executor.advance(by: .seconds(5))
    #expect(driver.last.probes == 1)
    executor.advance(by: .milliseconds(7))
    executor.enter { driver.last.handler.probed() }
    #expect(queue.health.probeRoundTrip == .milliseconds(7))
    executor.advance(by: .seconds(5))
    #expect(driver.last.probes == 2)
    let silent = driver.last
    executor.advance(by: .seconds(5))
    #expect(silent.isClosed)
    #expect(queue.counters.failedProbes == 1)
    #expect(queue.counters.losses == 1)
    #expect(queue.health.lastError?.code == .timedOut)
  }

  @Test func goesOnWhenTheSessionTakesAgain() throws {
    let queue = try makeQueue()
    open()
    driver.last.room = 2
    for number in 0..<4 { try queue.publish(SharedBytes("\(number)"), on: "c") }
    executor.run()
    #expect(driver.last.published == ["0", "1"])
    #expect(queue.counters.published == 2)
    driver.last.room = 9
    executor.enter { driver.last.handler.drained() }
    #expect(driver.last.published == ["0", "1", "2", "3"])
  }

  @Test func countsVerdictsAndOversize() throws {
    let queue = try makeQueue { $0.maxPayloadBytes = 3 }
    open()
    func deliver(_ text: String, _ verdict: MessageQueueVerdict) {
      notes.verdict = verdict
      executor.enter { driver.last.handler.received(Array(text.utf8).span.bytes, on: "c") }
    }
    deliver("a", .handled)
    deliver("b", .ownEcho)
    deliver("c", .skipped)
    deliver("d", .malformed("test"))
    deliver("long", .handled)
    #expect(notes.texts == ["a", "b", "c", "d"])
    var expected = MessageQueueCounters()
    expected.received = 5
    expected.receivedBytes = 8
    (expected.ownEchoes, expected.skipped, expected.malformed, expected.oversized) = (1, 1, 1, 1)
    #expect(queue.counters == expected)
  }

  @Test func closingCountsWhatIsLeft() async throws {
    let queue = try makeQueue()
    try queue.publish(SharedBytes("x"), on: "c")
    async let closed: Void = queue.close()
    while queue.state != .closed {
      executor.run()
      await Task.yield()
    }
    await closed
    #expect(driver.last.isClosed)
    #expect(queue.counters.dropped == 1)
    #expect(notes.states == [.connecting, .closed])
    #expect { try queue.publish(SharedBytes("x"), on: "c") } throws: { ($0 as? MessageQueueError)?.code == .closed }
  }

  @Test func wrongOptionsAreNamed() {
    for (name, change) in [
      ("maxQueuedMessages", { $0.maxQueuedMessages = 0 }), ("maxPayloadBytes", { $0.maxPayloadBytes = 1 << 30 }),
      ("probeInterval", { $0.probeInterval = .zero }), ("backoff.jitter", { $0.backoff.jitter = 2 }),
      ("backoff.maximum", { $0.backoff.maximum = .zero }),
    ] as [(String, (inout MessageQueueOptions) -> Void)] {
      #expect { try makeQueue(change) } throws: { "\($0)".contains(name) }
    }
  }
}
