/// Checks UTF-8 (RFC 3629) as it comes, over any number of pieces.
public struct UTF8Validator: Sendable {
  /// Continuation bytes that the present character still needs.
  private var missing: UInt8 = 0
  /// What the next continuation byte must lie between, which is where overlong forms and surrogates are refused.
  private var lower: UInt8 = 0x80
  private var upper: UInt8 = 0xbf

  /// Creates a validator for a new text.
  public init() {}

  /// Whether the text may end here.
  public var isComplete: Bool { missing == 0 }

  /// Checks a piece.
  ///
  /// - Returns: `false` as soon as the text can no longer become valid.
  public mutating func consume(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    let count = bytes.count
    guard let base = bytes.baseAddress else { return true }
    while index < count {
      if missing == 0 {
        while index &+ 32 <= count {
          let words = base.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)
          if (words[0] | words[1] | words[2] | words[3]) & 0x8080_8080_8080_8080 != 0 { break }
          index &+= 32
        }
        while index &+ 8 <= count,
          base.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        {
          index &+= 8
        }
        guard index < count else { return true }
      }
      guard consume(base.load(fromByteOffset: index, as: UInt8.self)) else { return false }
      index &+= 1
    }
    return true
  }

  @inline(__always)
  private mutating func consume(_ byte: UInt8) -> Bool {
    if missing > 0 {
      guard byte >= lower, byte <= upper else { return false }
      missing &-= 1
      lower = 0x80
      upper = 0xbf
      return true
    }
    switch byte {
    case 0x00...0x7f: return true
    case 0xc2...0xdf: missing = 1
    case 0xe0: (missing, lower) = (2, 0xa0)
    case 0xe1...0xec, 0xee, 0xef: missing = 2
    case 0xed: (missing, upper) = (2, 0x9f)
    case 0xf0: (missing, lower) = (3, 0x90)
    case 0xf1...0xf3: missing = 3
    case 0xf4: (missing, upper) = (3, 0x8f)
    default: return false
    }
    return true
  }

  /// Whether a whole text is valid.
  public static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var validator = UTF8Validator()
    return validator.consume(bytes) && validator.isComplete
  }
}
