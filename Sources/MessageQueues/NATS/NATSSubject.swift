/// The subject that stands for a channel.
///
/// Subjects are made of tokens with dots between them, and a star or an angle bracket stands for others: whatever is no
/// ordinary character is escaped with a percent sign and two digits, so that every channel has a subject of its own.
enum NATSSubject {
  private static let digits = Array("0123456789ABCDEF".utf8)

  static func encode(_ channel: String) -> String {
    var bytes: [UInt8] = []
    for byte in channel.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "#"),
        UInt8(ascii: ":"), UInt8(ascii: "/"):
        bytes.append(byte)
      default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return bytes.isEmpty ? "%" : String(decoding: bytes, as: UTF8.self)
  }
}
