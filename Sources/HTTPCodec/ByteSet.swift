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
    allSatisfy(range, { $0.isFieldValue }) { word in
      // Bytes below 0x20, and bytes that are 0x7f.
      word.hasByte(below: 0x20) || word.hasByte(0x7f)
    }
  }

  /// Whether all bytes of a range may be in a request target.
  func isTarget(_ range: Range<Int>) -> Bool {
    allSatisfy(range, { ByteSet.target.contains($0) }) { word in
      word.hasByte(below: 0x21) || word.hasByte(0x23) || word.hasByte(0x7f) || word & 0x8080_8080_8080_8080 != 0
    }
  }

  /// Looks at eight bytes at a time, and at each of them only if one of the eight is suspicious.
  @inline(__always)
  private func allSatisfy(
    _ range: Range<Int>, _ isGood: (UInt8) -> Bool, suspicious: (UInt64) -> Bool
  ) -> Bool {
    var index = range.lowerBound
    while index + 8 <= range.upperBound {
      if suspicious(loadUnaligned(fromByteOffset: index, as: UInt64.self)) {
        for index in index..<index + 8 where !isGood(self[index]) { return false }
      }
      index += 8
    }
    for index in index..<range.upperBound where !isGood(self[index]) { return false }
    return true
  }
}

extension UInt64 {
  private static var ones: UInt64 { 0x0101_0101_0101_0101 }

  /// Whether one of the eight bytes is less than a value, which is at most 128.
  @inline(__always)
  fileprivate func hasByte(below value: UInt64) -> Bool {
    (self &- Self.ones &* value) & ~self & (Self.ones &* 0x80) != 0
  }

  /// Whether one of the eight bytes has a value.
  @inline(__always)
  fileprivate func hasByte(_ value: UInt64) -> Bool { (self ^ Self.ones &* value).hasByte(below: 1) }
}
