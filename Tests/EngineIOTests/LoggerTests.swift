import Logging
import Synchronization
import Testing

@testable import EngineIO

/// The logger of the engine is its own.
struct LoggerTests {
  @Test
  func sessionsAndRefusalsAreLogged() throws {
    let lines = Lines()
    let harness = try EngineHarness {
      var logger = Logger(label: "test") { _ in Recorder(lines: lines) }
      logger.logLevel = .debug
      $0.logger = logger
      $0.responseHeaders = { _, isHandshake in isHandshake ? [EngineHeaderField("Bad Name", "x")] : [] }
    }
    let query = harness.open()
    _ = harness.exchange(harness.connect(), "POST", query, "1")
    _ = harness.exchange(harness.connect(), "GET", query)
    #expect(
      lines.all == [
        "warning: responseHeaders gave a field that cannot be sent", "debug: a session was opened",
        "debug: a session has ended", "debug: a request was refused",
      ])
    // The session id lets whoever reads it take over the session.
    let sid = query.split(separator: "sid=").last.map(String.init) ?? ""
    #expect(sid.count == 20 && !lines.metadata.contains(sid))
  }
}

/// What was logged.
private final class Lines: Sendable {
  private let state = Mutex<(lines: [String], metadata: String)>(([], ""))
  var all: [String] { state.withLock { $0.lines } }
  var metadata: String { state.withLock { $0.metadata } }
  func add(_ line: String, _ metadata: String) {
    state.withLock {
      $0.lines.append(line)
      $0.metadata += metadata
    }
  }
}

private struct Recorder: LogHandler {
  let lines: Lines
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.debug
  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }
  func log(event: LogEvent) { lines.add("\(event.level): \(event.message)", "\(event.metadata ?? [:])") }
}
