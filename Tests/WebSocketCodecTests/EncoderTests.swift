import CodecTesting
import Testing

@testable import WebSocketCodec

@Suite struct EncoderTests {
  @Test(
    arguments: [
      (0, [0x81, 0]), (125, [0x81, 125]), (126, [0x81, 126, 0, 126]), (65_535, [0x81, 126, 0xff, 0xff]),
      (65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] as [(Int, [UInt8])])
  func headers(_ count: Int, _ expected: [UInt8]) {
    var out: [UInt8] = []
    WebSocketEncoder.appendHeader(opcode: .text, payloadCount: count, to: &out)
    #expect(out == expected)
  }

  @Test func bits() {
    var out: [UInt8] = []
    WebSocketEncoder.appendHeader(opcode: .binary, payloadCount: 0, isFinal: false, to: &out)
    WebSocketEncoder.appendHeader(opcode: .text, payloadCount: 0, isCompressed: true, to: &out)
    #expect(out == [0x02, 0, 0xc1, 0])
  }

  @Test func closeFrames() throws {
    func decoded(_ code: UInt16?, _ reason: String) -> [WebSocketTranscript] {
      var out: [UInt8] = []
      WebSocketEncoder.appendClose(code: code, reason: reason, to: &out)
      return WebSocketTranscript.decode([out], with: WebSocketDecoder(role: .client, maxMessageBytes: 10))
    }
    #expect(decoded(nil, "ignored") == [.close(nil, "")])
    #expect(decoded(1001, "é") == [.close(1001, "é")])
    #expect(decoded(1000, String(repeating: "a", count: 200)) == [.close(1000, String(repeating: "a", count: 123))])
    #expect(decoded(1000, String(repeating: "😀", count: 50)) == [.close(1000, String(repeating: "😀", count: 30))])
  }

  @Test(arguments: 0..<40) func whatIsEncodedIsDecoded(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    var expected: [WebSocketTranscript] = []
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let payload = random.bytes(Int.random(in: 0...300, using: &random))
      func mask() -> UInt32 { UInt32(truncatingIfNeeded: random.next()) }
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        let short = Array(payload.prefix(125))
        bytes += frame(.ping, short, mask: mask())
        expected.append(.ping(short))
      case 1:
        let text = payload.map { String(Unicode.Scalar($0)) }.joined()
        bytes += frame(.text, Array(text.utf8), mask: mask())
        expected.append(.text(text))
      default:
        let pieces = SplitVerifier.pieces(of: payload, using: &random)
        bytes += frame(.binary, [], isFinal: false, mask: mask())
        for piece in pieces { bytes += frame(.continuation, piece, isFinal: false, mask: mask()) }
        bytes += frame(.continuation, [], mask: mask())
        expected.append(.binary(payload))
      }
    }
    #expect(try decode(bytes) == expected)
  }

  @Test(arguments: 0..<60) func damagedFrames(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var bytes =
      frame(.text, "ab€", isFinal: false) + frame(.ping, "p") + frame(.continuation, "😀d")
      + frame(.binary, random.bytes(130)) + close(1000, Array("bye".utf8))
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      bytes[place] = UInt8(truncatingIfNeeded: random.next())
    }
    _ = try decode(bytes, maxMessageBytes: Int.random(in: 0...200, using: &random))
  }

  @Test func masksGoOnWhereTheyEnded() {
    var random = SeededGenerator(seed: 5)
    let payload = random.bytes(200)
    let mask: UInt32 = 0x8142_24f8
    let whole = (0..<200).map { payload[$0] ^ UInt8(truncatingIfNeeded: mask >> UInt32($0 % 4 * 8)) }
    for count in 0..<80 {
      var bytes = payload
      bytes.withUnsafeMutableBytes { bytes in
        let next = WebSocketMask.apply(mask, to: UnsafeMutableRawBufferPointer(rebasing: bytes[..<count]))
        _ = WebSocketMask.apply(next, to: UnsafeMutableRawBufferPointer(rebasing: bytes[count...]))
      }
      #expect(bytes == whole)
    }
  }
}
