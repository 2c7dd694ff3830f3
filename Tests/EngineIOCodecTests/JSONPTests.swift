import EngineIOCodec
import Foundation
import Testing

@Suite struct JSONPTests {
  private func script(_ payload: String, index: Int = 0) -> String {
    var out: [UInt8] = []
    EngineIOPayload.appendJSONP(index: index, Array(payload.utf8).span.bytes, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  @Test(arguments: [
    ("4hello", #"4hello"#), ("\"\\", #"\"\\"#), ("a\nb\rc\u{0}", #"a\nb\u000dc\u0000"#),
    ("</script>", #"\u003c/script>"#),
    ("\u{2028}\u{2029}", #"\u2028\u2029"#), ("\u{2027}\u{202a}é😀", "\u{2027}\u{202a}é😀"),
    ("\u{7f}\u{1f}", #"\u007f\u001f"#),
    ("2:42", "2:42"),
  ])
  func scripts(_ payload: String, _ escaped: String) throws {
    #expect(script(payload, index: 7) == "___eio[7](\"\(escaped)\");")
    // What is between the parentheses is a JSON text, too.
    let text = script(payload).dropFirst("___eio[0](".count).dropLast(2)
    let value = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
    #expect(value as? String == payload)
  }

  private func form(_ body: String) -> String? {
    EngineIOPayload.decodeJSONPForm(Array(body.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(arguments: [
    ("d=4hello", "4hello"), ("d=", ""), ("d=4a%20b+c", "4a b c"), ("d=%34%C3%A9", "4é"), ("d=4a%5Cnb", "4a\nb"),
    ("d=4a%5C%5Cnb", "4a\\nb"), ("d=4a%5C%5Cb", "4a\\\\b"), ("d=%5C", "\\"), ("d=%5C%5C", "\\\\"),
    ("d=%5C%5C%5Cn", "\\\\n"),
    ("d=4a&x=b", "4a"), ("d=2%3a4a", "2:4a"), ("d=a=b", "a=b"),
  ])
  func forms(_ body: String, _ expected: String) { #expect(form(body) == expected) }

  @Test(arguments: ["", "d", "x=4", "4hello", "d=%", "d=%4", "d=%4g", "d=%%%"])
  func badForms(_ body: String) { #expect(form(body) == nil) }
}
