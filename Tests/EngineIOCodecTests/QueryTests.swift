import CodecTesting
import EngineIOCodec
import Foundation
import Testing

@Suite struct QueryTests {
  private func query(_ text: String) -> EngineIOQuery { EngineIOQuery(Array(text.utf8).span.bytes) }
  private let id = EngineIOSessionID(random: (0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210), executorIndex: 3)

  @Test func everything() {
    let query = query("EIO=4&transport=polling&t=abc&sid=\(id)&b64=1&j=12")
    #expect(query.revision == .v4)
    #expect(query.transport == .polling)
    #expect(query.session == .some(id))
    #expect(query.isBase64)
    #expect(query.jsonpIndex == 12)
  }

  @Test func nothing() {
    for text in ["", "&", "&&=&", "a", "=", "transport", "sid=", "EIO4", "TRANSPORT=polling", "eio=4"] {
      let query = query(text)
      #expect(query.revision == nil && query.transport == nil && query.session == nil && query.jsonpIndex == nil)
      #expect(!query.isBase64)
    }
  }

  @Test(
    arguments: [
      ("3", .v3), ("4", .v4), ("2", .v3), ("1", nil), ("5", nil), ("22", nil), ("", nil), ("04", nil), ("4 ", nil),
      ("abc", nil),
    ]
      as [(String, EngineIORevision?)])
  func revisions(_ text: String, _ expected: EngineIORevision?) { #expect(query("EIO=\(text)").revision == expected) }

  @Test func theFirstOfRepeatedParametersCounts() {
    let query = query("EIO=4&EIO=3&transport=x&transport=polling&sid=bad&sid=\(id)&j=1&j=2&b64=&b64=1")
    #expect(query.revision == .v4)
    #expect(query.transport == nil)
    #expect(query.session == .some(nil))
    #expect(query.jsonpIndex == 1)
    #expect(!query.isBase64)
  }

  @Test(arguments: [
    ("7", 7), ("", 0), ("abc", 0), ("a1b2", 12), ("-5", 5), (String(repeating: "9", count: 40), 9_999_999_999),
  ])
  func callbacks(_ text: String, _ expected: Int) { #expect(query("j=\(text)").jsonpIndex == expected) }

  /// Any value but none, as in the reference implementation.
  @Test(arguments: [("", false), ("1", true), ("true", true), ("0", true)])
  func clientsWithoutBinary(_ value: String, _ expected: Bool) { #expect(query("b64=\(value)").isBase64 == expected) }

  @Test func sessionIDs() {
    var random = SeededGenerator(seed: 4)
    for _ in 0..<500 {
      let index = UInt16(truncatingIfNeeded: random.next())
      let id = EngineIOSessionID(random: (random.next(), random.next()), executorIndex: index)
      let text = id.description
      #expect(text.utf8.count == EngineIOSessionID.length)
      #expect(id.executorIndex == index)
      #expect(EngineIOSessionID(Array(text.utf8).span.bytes) == id)
    }
  }

  @Test func everyTextOfTheRightFormIsAnIDOfItsOwn() {
    var random = SeededGenerator(seed: 5)
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    for _ in 0..<200 {
      let text = String((0..<20).map { _ in alphabet.randomElement(using: &random) ?? "A" })
      #expect(EngineIOSessionID(Array(text.utf8).span.bytes)?.description == text)
    }
  }

  @Test func everyOtherCharacterIsRefusedInEveryPlace() {
    let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    for place in 0..<EngineIOSessionID.length {
      for byte in UInt8.min...UInt8.max {
        var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: EngineIOSessionID.length)
        bytes[place] = byte
        #expect((EngineIOSessionID(bytes.span.bytes) != nil) == alphabet.contains(byte), "\(byte) at \(place)")
      }
    }
  }

  @Test(arguments: [
    "", "AAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAA+/",
    "AAAAAAAAAAAAAAAAAAA\u{0}",
  ])
  func whatIsNoID(_ text: String) { #expect(EngineIOSessionID(Array(text.utf8).span.bytes) == nil) }
}

@Suite struct AnswerTests {
  @Test func handshakes() {
    let id = EngineIOSessionID(random: (1, 2), executorIndex: 0)
    var out: [UInt8] = []
    EngineIOHandshake(
      upgrades: ["websocket"], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1_000_000
    ).append(id, to: &out)
    #expect(
      String(decoding: out, as: UTF8.self)
        == #"{"sid":"\#(id)","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#)
  }

  @Test func errors() throws {
    #expect("\(EngineIORequestError.unknownTransport.body)" == #"{"code":0,"message":"Transport unknown"}"#)
    #expect("\(EngineIORequestError.unknownSession.body)" == #"{"code":1,"message":"Session ID unknown"}"#)
    #expect("\(EngineIORequestError.badHandshakeMethod.body)" == #"{"code":2,"message":"Bad handshake method"}"#)
    #expect("\(EngineIORequestError.badRequest.body)" == #"{"code":3,"message":"Bad request"}"#)
    #expect("\(EngineIORequestError.forbidden.body)" == #"{"code":4,"message":"Forbidden"}"#)
    #expect(
      "\(EngineIORequestError.unsupportedVersion.body)" == #"{"code":5,"message":"Unsupported protocol version"}"#)
    #expect(EngineIORequestError.forbidden.status == 403 && EngineIORequestError.badRequest.status == 400)
    let message = "a \"quoted\" \\ text\n\u{1}é"
    let body = try JSONSerialization.jsonObject(with: Data(EngineIORequestError.forbidden.body(message: message)))
    let object = try #require(body as? [String: Any])
    #expect(object["code"] as? Int == 4)
    #expect(object["message"] as? String == message)
  }
}
