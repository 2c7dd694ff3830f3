/// JSON text and the values it stands for (RFC 8259).
///
/// Numbers without fraction and exponent that fit into 64 bits become integers, all others doubles.
public enum JSONText {
  /// The depth of nesting that is accepted unless another one is given.
  public static let defaultMaxDepth = 128

  /// Parses text that holds one value.
  ///
  /// - Parameters:
  ///   - text: UTF-8 text; it must be checked by the caller.
  ///   - attachments: what placeholders for binary data stand for; without any they are objects like others.
  ///   - maxDepth: how deep values may be nested.
  /// - Throws: ``JSONError`` if the text is not JSON or a placeholder names no attachment.
  public static func parse(
    _ text: borrowing RawSpan, attachments: [[UInt8]] = [], maxDepth: Int = defaultMaxDepth
  ) throws(JSONError) -> SocketValue {
    try text.withUnsafeBytes { bytes throws(JSONError) in
      try JSONParser.parse(bytes, attachments: attachments, maxDepth: maxDepth)
    }
  }

  /// Parses values that are separated by commas, as they stand between the brackets of an array.
  public static func parseElements(
    _ text: borrowing RawSpan, attachments: [[UInt8]] = [], maxDepth: Int = defaultMaxDepth
  ) throws(JSONError) -> [SocketValue] {
    try text.withUnsafeBytes { bytes throws(JSONError) in
      try JSONParser.parseElements(bytes, attachments: attachments, maxDepth: maxDepth)
    }
  }

  /// Checks text that shall hold one value, without making it.
  public static func validate(_ text: borrowing RawSpan, maxDepth: Int = defaultMaxDepth) throws(JSONError) {
    try text.withUnsafeBytes { bytes throws(JSONError) in
      var scanner = JSONScanner(bytes, maxDepth: maxDepth)
      scanner.skipWhitespace()
      try scanner.skipValue()
      scanner.skipWhitespace()
      guard scanner.isAtEnd else { throw scanner.error("something follows the value") }
    }
  }

  /// Appends a value as compact text; binary data becomes a placeholder and is added to `attachments`.
  public static func append(_ value: SocketValue, to out: inout [UInt8], attachments: inout [[UInt8]]) {
    JSONWriter.append(value, to: &out, attachments: &attachments)
  }

  /// The text of a string between its quotes.
  static func unescape(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, isEscaped: Bool) -> String {
    guard isEscaped else { return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self) }
    let scanner = JSONScanner(bytes, maxDepth: 0)
    var out: [UInt8] = []
    out.reserveCapacity(range.count)
    var index = range.lowerBound
    while index < range.upperBound {
      guard bytes[index] == UInt8(ascii: "\\"), index + 1 < range.upperBound else {
        out.append(bytes[index])
        index += 1
        continue
      }
      index += 2
      switch bytes[index - 1] {
      case UInt8(ascii: "b"): out.append(0x08)
      case UInt8(ascii: "f"): out.append(0x0c)
      case UInt8(ascii: "n"): out.append(0x0a)
      case UInt8(ascii: "r"): out.append(0x0d)
      case UInt8(ascii: "t"): out.append(0x09)
      case UInt8(ascii: "u"):
        var scalar = scanner.unicodeEscape(at: index) ?? 0xfffd
        index += 4
        if scalar & 0xfc00 == 0xd800, index + 6 <= range.upperBound, bytes[index] == UInt8(ascii: "\\"),
          bytes[index + 1] == UInt8(ascii: "u"), let low = scanner.unicodeEscape(at: index + 2), low & 0xfc00 == 0xdc00
        {
          scalar = 0x10000 + (scalar & 0x3ff) << 10 + (low & 0x3ff)
          index += 6
        }
        out.append(contentsOf: String(Unicode.Scalar(scalar).map(Character.init) ?? "\u{fffd}").utf8)
      default: out.append(bytes[index - 1])
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
