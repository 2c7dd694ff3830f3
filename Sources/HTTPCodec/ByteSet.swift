/// A set of ASCII characters as a bit map; bytes above ASCII belong to none. The sets are constants to the compiler.
struct ByteSet: Sendable {
  private let low: UInt64
  private let high: UInt64

  @inline(__always)
  private init(_ low: UInt64, _ high: UInt64) {
    self.low = low
    self.high = high
  }

  @inline(__always)
  func contains(_ byte: UInt8) -> Bool { byte < 128 && (byte < 64 ? low : high) &>> UInt64(byte & 63) & 1 == 1 }

  /// RFC 9110, section 5.6.2: letters, digits, and ``! # $ % & ' * + - . ^ _ ` | ~``.
  @inline(__always)
  static var token: ByteSet { ByteSet(0x03ff_6cfa_0000_0000, 0x57ff_ffff_c7ff_fffe) }

  /// What browsers send in a request target: visible ASCII but `#`.
  @inline(__always)
  static var target: ByteSet { ByteSet(0xffff_fff6_0000_0000, 0x7fff_ffff_ffff_ffff) }

  /// RFC 3986, section 3.2.2: host and port; letters, digits, and `- . _ ~ ! $ & ' ( ) * + , ; = % : [ ]`.
  @inline(__always)
  static var host: ByteSet { ByteSet(0x2fff_7ff2_0000_0000, 0x47ff_fffe_afff_fffe) }
}

extension UInt8 {
  /// Whether the byte may be in the value of a field (RFC 9110, section 5.5): visible characters, space, tab, and
  /// everything above ASCII.
  @inline(__always)
  var isFieldValue: Bool { self >= 0x20 && self != 0x7f || self == 0x09 }
}

extension UnsafeRawBufferPointer {
  /// Whether all bytes of a range may be in the value of a field.
  func isFieldValue(_ range: Range<Int>) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    var index = range.lowerBound
    while index + 8 <= range.upperBound {
      let word = loadUnaligned(fromByteOffset: index, as: UInt64.self)
      // Bytes below 0x20, and bytes that are 0x7f. Either may be told of a byte that is neither, beside one that is.
      let controls = (word &- ones &* 0x20) & ~word & tops
      let delete = word ^ (ones &* 0x7f)
      if controls | ((delete &- ones) & ~delete & tops) != 0 {
        for index in index..<index + 8 where !self[index].isFieldValue { return false }
      }
      index += 8
    }
    for index in index..<range.upperBound where !self[index].isFieldValue { return false }
    return true
  }
}
