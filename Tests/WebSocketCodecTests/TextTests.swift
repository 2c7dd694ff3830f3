import CodecTesting
import Testing

@testable import WebSocketCodec

@Suite struct TextTests {
  static let valid: [[UInt8]] = [
    [], [0x00], [0x7f], [0xc2, 0x80], [0xdf, 0xbf], [0xe0, 0xa0, 0x80], [0xed, 0x9f, 0xbf], [0xee, 0x80, 0x80],
    [0xef, 0xbf, 0xbf], [0xef, 0xbb, 0xbf], [0xf0, 0x90, 0x80, 0x80], [0xf4, 0x8f, 0xbf, 0xbf],
    Array("κόσμε 😀 日本語".utf8), Array(repeating: 0x61, count: 100) + [0xc3, 0xa9],
  ]
  static let invalid: [[UInt8]] = [
    [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc2], [0xc2, 0x41], [0xc2, 0xc2], [0xe0, 0x80, 0x80],
    [0xe0, 0x9f, 0xbf], [0xe1, 0x80], [0xe1, 0x80, 0x41], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf],
    [0xf0, 0x80, 0x80, 0x80], [0xf0, 0x8f, 0xbf, 0xbf], [0xf0, 0x90, 0x80], [0xf4, 0x90, 0x80, 0x80],
    [0xf5, 0x80, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xfe], [0xff],
    Array(repeating: 0x61, count: 40) + [0xff], Array("κόσμε".utf8) + [0xed, 0xa0, 0x80] + Array("edited".utf8),
  ]

  @Test(arguments: valid) func validText(_ bytes: [UInt8]) throws {
    #expect(try decode(frame(.text, bytes)) == [.text(String(decoding: bytes, as: UTF8.self))])
    #expect(bytes.withUnsafeBytes { UTF8Validator.isValid($0) })
    // In fragments of one byte each.
    let parts = bytes.flatMap { frame(.continuation, [$0], isFinal: false) }
    let events = try decode(frame(.text, [], isFinal: false) + parts + frame(.continuation))
    #expect(events == [.text(String(decoding: bytes, as: UTF8.self))])
  }

  @Test(arguments: invalid) func invalidText(_ bytes: [UInt8]) throws {
    #expect(try decode(frame(.text, bytes)) == [.refused(1007)])
    #expect(try decode(frame(.binary, bytes)) == [.binary(bytes)])
    #expect(!bytes.withUnsafeBytes { UTF8Validator.isValid($0) })
    let parts = bytes.flatMap { frame(.continuation, [$0], isFinal: false) }
    #expect(try decode(frame(.text, [], isFinal: false) + parts + frame(.continuation)) == [.refused(1007)])
  }

  @Test func invalidTextIsRefusedBeforeItsFrameIsComplete() throws {
    let bytes = frame(.text, [UInt8](repeating: 0xff, count: 50))
    #expect(try decode(Array(bytes.prefix(10))) == [.refused(1007)])
  }

  /// Every text of up to three bytes whose first two are arbitrary, and the standard library as the judge.
  @Test func agreesWithTheStandardLibrary() {
    var mistakes = 0
    for first in UInt8.min...UInt8.max {
      for second in UInt8.min...UInt8.max {
        for rest: [UInt8] in [[], [0x41], [0x80], [0xbf], [0x80, 0x80], [0xbf, 0xbf, 0xbf], [0x80, 0xc2, 0x80]] {
          let bytes = [first, second] + rest
          let isValid = bytes.withUnsafeBytes { UTF8Validator.isValid($0) }
          if isValid != (String(validating: bytes, as: UTF8.self) != nil) { mistakes += 1 }
        }
      }
    }
    #expect(mistakes == 0)
  }
}
