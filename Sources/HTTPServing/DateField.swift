internal import HTTPCodec
internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The field `Date`, which every answer of a server with a clock has (RFC 9110, section 6.6.1).
enum DateField {
  /// Written once a second; every executor takes it from here.
  private static let current = Mutex((second: Int.min, line: Line(repeating: 0)))

  /// `Date: `, the 29 bytes of a date, and CRLF.
  typealias Line = InlineArray<37, UInt8>

  /// The field with its CRLF.
  static var now: Line {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME_COARSE, &time)
    return current.withLock { current in
      if current.second != time.tv_sec {
        var line = Array("Date: ".utf8)
        HTTPDate(seconds: time.tv_sec).append(to: &line)
        line += "\r\n".utf8
        current = (time.tv_sec, Line { line[$0] })
      }
      return current.line
    }
  }
}
