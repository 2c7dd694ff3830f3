import CodecTesting
import HTTPCodec
import Testing

/// Requests that were written by the rules come out as they were written, and damaged ones the same however they come.
@Suite struct RandomRequestTests {
  @Test(arguments: 0..<40) func requestsComeBack(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var text: [UInt8] = []
    var expected: [HTTPTranscript] = []
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let body = random.bytes(Int.random(in: 0...200, using: &random))
      let isChunked = Bool.random(using: &random)
      let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(body.count)"
      let path = "/" + String(random.next(), radix: 36)
      text += "POST \(path) HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n".utf8
      if isChunked {
        for piece in SplitVerifier.pieces(of: body, using: &random) where !piece.isEmpty {
          text += "\(String(piece.count, radix: 16))\r\n".utf8 + piece + "\r\n".utf8
        }
        text += "0\r\n\r\n".utf8
      } else {
        text += body
      }
      expected.append(.head("POST \(path) 1.1", fields: ["Host: a", framing]))
      expected.append(
        .framing(
          keepAlive: true, length: isChunked ? nil : body.count, chunked: isChunked, expectsContinue: false,
          upgrade: false))
      expected += (body.isEmpty ? [] : [.body(body)]) + [.end]
    }
    #expect(try decode(text) == expected)
  }

  @Test(arguments: 0..<60) func damagedRequests(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var text = Array(
      (request("POST /a?b HTTP/1.1", "Transfer-Encoding: chunked", "X: y", body: "5;x\r\nhello\r\n0\r\nT: u\r\n\r\n")
        + request("GET / HTTP/1.1", "Content-Length: 3", "Connection: close", body: "abc")).utf8)
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let place = Int.random(in: 0..<text.count, using: &random)
      let special: [UInt8] = [0x0d, 0x0a, 0x20, 0x3a, 0x00, 0x30, 0x80]
      switch Int.random(in: 0..<3, using: &random) {
      case 0: text[place] = special.randomElement(using: &random) ?? 0
      case 1: text.insert(special.randomElement(using: &random) ?? 0, at: place)
      default: text.remove(at: place)
      }
    }
    var limits = HTTPLimits()
    if Bool.random(using: &random) { limits.maxHeadBytes = Int.random(in: 64...90, using: &random) }
    if Bool.random(using: &random) { limits.maxRequestLineBytes = Int.random(in: 10...30, using: &random) }
    _ = try decode(text, limits: limits)
  }
}
