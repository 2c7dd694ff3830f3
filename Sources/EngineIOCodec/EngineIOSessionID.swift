/// The id of a session: 15 bytes, as 20 characters of URL-safe base64.
///
/// Two of the bytes carry the index of the executor that the session lives on, hidden under two random ones, so that a
/// server finds the executor of any id without asking the others.
public struct EngineIOSessionID: Sendable, Hashable, CustomStringConvertible {
  private let high: UInt64
  private let low: UInt64

  /// The number of characters of an id.
  public static let length = 20

  private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
  /// The value of a character of the alphabet; 0xff for any other. Without branches, which nobody could predict here.
  @inline(__always)
  private static func value(_ character: UInt8) -> UInt8 {
    var value: UInt8 = 0xff
    value = character &- 65 < 26 ? character &- 65 : value
    value = character &- 97 < 26 ? character &- 71 : value
    value = character &- 48 < 10 ? character &+ 4 : value
    value = character == UInt8(ascii: "-") ? 62 : value
    value = character == UInt8(ascii: "_") ? 63 : value
    return value
  }

  /// Hashes half of the id: it is random, and nobody but the server makes ids.
  public func hash(into hasher: inout Hasher) { hasher.combine(low) }

  /// Makes an id of random bits.
  ///
  /// - Parameters:
  ///   - random: 120 bits of it are used; they must come from a cryptographic generator.
  ///   - executorIndex: read back by ``executorIndex``.
  public init(random: (UInt64, UInt64), executorIndex: UInt16) {
    // The index lies in the two upper bytes, covered by the two bytes below them.
    let cover = UInt16(truncatingIfNeeded: random.0 >> 32)
    high = random.0 & 0x0000_ffff_ffff_ffff | UInt64(executorIndex ^ cover) << 48
    low = random.1 & 0xffff_ffff_ffff_ff00
  }

  /// Reads an id from its characters; `nil` if it is none.
  public init?(_ text: borrowing RawSpan) {
    guard text.byteCount == Self.length else { return nil }
    var words: (UInt64, UInt64) = (0, 0)
    // All of what any character has beyond the six bits of a value.
    var excess: UInt8 = 0
    text.withUnsafeBytes { text in
      // 60 bits for each half.
      for index in 0..<10 {
        let (first, second) = (Self.value(text[index]), Self.value(text[index + 10]))
        excess |= first | second
        words.0 = words.0 << 6 | UInt64(first & 63)
        words.1 = words.1 << 6 | UInt64(second & 63)
      }
    }
    guard excess < 64 else { return nil }
    high = words.0 << 4 | words.1 >> 56
    low = words.1 << 8
  }

  /// The index of the executor that the session lives on.
  public var executorIndex: UInt16 { UInt16(truncatingIfNeeded: high >> 48) ^ UInt16(truncatingIfNeeded: high >> 32) }

  /// Appends the characters of the id.
  public func append(to out: inout [UInt8]) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.length) { characters in
      write(to: characters)
      out.append(contentsOf: characters)
    }
  }

  private func write(to characters: UnsafeMutableBufferPointer<UInt8>) {
    // 60 bits for each half.
    let halves = (high >> 4, (high & 0xf) << 56 | low >> 8)
    Self.alphabet.withUTF8Buffer { alphabet in
      for index in 0..<10 {
        let shift = UInt64(54 - 6 * index)
        characters.initializeElement(at: index, to: alphabet[Int(halves.0 >> shift & 63)])
        characters.initializeElement(at: index + 10, to: alphabet[Int(halves.1 >> shift & 63)])
      }
    }
  }

  /// The characters of the id.
  public var description: String {
    String(unsafeUninitializedCapacity: Self.length) { characters in
      write(to: characters)
      return Self.length
    }
  }
}
