import CodecTesting
import EngineIOCodec
import Foundation
import Testing

@Suite struct Base64Tests {
  private func decode(_ text: String) -> [UInt8]? { EngineIOPayload.decodeBase64(Array(text.utf8).span.bytes) }

  @Test(arguments: [
    ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba"),
    ("Zm9vYmFy", "foobar"), ("Zg", "f"), ("Zm8", "fo"), ("Zm9vYg", "foob"),
  ])
  func valid(_ text: String, _ expected: String) { #expect(decode(text) == Array(expected.utf8)) }

  @Test(arguments: [
    "Z", "=", "==", "====", "Z=", "Z==", "Z===", "Zg=", "Zm8==", "Zm9v=", "Zm9v==", "Zm9v====", "Zg==Zg==", "Zm-_",
    "Zm 9v", "Zm9v\n",
    "Zm9\u{0}", "Zm9é", "Z=g=",
  ])
  func invalid(_ text: String) { #expect(decode(text) == nil) }

  @Test func agreesWithFoundation() {
    var random = SeededGenerator(seed: 1)
    for count in 0..<100 {
      let bytes = random.bytes(count)
      var text: [UInt8] = []
      EngineIOPayload.appendBase64Packet(bytes.span.bytes, revision: .v4, to: &text)
      #expect(String(decoding: text, as: UTF8.self) == "b" + Data(bytes).base64EncodedString())
      #expect(EngineIOPayload.decodeBase64(Array(text.dropFirst()).span.bytes) == bytes)
    }
    var text: [UInt8] = []
    EngineIOPayload.appendBase64Packet([UInt8(1)].span.bytes, revision: .v3, to: &text)
    #expect(text == Array("b4AQ==".utf8))
  }
}
