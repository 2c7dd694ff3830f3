import ServerTesting
import Testing

@testable import EngineIO

/// The logger of the engine is its own.
struct LoggerTests {
  @Test
  func sessionsAndRefusalsAreLogged() throws {
    let log = RecordedLog()
    let harness = try EngineHarness {
      $0.logger = log.logger
      $0.responseHeaders = { _, isHandshake in isHandshake ? [EngineHeaderField("Bad Name", "x")] : [] }
    }
    let query = harness.open()
    _ = harness.exchange(harness.connect(), "POST", query, "1")
    _ = harness.exchange(harness.connect(), "GET", query)
    #expect(
      log.lines == [
        "warning: responseHeaders gave a field that cannot be sent", "debug: a session was opened",
        "debug: a session has ended", "debug: a request was refused",
      ])
    // The session id lets whoever reads it take over the session.
    let sid = query.split(separator: "sid=").last.map(String.init) ?? ""
    #expect(sid.count == 20 && !log.metadata.contains(sid))
  }
}
