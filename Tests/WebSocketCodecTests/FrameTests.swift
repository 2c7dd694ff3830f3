import CodecTesting
import Testing

@testable import WebSocketCodec

@Suite struct FrameTests {
  @Test(arguments: [0, 1, 7, 8, 31, 32, 33, 125, 126, 127, 65_535, 65_536, 70_000]) func lengths(_ count: Int) throws {
    let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    #expect(try decode(frame(.binary, payload)) == [.binary(payload)])
    let text = String(repeating: "x", count: count)
    #expect(try decode(frame(.text, text) + frame(.binary, payload)) == [.text(text), .binary(payload)])
  }

  @Test func theExamplesOfTheSpecification() throws {
    // RFC 6455, section 5.7.
    #expect(try decode([0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]) == [.text("Hello")])
    #expect(
      WebSocketTranscript.decode(
        [[0x01, 0x03, 0x48, 0x65, 0x6c], [0x80, 0x02, 0x6c, 0x6f]],
        with: WebSocketDecoder(role: .client, maxMessageBytes: 10)) == [.text("Hello")])
    #expect(
      try decode([0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]) == [.pong(Array("Hello".utf8))])
  }

  @Test(arguments: [UInt32(0), 1, 0xff, 0xff00_0000, .max, 0x1234_5678]) func masks(_ mask: UInt32) throws {
    let payload = Array("a longer text than a vector has room for, and more".utf8)
    let bytes = frame(.binary, payload, mask: mask)
    #expect(try decode(bytes) == [.binary(payload)])
    #expect(mask == 0 || bytes.suffix(payload.count) != payload[...])
  }

  @Test func fragments() throws {
    let start = frame(.text, "a", isFinal: false)
    let middle = frame(.continuation, "b", isFinal: false)
    let end = frame(.continuation, "c")
    #expect(try decode(start + middle + end) == [.text("abc")])
    #expect(try decode(start + end + start + middle + middle + end) == [.text("ac"), .text("abbc")])
    #expect(try decode(frame(.binary, [], isFinal: false) + frame(.continuation)) == [.binary([])])
    #expect(try decode(start + middle) == [])
  }

  @Test func controlFramesBetweenFragments() throws {
    let events = try decode(
      frame(.text, "a", isFinal: false) + frame(.ping, "p") + frame(.continuation, "b", isFinal: false)
        + frame(.pong, "q") + frame(.ping) + frame(.continuation, "c") + frame(.ping, "r"))
    #expect(events == [.ping([0x70]), .pong([0x71]), .ping([]), .text("abc"), .ping([0x72])])
    #expect(try decode(frame(.binary, [1], isFinal: false) + close(1000)) == [.close(1000, "")])
  }

  @Test func controlFramesHoldUpTo125Bytes() throws {
    let payload = [UInt8](repeating: 7, count: 125)
    #expect(try decode(frame(.ping, payload)) == [.ping(payload)])
    #expect(try decode(frame(.pong, payload + [7])) == [.refused(1002)])
    #expect(try decode(frame(.ping, payload + [7])) == [.refused(1002)])
    #expect(try decode(close(1000, [UInt8](repeating: 0x61, count: 124))) == [.refused(1002)])
    #expect(try decode(close(1000, [UInt8](repeating: 0x61, count: 123))).count == 1)
  }

  @Test func violations() throws {
    // Fragments that do not fit together.
    #expect(try decode(frame(.continuation, "a")) == [.refused(1002)])
    #expect(try decode(frame(.text, "a") + frame(.continuation, "a")) == [.text("a"), .refused(1002)])
    #expect(try decode(frame(.text, "a", isFinal: false) + frame(.text, "b")) == [.refused(1002)])
    #expect(try decode(frame(.text, "a", isFinal: false) + frame(.binary, "b")) == [.refused(1002)])
    for opcode in [WebSocketOpcode.ping, .pong, .close] {
      #expect(try decode(frame(opcode, [], isFinal: false)) == [.refused(1002)])
    }
    // A client that does not mask, and a server that does.
    #expect(try decode([0x81, 0x01, 0x61]) == [.refused(1002)])
    #expect(try decode([0x89, 0x00]) == [.refused(1002)])
    #expect(
      WebSocketTranscript.decode([frame(.text, "a")], with: WebSocketDecoder(role: .client, maxMessageBytes: 10))
        == [.refused(1002)])
  }

  @Test(arguments: [0x40, 0x20, 0x10, 0x70] as [UInt8]) func reservedBits(_ bits: UInt8) throws {
    for opcode in [WebSocketOpcode.text, .binary, .ping, .pong, .close] {
      #expect(try decode(frame(opcode).flipping(bits, at: 0)) == [.refused(1002)])
    }
    // They are refused as soon as the first byte is there.
    #expect(try decode([0x81 | bits]) == [.refused(1002)])
  }

  @Test(arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8]) func reservedOpcodes(_ opcode: UInt8) throws {
    #expect(try decode([0x80 | opcode]) == [.refused(1002)])
    #expect(try decode([0x80 | opcode, 0x80, 0, 0, 0, 0]) == [.refused(1002)])
  }

  @Test func lengthsMustBeInTheirShortestForm() throws {
    func header(_ length: [UInt8]) -> [UInt8] { [0x82] + length + [0, 0, 0, 0] }
    #expect(try decode(header([0xfe, 0, 125])) == [.refused(1002)])
    #expect(try decode(header([0xfe, 0, 126]) + [UInt8](repeating: 1, count: 126)).count == 1)
    #expect(try decode(header([0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff])) == [.refused(1002)])
    #expect(try decode(header([0xff, 0x80, 0, 0, 0, 0, 0, 0, 0])) == [.refused(1002)])
    #expect(try decode(header([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])) == [.refused(1002)])
    #expect(try decode(header([0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])) == [.refused(1009)])
  }

  @Test func sizeLimits() throws {
    let payload = [UInt8](repeating: 1, count: 100)
    #expect(try decode(frame(.binary, payload), maxMessageBytes: 100) == [.binary(payload)])
    #expect(try decode(frame(.binary, payload + [1]), maxMessageBytes: 100) == [.refused(1009)])
    let parts = frame(.binary, Array(payload[..<60]), isFinal: false)
    #expect(try decode(parts + frame(.continuation, Array(payload[60...])), maxMessageBytes: 100) == [.binary(payload)])
    #expect(try decode(parts + frame(.continuation, Array(payload[59...])), maxMessageBytes: 100) == [.refused(1009)])
    // What does not belong to a message does not count.
    #expect(try decode(parts + frame(.ping, payload), maxMessageBytes: 100) == [.ping(payload)])
    // The header is enough.
    #expect(try decode([0x82, 0xff, 0, 0, 0, 0, 1, 0, 0, 0], maxMessageBytes: 100) == [.refused(1009)])
    #expect(try decode(frame(.binary), maxMessageBytes: 0) == [.binary([])])
  }

  @Test func theLargestLimitDoesNotOverflow() throws {
    let header: [UInt8] = [0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]
    #expect(try decode(header + [1], maxMessageBytes: .max) == [])
    let parts = frame(.binary, [1], isFinal: false)
    #expect(try decode(parts + header.flipping(2, at: 0) + [1], maxMessageBytes: .max) == [.refused(1009)])
  }

  @Test func nothingFollowsAClose() throws {
    #expect(try decode(close(1000) + frame(.text, "a")) == [.close(1000, "")])
    #expect(try decode(close(1000) + [0xff, 0xff]) == [.close(1000, "")])
  }

  @Test(
    arguments: [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
      as [UInt16])
  func closeCodes(_ code: UInt16) throws {
    #expect(try decode(close(code)) == [.close(code, "")])
    #expect(try decode(close(code, Array("bye é".utf8))) == [.close(code, "bye é")])
  }

  @Test(arguments: [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] as [UInt16])
  func badCloseCodes(_ code: UInt16) throws { #expect(try decode(close(code)) == [.refused(1002)]) }

  @Test func closeFrames() throws {
    #expect(try decode(frame(.close)) == [.close(nil, "")])
    #expect(try decode(frame(.close, [0x03])) == [.refused(1002)])
    #expect(try decode(close(1000, [0xff])) == [.refused(1007)])
    #expect(try decode(close(1000, [0xe2, 0x82])) == [.refused(1007)])
  }
}
