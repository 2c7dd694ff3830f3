public import SocketIOCodec

extension SocketValue {
  /// A random value, nested up to a depth.
  ///
  /// - Parameter isBinary: whether there may be binary data in it.
  public static func random(depth: Int = 4, isBinary: Bool = false, using random: inout SeededGenerator) -> SocketValue
  {
    switch Int.random(in: 0..<(depth > 0 ? 10 : 7), using: &random) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .int(randomInteger(using: &random))
    case 3: return .double(randomDouble(using: &random))
    case 4, 5: return .string(randomText(using: &random))
    case 6:
      guard isBinary else { return .string("") }
      return .binary(random.bytes(Int.random(in: 0...40, using: &random)))
    case 7, 8:
      return .array(
        (0..<Int.random(in: 0...5, using: &random)).map { _ in
          Self.random(depth: depth - 1, isBinary: isBinary, using: &random)
        })
    default:
      var object = SocketObject()
      for _ in 0..<Int.random(in: 0...5, using: &random) {
        object[randomText(using: &random)] = Self.random(depth: depth - 1, isBinary: isBinary, using: &random)
      }
      return .object(object)
    }
  }

  private static func randomInteger(using random: inout SeededGenerator) -> Int64 {
    let special: [Int64] = [0, 1, -1, 9, 10, .max, .min, .max - 1, .min + 1, 1 << 53, -(1 << 53)]
    if Bool.random(using: &random) { return special.randomElement(using: &random) ?? 0 }
    return Int64(bitPattern: random.next()) >> Int64.random(in: 0..<64, using: &random)
  }

  /// A double with a fraction, or beyond what an integer holds: other ones come back as integers.
  private static func randomDouble(using random: inout SeededGenerator) -> Double {
    while true {
      let number = Double(bitPattern: random.next())
      if number.isFinite, Int64(exactly: number) == nil { return number }
    }
  }

  private static func randomText(using random: inout SeededGenerator) -> String {
    let pieces = [
      "", "a", "name", "\"", "\\", "\n", "\u{0}", "\u{1f}", "\u{7f}", "é", "€", "😀", "\u{2028}", "\u{fffd}", "/", "\t",
      "\u{10ffff}", "_placeholder ", "12345678", "0123456789abcdef0123456789abcdef",
    ]
    return (0..<Int.random(in: 0...4, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
  }
}
