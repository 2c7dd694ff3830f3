internal import SocketIOCodec

/// The texts and numbers of the older protocols of pickle.
enum PickleText {
  /// Latin-1 with escapes of the forms `\uXXXX` and `\UXXXXXXXX`.
  static func rawUnicode(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    var scalars = String.UnicodeScalarView()
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "\\"), index < bytes.endIndex {
        let digits = bytes[index] == UInt8(ascii: "u") ? 4 : bytes[index] == UInt8(ascii: "U") ? 8 : 0
        if digits > 0, let value = hexadecimal(bytes[(index + 1)...].prefix(digits)), digits == value.digits {
          scalars.append(Unicode.Scalar(value.number) ?? "\u{fffd}")
          index += 1 + digits
          continue
        }
      }
      scalars.append(Unicode.Scalar(byte))
    }
    return String(scalars)
  }

  /// The inside of a Python 2 string literal; bytes are read as UTF-8.
  static func literal(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    var out: [UInt8] = []
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let byte = bytes[index]
      index += 1
      guard byte == UInt8(ascii: "\\"), index < bytes.endIndex else {
        out.append(byte)
        continue
      }
      let escape = bytes[index]
      index += 1
      switch escape {
      case UInt8(ascii: "n"): out.append(0x0a)
      case UInt8(ascii: "r"): out.append(0x0d)
      case UInt8(ascii: "t"): out.append(0x09)
      case UInt8(ascii: "x"):
        guard let value = hexadecimal(bytes[index...].prefix(2)), value.digits == 2 else { break }
        out.append(UInt8(truncatingIfNeeded: value.number))
        index += 2
      default: out.append(escape)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static func hexadecimal(_ bytes: Slice<UnsafeRawBufferPointer>) -> (number: UInt32, digits: Int)? {
    guard bytes.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
    return UInt32(String(decoding: bytes, as: UTF8.self), radix: 16).map { ($0, bytes.count) }
  }

  /// The bytes that a text of characters up to U+00FF stands for.
  static func latin1(_ text: String) -> [UInt8]? {
    var out: [UInt8] = []
    out.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value) else { return nil }
      out.append(byte)
    }
    return out
  }

  /// A little-endian number in two's complement that is longer than 8 bytes.
  static func integer(_ bytes: Slice<UnsafeRawBufferPointer>) -> SocketValue {
    let isNegative = (bytes.last ?? 0) & 0x80 != 0
    let filler: UInt8 = isNegative ? 0xff : 0
    // A long may be written with more bytes than it needs.
    if bytes.dropFirst(8).allSatisfy({ $0 == filler }) {
      var value: UInt64 = 0
      for (index, byte) in bytes.prefix(8).enumerated() { value |= UInt64(byte) << UInt64(8 * index) }
      if (Int64(bitPattern: value) < 0) == isNegative { return .int(Int64(bitPattern: value)) }
    }
    var magnitude = 0.0
    for byte in bytes.reversed() { magnitude = magnitude * 256 + Double(isNegative ? ~byte : byte) }
    return .double(isNegative ? -magnitude - 1 : magnitude)
  }
}
