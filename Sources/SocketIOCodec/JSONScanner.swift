/// Text that is not JSON, or goes beyond a limit: the peer's fault.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong.
  public let message: String
  /// Where, in bytes from the start.
  public let offset: Int

  /// What is wrong, and where.
  public var description: String { "\(message) at byte \(offset)" }
}

/// Walks through JSON text (RFC 8259), strictly. The bytes must be UTF-8, which transports have checked.
struct JSONScanner {
  let bytes: UnsafeRawBufferPointer
  var position: Int
  let maxDepth: Int

  init(_ bytes: UnsafeRawBufferPointer, from position: Int = 0, maxDepth: Int) {
    self.bytes = bytes
    self.position = position
    self.maxDepth = maxDepth
  }

  @inline(__always) var isAtEnd: Bool { position >= bytes.count }
  @inline(__always) var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

  func error(_ message: String) -> JSONError { JSONError(message: message, offset: position) }

  @inline(__always)
  mutating func skipWhitespace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0a, 0x0d: position &+= 1
      default: return
      }
    }
  }

  /// Moves behind one value.
  mutating func skipValue(depth: Int = 0) throws(JSONError) {
    switch current {
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "{"):
      guard try enter(depth, UInt8(ascii: "}")) else { return }
      repeat {
        skipWhitespace()
        try key()
        try skipValue(depth: depth &+ 1)
      } while try !leave(UInt8(ascii: "}"))
    case UInt8(ascii: "["):
      guard try enter(depth, UInt8(ascii: "]")) else { return }
      repeat {
        skipWhitespace()
        try skipValue(depth: depth &+ 1)
      } while try !leave(UInt8(ascii: "]"))
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    default: _ = try number()
    }
  }

  /// Moves into an array or object.
  ///
  /// - Returns: `false` if it is empty; then it is left again.
  mutating func enter(_ depth: Int, _ end: UInt8) throws(JSONError) -> Bool {
    guard depth < maxDepth else { throw error("values are nested more than \(maxDepth) deep") }
    position &+= 1
    skipWhitespace()
    guard current == end, !isAtEnd else { return true }
    position &+= 1
    return false
  }

  /// Moves behind a comma, or out of an array or object.
  ///
  /// - Returns: whether it was left.
  mutating func leave(_ end: UInt8) throws(JSONError) -> Bool {
    skipWhitespace()
    guard !isAtEnd else { throw error("a value is not complete") }
    let byte = bytes[position]
    position &+= 1
    if byte == UInt8(ascii: ",") { return false }
    if byte == end { return true }
    position &-= 1
    throw error("a comma is missing")
  }

  /// Moves behind a member's name and the colon.
  @discardableResult
  mutating func key() throws(JSONError) -> (range: Range<Int>, isEscaped: Bool) {
    guard current == UInt8(ascii: "\"") else { throw error("a name is missing") }
    let name = try string()
    skipWhitespace()
    guard current == UInt8(ascii: ":") else { throw error("a colon is missing") }
    position &+= 1
    skipWhitespace()
    return name
  }

  mutating func word(_ word: StaticString) throws(JSONError) {
    let matches = word.withUTF8Buffer { word in
      bytes.count - position >= word.count
        && UnsafeRawBufferPointer(rebasing: bytes[position..<position + word.count]).elementsEqual(word)
    }
    guard matches else { throw error("this is no value") }
    position += word.utf8CodeUnitCount
  }

  /// Moves behind a string.
  ///
  /// - Returns: what is between the quotes.
  mutating func string() throws(JSONError) -> (range: Range<Int>, isEscaped: Bool) {
    position &+= 1
    let start = position
    var isEscaped = false
    while true {
      skipPlainText()
      guard position < bytes.count else { throw error("a string is not complete") }
      switch bytes[position] {
      case UInt8(ascii: "\""):
        let range = start..<position
        position &+= 1
        return (range, isEscaped)
      case UInt8(ascii: "\\"):
        isEscaped = true
        try skipEscape()
      case 0..<0x20: throw error("a string has a control character")
      default: position &+= 1
      }
    }
  }

  /// Moves over characters that mean themselves, eight at a time.
  @inline(__always)
  private mutating func skipPlainText() {
    guard let base = bytes.baseAddress else { return }
    let count = bytes.count
    var index = position
    while index &+ 8 <= count {
      let special = Self.specialBytes(base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      if special != 0 {
        position = index &+ special.littleEndian.trailingZeroBitCount / 8
        return
      }
      index &+= 8
    }
    while index < count {
      let byte = base.load(fromByteOffset: index, as: UInt8.self)
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
      index &+= 1
    }
    position = index
  }

  /// The upper bit of each byte that is a quote, a backslash or a control character. Bytes above the first such one may
  /// be marked without being one, which does not matter to whoever looks for the first.
  @inline(__always)
  private static func specialBytes(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quote = word ^ 0x2222_2222_2222_2222
    let backslash = word ^ 0x5c5c_5c5c_5c5c_5c5c
    let found =
      ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | ((word &- 0x2020_2020_2020_2020) & ~word)
    return found & 0x8080_8080_8080_8080
  }

  private mutating func skipEscape() throws(JSONError) {
    guard position &+ 1 < bytes.count else { throw error("a string is not complete") }
    switch bytes[position &+ 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position &+= 2
    case UInt8(ascii: "u"):
      guard unicodeEscape(at: position &+ 2) != nil else { throw error("an escape is not valid") }
      position &+= 6
    default: throw error("an escape is not valid")
    }
  }

  /// The code unit of four hexadecimal digits.
  func unicodeEscape(at start: Int) -> UInt32? {
    guard start + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for index in start..<start + 4 {
      let digit: UInt8
      switch bytes[index] {
      case 0x30...0x39: digit = bytes[index] - 0x30
      case 0x41...0x46: digit = bytes[index] - 0x41 + 10
      case 0x61...0x66: digit = bytes[index] - 0x61 + 10
      default: return nil
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  /// Moves behind a number.
  ///
  /// - Returns: its text, and whether it has neither a fraction nor an exponent.
  mutating func number() throws(JSONError) -> (range: Range<Int>, isInteger: Bool) {
    let start = position
    var isInteger = true
    if current == UInt8(ascii: "-") { position &+= 1 }
    guard current &- 0x30 < 10, !isAtEnd else { throw error("this is no value") }
    if current == 0x30 { position &+= 1 } else { skipDigits() }
    if current == UInt8(ascii: ".") {
      isInteger = false
      position &+= 1
      guard current &- 0x30 < 10, !isAtEnd else { throw error("a number is not complete") }
      skipDigits()
    }
    if current | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      position &+= 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position &+= 1 }
      guard current &- 0x30 < 10, !isAtEnd else { throw error("a number is not complete") }
      skipDigits()
    }
    return (start..<position, isInteger)
  }

  private mutating func skipDigits() {
    while position < bytes.count, bytes[position] &- 0x30 < 10 { position &+= 1 }
  }
}
