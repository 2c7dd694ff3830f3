import AsyncModes

/// Cuts a stream of bytes into lines of bounded length.
///
/// It does no I/O: bytes go in as they come, lines come out. Of a line that is too long nothing is kept.
struct LineBuffer {
  /// What was found.
  enum Line: Equatable {
    /// A line without its end and without control characters, which could play tricks on a terminal.
    case text(String)
    /// A line with more bytes than are allowed.
    case tooLong
  }

  private let maxLength: Int
  private var bytes: [UInt8] = []
  /// Where the next line begins.
  private var start = 0
  /// Up to where there is no end of a line.
  private var searched = 0
  private var isSkipping = false

  /// Creates a buffer for lines of at most `maxLength` bytes.
  init(maxLength: Int) { self.maxLength = maxLength }

  /// Adds what has come.
  mutating func append(_ input: borrowing RawSpan) {
    bytes.removeFirst(start)
    searched -= start
    start = 0
    input.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  /// Takes the next line; `nil` if it is not complete yet.
  mutating func next() -> Line? {
    while let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = bytes[start..<end]
      start = end + 1
      searched = start
      if isSkipping {
        isSkipping = false
      } else {
        return line.count > maxLength ? .tooLong : .text(Self.clean(line))
      }
    }
    searched = bytes.count
    guard isSkipping || bytes.count - start > maxLength else { return nil }
    start = bytes.count
    defer { isSkipping = true }
    return isSkipping ? nil : .tooLong
  }

  private static func clean(_ line: ArraySlice<UInt8>) -> String {
    let visible = String(decoding: line, as: UTF8.self).unicodeScalars.filter {
      $0.properties.generalCategory != .control
    }
    return String(String.UnicodeScalarView(visible))
  }
}
