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
  @Test func wordsAreCheckedLikeBytes() {
    var wrong: [String] = []
    for length in 1...17 {
      for place in 0..<length {
        for byte in UInt8.min...UInt8.max {
          for filler: UInt8 in [0x21, 0x22, 0x24, 0x7e, 0x80, 0xff, 0x09] {
            var bytes = [UInt8](repeating: filler, count: length)
            bytes[place] = byte
            bytes.withUnsafeBytes { raw in
              let isValue = bytes.allSatisfy { $0.isFieldValue }
              let isTarget = bytes.allSatisfy { ByteSet.target.contains($0) }
              if raw.isFieldValue(0..<length) != isValue || raw.isTarget(0..<length) != isTarget {
                wrong.append("\(byte) at \(place) of \(length) among \(filler)")
              }
            }
          }
        }
      }
    }
    #expect(wrong.isEmpty)
  }

  /// Names are compared without regard to the case of ASCII letters, and of nothing else.
  @Test func namesAreComparedWithoutCase() {
    let names: [StaticString] = [
      "", "te", "host", "upgrade", "sec-fetch", "@[`{_\u{0}\u{7f}", "content-length", "transfer-encoding",
      "sec-websocket-extensions",
    ]
    var wrong: [String] = []
    for name in names {
      let original = name.withUTF8Buffer { Array($0) }
      for place in original.indices {
        for byte in UInt8.min...UInt8.max {
          var bytes = original
          bytes[place] = byte
          let lowered = (65...90).contains(byte) ? byte + 32 : byte
          let isEqual = bytes.withUnsafeBytes { $0.equalsIgnoringCase(0..<bytes.count, name) }
          if isEqual != (lowered == original[place]) { wrong.append("\(byte) at \(place) of \(name)") }
        }
      }
      let upper = original.map { (97...122).contains($0) ? $0 - 32 : $0 }
      #expect((upper + [0]).withUnsafeBytes { $0.equalsIgnoringCase(0..<upper.count, name) }, "\(name)")
      #expect(!(upper + [0]).withUnsafeBytes { $0.equalsIgnoringCase(0..<upper.count + 1, name) }, "\(name)")
    }
    #expect(wrong.isEmpty)
  }

  @Test func numbersAreWrittenInDecimals() {
    var numbers = [0, 1, 9, 10, 99, 100, 65_536, 999_999_999_999_999_999]
    var power = 1
    for _ in 0..<17 {
      power *= 10
      numbers += [power - 1, power, power + 1]
    }
    for number in numbers {
      let text = withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { buffer in
        var writer = RawWriter(buffer)
        writer.append(number)
        return String(decoding: writer.written, as: UTF8.self)
      }
      #expect(text == "\(number)")
    }
    withUnsafeTemporaryAllocation(byteCount: 3, alignment: 8) { buffer in
      var writer = RawWriter(buffer)
      writer.append(1234)
      #expect(writer.written.isEmpty, "what does not fit is left out")
      writer.append(123)
      #expect(Array(writer.written) == Array("123".utf8))
    }
  }
}
