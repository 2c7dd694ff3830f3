import CodecTesting
import Testing

@testable import WebSocketCodec

@Suite struct HandshakeTests {
  private func accept(_ key: String) -> String? {
    WebSocketHandshake.accept(key: Array(key.utf8).span.bytes).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func hash(_ bytes: [UInt8]) -> String {
    let hash = SHA1.hash(count: bytes.count) { $0.copyBytes(from: bytes) }
    return [hash.0, hash.1, hash.2, hash.3, hash.4].map {
      String(repeating: "0", count: $0.leadingZeroBitCount / 4) + ($0 == 0 ? "" : String($0, radix: 16))
    }.joined()
  }

  @Test func keys() {
    // RFC 6455, section 1.3.
    #expect(accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    #expect(accept("x3JJHMbDL1EzLkh9GBhXDw==") == "HSmrc0sMlYUkAGmm5OPpG2HaGWk=")
  }

  @Test(arguments: [
    "", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25j!Q==",
    "dGhlIHNhbXBsZSBub25jZ===", "dGhlIHNhbXBsZSBub25jZQ=A", "dGhl-HNhbXBsZSBub25jZQ==", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  ])
  func badKeys(_ key: String) { #expect(accept(key) == nil) }

  @Test(arguments: [
    (0, "da39a3ee5e6b4b0d3255bfef95601890afd80709"), (3, "7e240de74fb1ed08fa08d38063f6a6a91462a815"),
    (55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"), (56, "c2db330f6083854c99d4b5bfb6e8f29f201be699"),
    (63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5"), (64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
    (65, "11655326c708d70319be2610e8a57d9a5b959d3b"), (1000, "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
  ])
  func hashes(_ count: Int, _ expected: String) {
    #expect(Self.hash([UInt8](repeating: 0x61, count: count)) == expected)
  }

  @Test func hashOfTheStandard() {
    // RFC 3174, section 7.3.
    let text = Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)
    #expect(Self.hash(text) == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
  }
}
