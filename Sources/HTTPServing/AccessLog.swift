internal import AsyncModes
internal import HTTPCodec

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A line for each request, in the Common or the Combined Log Format that web servers write.
///
/// ```
/// 203.0.113.7 - - [10/Oct/2026:13:55:36 +0000] "GET /socket.io/ HTTP/1.1" 200 97 "-" "Mozilla/5.0" 0.012
/// ```
/// A WebSocket is one request, written when its handshake is answered. What a client has chosen is escaped, so nobody
/// can forge a line.
public struct AccessLog: Sendable {
  /// What a line has.
  public enum Format: Sendable, Hashable {
    /// Address, time, request line, status, bytes of the content.
    case common
    /// The same, and the referring page and the user agent.
    case combined
  }

  /// What a line has. Default: ``Format/combined``.
  public var format = Format.combined
  /// Whether a line ends with the seconds from the request's head to its answer. Default: true.
  public var hasDuration = true
  /// Whether the query of a request is written. Default: false, as the query of Engine.IO has the session id, which
  /// lets whoever reads it take over the session.
  public var hasQuery = false
  private let write: @Sendable (String) -> Void

  /// Creates a log.
  ///
  /// - Parameter write: takes a line, without its end, on the executor of the connection; it must not block.
  public init(_ write: @escaping @Sendable (String) -> Void) { self.write = write }

  func write(_ entry: Entry, status: Int, bodyBytes: Int?) {
    let head = entry.head
    var line = entry.client.address?.host ?? "-"
    line += " - - [\(Self.timestamp())] \""
    line += head.method.name + " "
    Self.append(head.bytes.extracting(head.path), to: &line)
    if hasQuery, let query = head.query {
      line += "?"
      Self.append(head.bytes.extracting(query), to: &line)
    }
    line += head.isHTTP11 ? " HTTP/1.1\" " : " HTTP/1.0\" "
    line += "\(status) \(bodyBytes.map { "\($0)" } ?? "-")"
    if format == .combined {
      for field in [head.field("referer"), head.field("user-agent")] {
        line += " \""
        if let field { Self.append(head.bytes.extracting(field), to: &line) } else { line += "-" }
        line += "\""
      }
    }
    if hasDuration {
      let milliseconds = entry.start.duration(to: .now) / .milliseconds(1)
      let whole = Int(milliseconds)
      line += " \(whole / 1000).\(String(whole % 1000 + 1000).dropFirst())"
    }
    write(line)
  }

  /// Writes a line for bytes that were no request.
  func write(malformedFrom address: SocketAddress?, status: Int) {
    var line = "\(address?.host ?? "-") - - [\(Self.timestamp())] \"-\" \(status) -"
    if format == .combined { line += " \"-\" \"-\"" }
    if hasDuration { line += " -" }
    write(line)
  }

  /// Appends what a client has sent: printable ASCII as it is, anything else as `\xhh`.
  private static func append(_ bytes: borrowing RawSpan, to line: inout String) {
    let digits = Array("0123456789abcdef".unicodeScalars)
    bytes.withUnsafeBytes { bytes in
      for byte in bytes {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
          line.unicodeScalars.append("\\")
          line.unicodeScalars.append(Unicode.Scalar(byte))
        case 0x20..<0x7f: line.unicodeScalars.append(Unicode.Scalar(byte))
        default:
          line += "\\x"
          line.unicodeScalars.append(digits[Int(byte >> 4)])
          line.unicodeScalars.append(digits[Int(byte & 15)])
        }
      }
    }
  }

  private static func timestamp() -> String {
    var now = time(nil as UnsafeMutablePointer<time_t>?)
    var parts = tm()
    gmtime_r(&now, &parts)
    func two(_ number: Int32) -> Substring { String(number + 100).dropFirst() }
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let month = months[Int(max(0, min(11, parts.tm_mon)))]
    let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    return "\(two(parts.tm_mday))/\(month)/\(parts.tm_year + 1900):\(clock) +0000"
  }
}

extension AccessLog {
  /// A request that waits for its answer.
  final class Entry: Sendable {
    let head: HTTPRequestHead
    let client: HTTPClient
    let start: ContinuousClock.Instant

    init(head: HTTPRequestHead, client: HTTPClient, start: ContinuousClock.Instant) {
      self.head = head
      self.client = client
      self.start = start
    }
  }
}
