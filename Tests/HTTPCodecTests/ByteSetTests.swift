import Testing

@testable import HTTPCodec

/// The bit maps say what the specifications list.
struct ByteSetTests {
  private static let alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

  @Test func setsAreWhatTheSpecificationsList() {
    let token = Set((Self.alphanumeric + "!#$%&'*+-.^_`|~").utf8)
    let host = Set((Self.alphanumeric + "-._~!$&'()*+,;=%:[]").utf8)
    for byte in UInt8.min...UInt8.max {
      #expect(ByteSet.token.contains(byte) == token.contains(byte), "\(byte)")
      #expect(ByteSet.host.contains(byte) == host.contains(byte), "\(byte)")
      #expect(ByteSet.target.contains(byte) == (0x21...0x7e ~= byte && byte != UInt8(ascii: "#")), "\(byte)")
      #expect(byte.isFieldValue == (byte == 9 || 0x20...0x7e ~= byte || byte >= 0x80), "\(byte)")
    }
  }

  /// Eight bytes at a time say the same as one at a time, wherever a byte stands.
  @Test func valuesAreCheckedAlikeInEveryPlace() {
    var wrong: [String] = []
    for length in 1...17 {
      for place in 0..<length {
        for byte in UInt8.min...UInt8.max {
          for filler: UInt8 in [0x20, 0x7e, 0x80, 0xff, 0x09] {
            var bytes = [UInt8](repeating: filler, count: length)
            bytes[place] = byte
            let isValid = bytes.withUnsafeBytes { $0.isFieldValue(0..<length) }
            if isValid != byte.isFieldValue { wrong.append("\(byte) at \(place) of \(length)") }
          }
        }
      }
    }
    #expect(wrong.isEmpty)
  }
}
