public import Logging

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Writes log messages to standard error in the form that systemd's journal keeps apart: each is one line that begins with
/// its priority (`sd-daemon(3)`).
///
/// ```swift
/// if JournalLogHandler.isJournal { LoggingSystem.bootstrap(JournalLogHandler.init) }
/// ```
/// `journalctl -p warning` then shows what is important. Time and name of the program are left out: the journal has them.
public struct JournalLogHandler: LogHandler {
  /// What is less important is not written. Default: `info`.
  public var logLevel = Logger.Level.info
  /// Written behind each message.
  public var metadata = Logger.Metadata()
  private let label: String

  /// Whether standard error goes to the journal (`JOURNAL_STREAM` names it).
  public static var isJournal: Bool {
    guard let stream = getenv("JOURNAL_STREAM").map({ String(cString: $0) }) else { return false }
    var file = stat()
    guard fstat(2, &file) == 0 else { return false }
    return stream == "\(file.st_dev):\(file.st_ino)"
  }

  /// Creates a handler.
  public init(label: String) { self.label = label }

  /// One field of ``metadata``.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes a message.
  public func log(event: LogEvent) {
    let line = Self.line(
      event.level, label, "\(event.message)",
      metadata.merging(event.metadata ?? [:]) { _, own in own })
    // One call for one line: what several threads write does not mix.
    _ = line.withUnsafeBufferPointer { write(2, $0.baseAddress, $0.count) }
  }

  /// A message as one line.
  static func line(_ level: Logger.Level, _ label: String, _ message: String, _ metadata: Logger.Metadata) -> [UInt8] {
    var text = "\(label): \(message)"
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { text += " \(key)=\(value)" }
    var line = Array("<\(priority(level))>".utf8)
    for byte in text.utf8 {
      switch byte {
      case 0x0a: line += "\\n".utf8
      case 0x0d: line += "\\r".utf8
      case 0: line += "\\0".utf8
      default: line.append(byte)
      }
    }
    line.append(0x0a)
    return line
  }

  /// The priority of a level, as `syslog(3)` counts them.
  private static func priority(_ level: Logger.Level) -> Int {
    switch level {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}
