/// Makes values of JSON text.
struct JSONParser {
  private var scanner: JSONScanner
  private let attachments: [[UInt8]]

  /// Parses text that holds one value and nothing else.
  static func parse(
    _ bytes: UnsafeRawBufferPointer, attachments: [[UInt8]], maxDepth: Int
  ) throws(JSONError) -> SocketValue {
    var parser = JSONParser(bytes, attachments, maxDepth)
    parser.scanner.skipWhitespace()
    let value = try parser.value(depth: 0)
    parser.scanner.skipWhitespace()
    guard parser.scanner.isAtEnd else { throw parser.scanner.error("something follows the value") }
    return value
  }

  /// Parses the elements of an array without its brackets; the text may be empty.
  static func parseElements(
    _ bytes: UnsafeRawBufferPointer, attachments: [[UInt8]], maxDepth: Int
  ) throws(JSONError) -> [SocketValue] {
    var parser = JSONParser(bytes, attachments, maxDepth)
    var values: [SocketValue] = []
    parser.scanner.skipWhitespace()
    while !parser.scanner.isAtEnd {
      values.append(try parser.value(depth: 1))
      parser.scanner.skipWhitespace()
      if parser.scanner.isAtEnd { break }
      guard parser.scanner.current == UInt8(ascii: ",") else { throw parser.scanner.error("a comma is missing") }
      parser.scanner.position += 1
      parser.scanner.skipWhitespace()
      guard !parser.scanner.isAtEnd else { throw parser.scanner.error("a value is missing") }
    }
    return values
  }

  private init(_ bytes: UnsafeRawBufferPointer, _ attachments: [[UInt8]], _ maxDepth: Int) {
    scanner = JSONScanner(bytes, maxDepth: maxDepth)
    self.attachments = attachments
  }

  private mutating func value(depth: Int) throws(JSONError) -> SocketValue {
    switch scanner.current {
    case UInt8(ascii: "\""): return .string(text(try scanner.string()))
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["):
      var values: [SocketValue] = []
      guard try scanner.enter(depth, UInt8(ascii: "]")) else { return .array([]) }
      repeat {
        scanner.skipWhitespace()
        values.append(try value(depth: depth + 1))
      } while try !scanner.leave(UInt8(ascii: "]"))
      return .array(values)
    case UInt8(ascii: "t"):
      try scanner.word("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try scanner.word("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try scanner.word("null")
      return .null
    default: return number(try scanner.number())
    }
  }

  private mutating func object(_ depth: Int) throws(JSONError) -> SocketValue {
    var object = SocketObject()
    let start = scanner.position
    guard try scanner.enter(depth, UInt8(ascii: "}")) else { return .object(object) }
    repeat {
      scanner.skipWhitespace()
      let name = text(try scanner.key())
      object.append(name, try value(depth: depth + 1))
    } while try !scanner.leave(UInt8(ascii: "}"))
    // Where there are no attachments it is an object like any other.
    guard !attachments.isEmpty, object["_placeholder"] == .bool(true) else { return .object(object) }
    guard case .int(let index)? = object["num"], index >= 0, index < attachments.count else {
      throw JSONError(message: "a placeholder names no attachment", offset: start)
    }
    return .binary(attachments[Int(index)])
  }

  private func number(_ number: (range: Range<Int>, isInteger: Bool)) -> SocketValue {
    let digits = scanner.bytes[number.range]
    if number.isInteger, digits.count < 19 {
      var value: Int64 = 0
      for byte in digits where byte != UInt8(ascii: "-") { value = value * 10 + Int64(byte - 0x30) }
      return .int(digits.first == UInt8(ascii: "-") ? -value : value)
    }
    let text = String(decoding: digits, as: UTF8.self)
    if number.isInteger, let value = Int64(text) { return .int(value) }
    return .double(Double(text) ?? .infinity)
  }

  /// The text between quotes, with its escapes resolved. Half a surrogate pair, which JavaScript may send, becomes
  /// U+FFFD.
  private func text(_ string: (range: Range<Int>, isEscaped: Bool)) -> String {
    JSONText.unescape(scanner.bytes, string.range, isEscaped: string.isEscaped)
  }
}
