import CodecTesting
import EngineIOCodec
import Testing

@Suite struct PayloadTests {
  // MARK: Revision 4

  @Test func revision4() throws {
    #expect(try decode("4hello", .v4) == [.text("4hello")])
    #expect(
      try decode("4hello\u{1e}2\u{1e}bAQIDBA==\u{1e}4€", .v4)
        == [.text("4hello"), .text("2"), .binary([1, 2, 3, 4]), .text("4€")])
    #expect(try decode("b", .v4) == [.binary([])])
    #expect(
      String(decoding: encode([.text("4a"), .binary([1, 2, 3, 4]), .text("2")], .v4), as: UTF8.self)
        == "4a\u{1e}bAQIDBA==\u{1e}2")
    // It is always text, whatever the type of the content says.
    #expect(try decode([0x34, 0x61], .v4, isBinary: true) == [.text("4a")])
  }

  @Test(arguments: ["", "\u{1e}", "4a\u{1e}", "\u{1e}4a", "4a\u{1e}\u{1e}4b"])
  func emptyPackets(_ body: String) { #expect(throws: EngineIOPayloadError.emptyPacket) { try decode(body, .v4) } }

  @Test func packetsInFrontOfAnErrorAreRead() {
    #expect(throws: EngineIOPayloadError.emptyPacket) {
      try decode("4a\u{1e}4b\u{1e}", .v4) { #expect($0 == [.text("4a"), .text("4b")]) }
    }
    #expect(throws: EngineIOPayloadError.invalidLength) {
      try decode("2:4a9:4b", .v3) { #expect($0 == [.text("4a")]) }
    }
  }

  @Test func theNumberOfPacketsIsLimited() throws {
    #expect(try decode("4a\u{1e}4b", .v4, maxPackets: 2).count == 2)
    #expect(throws: EngineIOPayloadError.tooManyPackets) { try decode("4a\u{1e}4b\u{1e}4c", .v4, maxPackets: 2) }
    #expect(try decode("2:4a2:4b", .v3, maxPackets: 2).count == 2)
    #expect(throws: EngineIOPayloadError.tooManyPackets) { try decode("2:4a2:4b2:4c", .v3, maxPackets: 2) }
    #expect(throws: EngineIOPayloadError.tooManyPackets) {
      try decode([0, 1, 0xff, 0x32, 0, 1, 0xff, 0x32], .v3, isBinary: true, maxPackets: 1)
    }
  }

  @Test(arguments: EngineIORevision.allCases) func textIsUTF8(_ revision: EngineIORevision) {
    for bytes: [UInt8] in [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0x80]] {
      let body = (revision == .v3 ? Array("2:4".utf8) : [0x34]) + bytes
      #expect(throws: EngineIOPayloadError.invalidText) { try decode(body, revision) }
      #expect(throws: EngineIOPayloadError.invalidText) {
        try decode(Array("4 long text, checked in words ".utf8) + bytes, .v4)
      }
    }
  }

  // MARK: Revision 3, text

  @Test(arguments: [
    ("4", "1:4"), ("4hello", "6:4hello"), ("4é", "2:4é"), ("4€", "2:4€"),
    // A character beyond the basic plane is two units in JavaScript.
    ("4😀", "3:4😀"), ("4😀é\u{10ffff}", "6:4😀é\u{10ffff}"), ("4e\u{301}", "3:4e\u{301}"), ("4👨‍👩‍👧", "9:4👨‍👩‍👧"),
  ])
  func lengthsCountUTF16(_ packet: String, _ body: String) throws {
    #expect(String(decoding: encode([.text(packet)], .v3), as: UTF8.self) == body)
    #expect(try decode(body + "1:2" + body, .v3) == [.text(packet), .text("2"), .text(packet)])
  }

  @Test func revision3() throws {
    #expect(try decode("6:4hello10:b4AQIDBA==", .v3) == [.text("4hello"), .binary([1, 2, 3, 4])])
    #expect(
      String(decoding: encode([.text("4hello"), .binary([1, 2, 3, 4])], .v3), as: UTF8.self) == "6:4hello10:b4AQIDBA==")
    #expect(try decode("2:b4", .v3) == [.binary([])])
    #expect(try decode("0003:4ab", .v3) == [.text("4ab")])
    #expect(try decode("3:4\u{1e}a", .v3) == [.text("4\u{1e}a")])
  }

  @Test(arguments: [
    "4hello", ":4", "0:", "a:4", "-1:4", "+1:4", " 1:4", "1", "1:", "2:4", "1:4x", "1:41", "99999999999:4",
    "18446744073709551617:4", "2:4😀", "1:😀", "4:4😀", "3:4a",
  ])
  func badLengths(_ body: String) { #expect(throws: EngineIOPayloadError.invalidLength) { try decode(body, .v3) } }

  @Test func binaryInTextIsAMessage() {
    #expect(throws: EngineIOPayloadError.invalidBase64) { try decode("3:b2a", .v3) }
    #expect(throws: EngineIOPayloadError.invalidBase64) { try decode("4:b4a!", .v3) }
  }

  // MARK: Revision 3, binary

  @Test func binaryPayloads() throws {
    let body: [UInt8] = [0, 6, 0xff] + "4hello".utf8 + [1, 5, 0xff, 4, 1, 2, 3, 4]
    #expect(try decode(body, .v3, isBinary: true) == [.text("4hello"), .binary([1, 2, 3, 4])])
    #expect(encode([.text("4hello"), .binary([1, 2, 3, 4])], .v3, asBinaryPayload: true) == body)
    // Lengths count bytes, as decimal digits.
    #expect(encode([.text("4😀")], .v3, asBinaryPayload: true) == [0, 5, 0xff, 0x34] + "😀".utf8)
    let long = [UInt8](repeating: 9, count: 1233)
    #expect(encode([.binary(long)], .v3, asBinaryPayload: true).prefix(7) == [1, 1, 2, 3, 4, 0xff, 4])
    #expect(try decode([1, 1, 2, 3, 4, 0xff, 4] + long, .v3, isBinary: true) == [.binary(long)])
    #expect(try decode([1, 1, 0xff, 4], .v3, isBinary: true) == [.binary([])])
  }

  @Test(
    arguments: [
      [2, 1, 0xff, 0x32], [0x30], [0], [0, 1], [0, 0xff, 0x32], [0, 0, 0xff], [0, 2, 0xff, 0x32], [0, 10, 0xff, 0x32],
      [0, 1, 0xff], [0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0xff, 1], [0, 1, 0xff, 0x32, 7], [0, 1, 0xff, 0x32, 0x32],
    ] as [[UInt8]])
  func badBinaryPayloads(_ body: [UInt8]) {
    #expect(throws: EngineIOPayloadError.invalidLength) { try decode(body, .v3, isBinary: true) }
  }

  @Test func contentOfBinaryPayloads() {
    #expect(throws: EngineIOPayloadError.emptyPacket) { try decode([1, 2, 0xff, 2, 1], .v3, isBinary: true) }
    #expect(throws: EngineIOPayloadError.emptyPacket) { try decode([1, 2, 0xff, 0x34, 1], .v3, isBinary: true) }
    #expect(throws: EngineIOPayloadError.invalidText) { try decode([0, 2, 0xff, 0x34, 0xff], .v3, isBinary: true) }
    #expect(throws: EngineIOPayloadError.emptyPacket) { try decode([], .v3, isBinary: true) }
  }

  // MARK: Any

  @Test(arguments: 0..<30) func whatIsEncodedIsDecoded(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let packets: [Packet] = (0..<Int.random(in: 1...8, using: &random)).map { _ in
      if Bool.random(using: &random) { return .binary(random.bytes(Int.random(in: 0...100, using: &random))) }
      let scalars = (0..<Int.random(in: 0...40, using: &random)).map { _ in
        // Not the separator of revision 4, which no JSON text has.
        let scalar = Unicode.Scalar(UInt32.random(in: 0...0x10ffff, using: &random)) ?? "x"
        return scalar == "\u{1e}" ? "y" : Character(scalar)
      }
      return .text("4" + String(scalars))
    }
    #expect(try decode(encode(packets, .v4), .v4) == packets)
    #expect(try decode(encode(packets, .v3), .v3) == packets)
    #expect(try decode(encode(packets, .v3, asBinaryPayload: true), .v3, isBinary: true) == packets)
  }
}
