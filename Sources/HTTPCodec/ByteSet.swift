/// A set of byte values, looked up in a bit map.
struct ByteSet: Sendable {
  private var low: UInt64 = 0
  private var middle: UInt64 = 0
  private var high: UInt64 = 0
  private var top: UInt64 = 0

  init(where isMember: (UInt8) -> Bool) {
    for byte in UInt8.min...UInt8.max where isMember(byte) {
      let bit = UInt64(1) << UInt64(byte & 63)
      switch byte >> 6 {
      case 0: low |= bit
      case 1: middle |= bit
      case 2: high |= bit
      default: top |= bit
      }
    }
  }

  @inline(__always)
  func contains(_ byte: UInt8) -> Bool {
    let word = byte < 128 ? (byte < 64 ? low : middle) : (byte < 192 ? high : top)
    return word >> UInt64(byte & 63) & 1 == 1
  }

  /// RFC 9110, section 5.6.2.
  static let token = ByteSet { byte in
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  /// RFC 9110, section 5.5: visible characters, space, tab, and bytes above ASCII.
  static let fieldValue = ByteSet { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }

  /// What browsers send in a request target: visible ASCII but `#`.
  static let target = ByteSet { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "#") }

  /// RFC 3986, section 3.2.2: host and port.
  static let host = ByteSet { byte in
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: "-._~!$&'()*+,;=%:[]".utf8.contains(byte)
    }
  }
}
