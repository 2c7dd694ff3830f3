/// The opcodes that stand for one value, and their operands.
extension PickleReader {
  mutating func readValue(_ opcode: UInt8) throws(PickleError) -> Bool {
    switch opcode {
    case 0x80:
      let version = try byte()
      guard version <= 5 else { throw error("protocol \(version) of pickle is unknown") }
    case 0x95: _ = try length(8)
    case UInt8(ascii: "N"): try push(PickleNode(kind: .none, value: 0))
    case 0x88: try push(PickleNode(kind: .bool, value: 1))
    case 0x89: try push(PickleNode(kind: .bool, value: 0))
    case UInt8(ascii: "J"): try push(PickleNode(kind: .int, value: Int64(Int32(truncatingIfNeeded: try integer(4)))))
    case UInt8(ascii: "K"): try push(PickleNode(kind: .int, value: Int64(try integer(1))))
    case UInt8(ascii: "M"): try push(PickleNode(kind: .int, value: Int64(try integer(2))))
    case UInt8(ascii: "I"), UInt8(ascii: "L"): try readDecimal()
    case 0x8a: try readLong(try length(1))
    case 0x8b: try readLong(try length(4))
    case UInt8(ascii: "F"):
      let text = String(decoding: bytes[try number(line())], as: UTF8.self)
      guard let value = Double(text) else { throw error("a number cannot be read") }
      try push(PickleNode(kind: .double, value: Int64(bitPattern: value.bitPattern)))
    case UInt8(ascii: "G"):
      try push(PickleNode(kind: .double, value: Int64(bitPattern: try integer(8).byteSwapped)))
    case UInt8(ascii: "X"): try pushText(try length(4))
    case 0x8c: try pushText(try length(1))
    case 0x8d: try pushText(try length(8))
    // The `str` of Python 2.
    case UInt8(ascii: "T"): try pushText(try length(4))
    case UInt8(ascii: "U"): try pushText(try length(1))
    case UInt8(ascii: "V"):
      let text = try line()
      try push(PickleNode(kind: .rawUnicode, value: Int64(text.lowerBound), count: text.count))
    case UInt8(ascii: "S"): try readLiteral()
    case UInt8(ascii: "B"): try pushBytes(try length(4))
    case UInt8(ascii: "C"): try pushBytes(try length(1))
    case 0x8e, 0x96: try pushBytes(try length(8))
    default: return false
    }
    return true
  }

  private mutating func pushText(_ count: Int) throws(PickleError) {
    try push(PickleNode(kind: .text, value: Int64(position), count: count))
    try skip(count)
  }

  private mutating func pushBytes(_ count: Int) throws(PickleError) {
    try push(PickleNode(kind: .bytes, value: Int64(position), count: count))
    try skip(count)
  }

  private mutating func readDecimal() throws(PickleError) {
    var digits = try number(line())
    // `I01` and `I00` are how protocols 0 and 1 write truth values; a long ends with an L.
    let text = bytes[digits]
    if text.elementsEqual("01".utf8) { return try push(PickleNode(kind: .bool, value: 1)) }
    if text.elementsEqual("00".utf8) { return try push(PickleNode(kind: .bool, value: 0)) }
    if text.last == UInt8(ascii: "L") { digits = digits.dropLast() }
    let unsigned = bytes[digits].first == UInt8(ascii: "-") ? digits.dropFirst() : digits
    guard !unsigned.isEmpty, bytes[unsigned].allSatisfy({ 0x30...0x39 ~= $0 }) else {
      throw error("a number cannot be read")
    }
    try push(PickleNode(kind: .decimal, value: Int64(digits.lowerBound), count: digits.count))
  }

  private mutating func readLong(_ count: Int) throws(PickleError) {
    guard count <= limits.maxNumberBytes else { throw error("a number has \(count) bytes") }
    if count <= 8 {
      var value: UInt64 = 0
      for shift in 0..<count { value |= UInt64(try byte()) << (8 * UInt64(shift)) }
      let unused = UInt64(64 - 8 * count)
      let signed = count == 0 ? 0 : Int64(bitPattern: value << unused) >> Int64(unused)
      return try push(PickleNode(kind: .int, value: signed))
    }
    try push(PickleNode(kind: .bigInteger, value: Int64(position), count: count))
    try skip(count)
  }

  private mutating func readLiteral() throws(PickleError) {
    let text = try line()
    guard text.count >= 2, let quote = bytes[text].first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
      bytes[text].last == quote
    else { throw error("a string lacks its quotes") }
    try push(PickleNode(kind: .escapedText, value: Int64(text.lowerBound + 1), count: text.count - 2))
  }

  // MARK: Operands

  mutating func byte() throws(PickleError) -> UInt8 {
    guard position < bytes.count else { throw error("the pickle is not complete") }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func skip(_ count: Int) throws(PickleError) {
    guard count <= bytes.count - position else { throw error("the pickle is not complete") }
    position += count
  }

  /// A little-endian number without a sign.
  private mutating func integer(_ size: Int) throws(PickleError) -> UInt64 {
    guard size <= bytes.count - position else { throw error("the pickle is not complete") }
    var value: UInt64 = 0
    for index in 0..<size { value |= UInt64(bytes[position + index]) << UInt64(8 * index) }
    position += size
    return value
  }

  mutating func length(_ size: Int) throws(PickleError) -> Int {
    let value = try integer(size)
    guard value <= UInt64(Int32.max) else { throw error("a length of \(value) is beyond every limit") }
    return Int(value)
  }

  /// The text up to the end of the line.
  mutating func line() throws(PickleError) -> Range<Int> {
    let start = position
    while try byte() != 0x0a {}
    return start..<position - 1
  }

  mutating func lineNumber() throws(PickleError) -> Int {
    guard let value = Int(String(decoding: bytes[try number(line())], as: UTF8.self)) else {
      throw error("a number cannot be read")
    }
    return value
  }

  private func number(_ text: Range<Int>) throws(PickleError) -> Range<Int> {
    guard text.count <= limits.maxNumberBytes else { throw error("a number has \(text.count) digits") }
    return text
  }
}
