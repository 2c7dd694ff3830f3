import AsyncModes
import ServerTesting
import Testing

@testable import EngineIO

/// Heartbeats, on a clock that the test holds.
struct HeartbeatTests {
  private static func configure(_ configuration: inout EngineConfiguration) {
    configuration.pingInterval = .seconds(10)
    configuration.pingTimeout = .seconds(5)
  }

  @Test
  func revision4IsAskedAndMissed() throws {
    let harness = try EngineHarness(Self.configure)
    let query = harness.open()
    let poll = harness.connect()
    #expect(harness.exchange(poll, "GET", query).isEmpty)
    harness.mode.manual[0].advance(by: .milliseconds(9999))
    #expect(poll.take().isEmpty)
    harness.mode.manual[0].advance(by: .milliseconds(1))
    #expect(LostPollTests.body(poll.take()) == "2")
    harness.mode.manual[0].advance(by: .milliseconds(4999))
    #expect(harness.echo.reasons.isEmpty)
    #expect(LostPollTests.body(harness.exchange(harness.connect(), "POST", query, "3data")) == "ok")
    harness.mode.manual[0].advance(by: .milliseconds(14_999))
    #expect(harness.echo.reasons.isEmpty)
    harness.mode.manual[0].advance(by: .milliseconds(1))
    #expect(harness.echo.reasons == [.pingTimeout])
    #expect(harness.counters.pingTimeouts == 1)
  }

  @Test
  func otherPacketsGiveTimeForThePongOnce() throws {
    let harness = try EngineHarness(Self.configure)
    let query = harness.open()
    harness.mode.manual[0].advance(by: .seconds(10))
    for time in [4999, 1, 4999] {
      #expect(LostPollTests.body(harness.exchange(harness.connect(), "POST", query, "4data")) == "ok")
      harness.mode.manual[0].advance(by: .milliseconds(time))
      #expect(harness.echo.reasons.isEmpty)
    }
    harness.mode.manual[0].advance(by: .milliseconds(1))
    #expect(harness.echo.reasons == [.pingTimeout])
  }

  @Test
  func revision3AsksAndIsMissed() throws {
    let harness = try EngineHarness(Self.configure)
    let query = harness.open(revision: 3)
    harness.mode.manual[0].advance(by: .milliseconds(14_999))
    #expect(LostPollTests.body(harness.exchange(harness.connect(), "POST", query, "6:2hello")) == "ok")
    #expect(LostPollTests.body(harness.exchange(harness.connect(), "GET", query)) == "6:3hello")
    harness.mode.manual[0].advance(by: .milliseconds(14_999))
    #expect(harness.echo.reasons.isEmpty)
    harness.mode.manual[0].advance(by: .milliseconds(1))
    #expect(harness.echo.reasons == [.pingTimeout])
  }

  @Test(arguments: [3, 4])
  func nobodyIsMissedWhoIsNotMonitored(_ revision: Int) throws {
    let harness = try EngineHarness {
      Self.configure(&$0)
      $0.monitorsClients = false
    }
    let query = harness.open(revision: revision)
    harness.mode.manual[0].advance(by: .seconds(86_400))
    #expect(harness.echo.reasons.isEmpty)
    // No more than one heartbeat waits for a client that does not poll.
    #expect(harness.echo.sessions[0].outgoingBytes < 100)
    if revision == 4 {
      #expect(LostPollTests.body(harness.exchange(harness.connect(), "GET", query)) == "2")
      _ = harness.exchange(harness.connect(), "POST", query, "3")
      harness.mode.manual[0].advance(by: .seconds(10))
      #expect(LostPollTests.body(harness.exchange(harness.connect(), "GET", query)) == "2")
    } else {
      #expect(harness.mode.manual[0].timerCount <= 1)
    }
  }
}
