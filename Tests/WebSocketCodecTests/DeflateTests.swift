import CZlib
import CodecTesting
import Testing

@testable import WebSocketCodec

@Suite struct DeflateTests {
  /// Decodes in many ways what a client has compressed.
  private func decode(
    _ bytes: [UInt8], takeover: Bool = false, windowBits: Int = 15, maxMessageBytes: Int = 1_000_000
  ) throws -> [WebSocketTranscript] {
    let parameters = PerMessageDeflate.Parameters(
      serverContextTakeover: false, clientContextTakeover: takeover, serverWindowBits: 15, clientWindowBits: windowBits)
    return try SplitVerifier().events(of: bytes) {
      let deflate = PerMessageDeflate(parameters, PerMessageDeflate.Configuration())
      return WebSocketTranscript.decode(
        $0, with: WebSocketDecoder(role: .server, maxMessageBytes: maxMessageBytes, deflate: deflate))
    }
  }

  @Test func theExamplesOfTheSpecification() throws {
    // RFC 7692, section 7.2.3.
    let compressed: [UInt8] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]
    #expect(try decode(compressedFrame(.text, compressed)) == [.text("Hello")])
    let fragments =
      compressedFrame(.text, Array(compressed[..<3]), isFinal: false)
      + compressedFrame(.continuation, Array(compressed[3...]))
    #expect(try decode(fragments) == [.text("Hello")])
    // The second one refers to the first.
    let second: [UInt8] = [0xf2, 0x00, 0x11, 0x00, 0x00]
    let both = compressedFrame(.text, compressed) + compressedFrame(.text, second)
    #expect(try decode(both, takeover: true) == [.text("Hello"), .text("Hello")])
    #expect(try decode(both, takeover: false) == [.text("Hello"), .refused(1007)])
    // A block without compression, one with BFINAL, two blocks.
    #expect(
      try decode(compressedFrame(.text, [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00]))
        == [.text("Hello")])
    #expect(try decode(compressedFrame(.text, [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00])) == [.text("Hello")])
    #expect(
      try decode(
        compressedFrame(.text, [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00]))
        == [.text("Hello")])
    #expect(try decode(compressedFrame(.text, [0x00])) == [.text("")])
  }

  @Test(arguments: [false, true]) func messagesInARow(_ takeover: Bool) throws {
    let client = DeflateClient()
    var bytes: [UInt8] = []
    var expected: [WebSocketTranscript] = []
    for index in 0..<5 {
      let text = "message \(index) " + String(repeating: "again and ", count: index * 7)
      bytes += compressedFrame(.text, (takeover ? client : DeflateClient()).compress(Array(text.utf8)))
      // What is not compressed has no part in the window.
      bytes += frame(.binary, [UInt8(index)])
      expected += [.text(text), .binary([UInt8(index)])]
    }
    #expect(try decode(bytes, takeover: takeover) == expected)
  }

  @Test(arguments: [9, 12, 15]) func windows(_ bits: Int) throws {
    let client = DeflateClient(windowBits: Int32(bits))
    let payload = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 3 ^ $0 / 700) }
    let bytes = compressedFrame(.binary, client.compress(payload)) + compressedFrame(.binary, client.compress(payload))
    #expect(try decode(bytes, takeover: true, windowBits: bits) == [.binary(payload), .binary(payload)])
  }

  @Test func aFinalBlockDoesNotForgetTheWindow() throws {
    let client = DeflateClient()
    let payload = Array("the window is kept, whatever ends the block".utf8)
    let first = client.compress(payload, flush: Z_FINISH)
    client.restart(window: payload)
    let second = client.compress(payload)
    #expect(second.count < payload.count / 2)
    // With and without the empty byte behind the block.
    for end: [UInt8] in [[0], []] {
      let bytes = compressedFrame(.binary, first + end) + compressedFrame(.binary, second)
      #expect(try decode(bytes, takeover: true) == [.binary(payload), .binary(payload)])
    }
  }

  @Test func controlFramesBetweenCompressedFragments() throws {
    let content = DeflateClient().compress(Array("Hello".utf8))
    let bytes =
      compressedFrame(.text, Array(content[..<2]), isFinal: false) + frame(.ping, "p")
      + compressedFrame(.continuation, Array(content[2...]))
    #expect(try decode(bytes) == [.ping([0x70]), .text("Hello")])
  }

  @Test func bitsThatMustNotBeSet() throws {
    #expect(try decode(frame(.ping).flipping(0x40, at: 0)) == [.refused(1002)])
    #expect(try decode(frame(.text, "a").flipping(0x20, at: 0)) == [.refused(1002)])
    let start = compressedFrame(.text, [0xf2], isFinal: false)
    #expect(try decode(start + frame(.continuation, [0]).flipping(0x40, at: 0)) == [.refused(1002)])
  }

  @Test(
    arguments: [
      [0xff, 0xff, 0xff], [0x06], [0xf2, 0x48, 0xcd], [0x00, 0x05, 0x00, 0x00, 0x00], [0xed, 0xc0],
    ] as [[UInt8]])
  func invalidData(_ content: [UInt8]) throws {
    for takeover in [false, true] {
      #expect(try decode(compressedFrame(.binary, content), takeover: takeover) == [.refused(1007)])
    }
  }

  @Test func textIsCheckedAfterInflating() throws {
    #expect(try decode(compressedFrame(.text, DeflateClient().compress([0xff]))) == [.refused(1007)])
    #expect(try decode(compressedFrame(.text, DeflateClient().compress([0xc3]))) == [.refused(1007)])
  }

  @Test func bombs() throws {
    let zeros = [UInt8](repeating: 0, count: 3_000_000)
    let bomb = DeflateClient(level: 9).compress(zeros)
    #expect(bomb.count < 4000)
    #expect(try decode(compressedFrame(.binary, bomb)) == [.refused(1009)])
    #expect(try decode(compressedFrame(.binary, bomb), maxMessageBytes: zeros.count - 1) == [.refused(1009)])
    #expect(try decode(compressedFrame(.binary, bomb), maxMessageBytes: zeros.count) == [.binary(zeros)])
  }

  @Test func whatCannotBeCompressedMayBeAsLongAsTheLimit() throws {
    var random = SeededGenerator(seed: 3)
    let payload = random.bytes(70_000)
    let content = DeflateClient(level: 0).compress(payload)
    #expect(content.count > payload.count)
    #expect(try decode(compressedFrame(.binary, content), maxMessageBytes: payload.count) == [.binary(payload)])
    #expect(try decode(compressedFrame(.binary, content), maxMessageBytes: payload.count - 1) == [.refused(1009)])
    // Frames that hold nothing but their framing come to an end, too.
    let empty = [UInt8](repeating: 0, count: 200_000)
    #expect(try decode(compressedFrame(.binary, empty), maxMessageBytes: payload.count) == [.refused(1009)])
  }

  @Test(arguments: [(false, 15), (true, 15), (false, 9), (true, 9)]) func whatIsCompressedInflates(
    _ takeover: Bool, _ bits: Int
  ) throws {
    var random = SeededGenerator(seed: 11)
    let parameters = PerMessageDeflate.Parameters(
      serverContextTakeover: takeover, clientContextTakeover: takeover, serverWindowBits: bits, clientWindowBits: bits)
    let deflate = PerMessageDeflate(parameters, PerMessageDeflate.Configuration())
    for count in [0, 1, 10, 1000, 16_384, 100_000] {
      for payload in [random.bytes(count), [UInt8](repeating: 7, count: count)] {
        let compressed = deflate.compress(payload.span.bytes) ?? []
        #expect(try deflate.inflate(compressed, limit: count) == payload)
      }
    }
  }

  @Test func aSharedFrameIsTheFrameThatEachWouldHaveMade() throws {
    let configuration = PerMessageDeflate.Configuration()
    let parameters = PerMessageDeflate.Parameters(
      serverContextTakeover: false, clientContextTakeover: false, serverWindowBits: 15, clientWindowBits: 15)
    let pool = DeflatePool(configuration)
    let one = PerMessageDeflate(parameters, configuration, pool: pool)
    let other = PerMessageDeflate(parameters, configuration, pool: pool)
    for text in ["first", "second"] {
      let payload = Array(String(repeating: text, count: 100).utf8)
      var frame: [UInt8] = []
      WebSocketEncoder.appendHeader(opcode: .text, payloadCount: payload.count, to: &frame)
      let offset = frame.count
      frame += payload
      let shared = try #require(one.sharedFrame(frame, payloadOffset: offset, opcode: .text))
      #expect(other.sharedFrame(frame, payloadOffset: offset, opcode: .text) == shared)
      let decoder = WebSocketDecoder(
        role: .client, maxMessageBytes: 10_000, deflate: PerMessageDeflate(parameters, configuration))
      #expect(WebSocketTranscript.decode([shared], with: decoder) == [.text(String(decoding: payload, as: UTF8.self))])
    }
  }

  @Test func memoryForWindowsIsCounted() throws {
    var configuration = PerMessageDeflate.Configuration()
    configuration.clientContextTakeover = true
    let parameters = try #require(PerMessageDeflate.negotiate("permessage-deflate", configuration))
    let budget = DeflateBudget(bytes: 100_000)
    var reservations: [DeflateReservation] = []
    while let reservation = budget.reserve(for: parameters, configuration) { reservations.append(reservation) }
    #expect(reservations.count == 2)
    #expect(budget.usedBytes <= 100_000 && budget.usedBytes >= 2 << 15)
    reservations = []
    #expect(budget.usedBytes == 0)
  }
}
