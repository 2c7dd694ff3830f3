import AsyncModes
import ServerTesting
import Testing

@testable import EngineIO

/// Packets that were taken for a poll whose connection is lost go out with the next poll.
struct LostPollTests {
  static func body(_ answer: String) -> Substring { answer.split(separator: "\r\n\r\n").last ?? "" }

  /// A session on the first executor, and a poll of it that waits on the executor `index`.
  static func waiting(on index: Int) throws -> (EngineHarness, query: String, ManualConnection) {
    let harness = try EngineHarness()
    let query = harness.open()
    let poll = harness.connect(on: index)
    #expect(harness.exchange(poll, "GET", query).isEmpty)
    return (harness, query, poll)
  }

  @Test(arguments: [0, 1])
  func isRequeuedWhenTheSystemRefusesTheAnswer(_ index: Int) throws {
    let (harness, query, poll) = try Self.waiting(on: index)
    poll.isBroken = true
    #expect(Self.body(harness.exchange(harness.connect(), "POST", query, "4one\u{1e}4two")) == "ok")
    #expect(poll.sent.isEmpty)
    #expect(Self.body(harness.exchange(harness.connect(on: index), "GET", query)) == "4one\u{1e}4two")
    #expect(harness.counters.requeuedPackets == 1 && harness.counters.lostMessages == 0)
  }

  @Test(arguments: [0, 1])
  func isRequeuedWhenTheConnectionEndsInTheMiddleOfTheAnswer(_ index: Int) throws {
    let (harness, query, poll) = try Self.waiting(on: index)
    poll.room = 20
    #expect(Self.body(harness.exchange(harness.connect(), "POST", query, "4one")) == "ok")
    #expect(poll.sent.count == 20)
    poll.executor.enter { poll.didFail(SystemError(104)) }
    harness.mode.run()
    #expect(Self.body(harness.exchange(harness.connect(), "GET", query)) == "4one")
    #expect(harness.counters.requeuedPackets == 1)
  }

  @Test(arguments: [0, 1])
  func isSentOnceWhenTheSystemTakesTheRestLater(_ index: Int) throws {
    let (harness, query, poll) = try Self.waiting(on: index)
    poll.room = 20
    _ = harness.exchange(harness.connect(), "POST", query, "4one")
    poll.room = .max
    poll.executor.enter { poll.didBecomeWritable() }
    harness.mode.run()
    #expect(Self.body(poll.take()) == "4one")
    poll.executor.enter { poll.didFail(SystemError(104)) }
    harness.mode.run()
    #expect(harness.exchange(harness.connect(), "GET", query).isEmpty)
    #expect(harness.counters.requeuedPackets == 0)
  }

  @Test
  func goesOutBeforeWhatCameLater() throws {
    let (harness, query, poll) = try Self.waiting(on: 1)
    poll.isBroken = true
    // The session hears of the loss only when the other executor has had its turn.
    let post = harness.connect()
    post.receive("POST /engine.io/?\(query) HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n4one")
    harness.mode.manual[0].run()
    post.receive("POST /engine.io/?\(query) HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n4two")
    harness.mode.run()
    #expect(Self.body(harness.exchange(harness.connect(), "GET", query)) == "4one\u{1e}4two")
  }

  @Test
  func endsTheSessionIfTheOrderCannotBeKept() throws {
    let (harness, query, poll) = try Self.waiting(on: 1)
    poll.isBroken = true
    let post = harness.connect()
    post.receive("POST /engine.io/?\(query) HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n4one")
    harness.mode.manual[0].run()
    // Another poll takes later packets before the loss of the earlier ones is known.
    post.receive("POST /engine.io/?\(query) HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n4two")
    harness.mode.manual[0].run()
    let next = harness.connect()
    next.receive("GET /engine.io/?\(query) HTTP/1.1\r\nHost: h\r\n\r\n")
    harness.mode.manual[0].run()
    #expect(Self.body(next.take()) == "4two")
    harness.mode.run()
    #expect(harness.echo.reasons == [.transportError])
    #expect(harness.counters.lostMessages == 1)
  }

  @Test
  func isKeptWhenTheClientHangsUpFirst() throws {
    let (harness, query, poll) = try Self.waiting(on: 1)
    poll.executor.enter { poll.didReceiveEnd() }
    harness.mode.run()
    _ = harness.exchange(harness.connect(), "POST", query, "4one")
    #expect(Self.body(harness.exchange(harness.connect(on: 1), "GET", query)) == "4one")
  }

  /// Writing may close other connections at once, and the handler of one of them may end this session.
  @Test(arguments: [(0, false), (0, true), (1, false), (1, true)])
  func mayMeetTheEndOfItsSession(_ index: Int, _ isBroken: Bool) throws {
    let (harness, query, poll) = try Self.waiting(on: index)
    let session = harness.echo.sessions[0]
    poll.willTransmit = { session.executor.execute { session.end(.transportError) } }
    poll.isBroken = isBroken
    _ = harness.exchange(harness.connect(), "POST", query, "4one")
    #expect(Self.body(poll.take()) == (isBroken ? "" : "4one"))
    #expect(harness.echo.reasons == [.transportError])
    #expect(harness.exchange(harness.connect(on: index), "GET", query).contains("Session ID unknown"))
  }
}
