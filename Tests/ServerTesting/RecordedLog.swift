package import Logging
import Synchronization

/// What was logged, as `level: message`, and the metadata of the lines.
package final class RecordedLog: Sendable {
  private let state = Mutex<(lines: [String], metadata: String)>(([], ""))

  package init() {}

  package var lines: [String] { state.withLock { $0.lines } }
  package var metadata: String { state.withLock { $0.metadata } }

  /// How many lines have a text in them.
  package func count(of text: String) -> Int { lines.filter { $0.contains(text) }.count }

  /// A logger that writes here, debug lines too.
  package var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

  private struct Handler: LogHandler {
    let log: RecordedLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
      log.state.withLock {
        $0.lines.append("\(event.level): \(event.message)")
        $0.metadata += "\(event.metadata ?? [:])"
      }
    }
  }
}
