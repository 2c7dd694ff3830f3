import CodecTesting
import Foundation
import SocketIOCodec
import Testing

@Suite struct SocketValueCodingTests {
  struct Message: Codable, Equatable {
    enum Kind: String, Codable { case text, picture }
    var kind: Kind
    var text: String?
    var numbers: [Int]
    var nested: [String: [Double]]
    var blob: [UInt8]
    var flag: Bool
  }

  private func encoded<Value: Encodable>(_ value: Value) throws -> SocketValue { try SocketValue(encoding: value) }
  private func decoded<Value: Decodable>(_ type: Value.Type, _ value: SocketValue) throws -> Value {
    try SocketValueDecoder().decode(type, from: value)
  }

  @Test func structures() throws {
    let message = Message(kind: .picture, text: "é", numbers: [1, -2], nested: ["a": [0.5]], blob: [1, 2], flag: true)
    let value = try encoded(message)
    #expect(
      value == [
        "kind": "picture", "text": "é", "numbers": [1, -2], "nested": ["a": [0.5]], "blob": .binary([1, 2]),
        "flag": true,
      ])
    #expect(try decoded(Message.self, value) == message)
    let bare = Message(kind: .text, text: nil, numbers: [], nested: [:], blob: [], flag: false)
    #expect(try decoded(Message.self, encoded(bare)) == bare)
  }

  @Test func emptyListsStayLists() throws {
    #expect(try encoded([String]()) == [])
    #expect(try encoded([Int]()) == [])
    #expect(try encoded([SocketValue]()) == [])
    #expect(try encoded(["a": [Message]()]) == ["a": []])
    #expect(try encoded([UInt8]()) == .binary([]))
    #expect(try encoded([[UInt8]()]) == [.binary([])])
    #expect(try encoded([Int8]()) == [])
  }

  @Test func numbers() throws {
    #expect(try encoded(Int8.min) == -128)
    #expect(try encoded(UInt64(1)) == 1)
    #expect(try encoded(Float(0.5)) == 0.5)
    #expect(try encoded(Int?.none) == nil)
    #expect(try encoded(Int?.some(1)) == 1)
    #expect(throws: EncodingError.self) { try encoded(UInt64.max) }
    #expect(try decoded(UInt8.self, 255) == 255)
    #expect(throws: DecodingError.self) { try decoded(UInt8.self, 256) }
    #expect(throws: DecodingError.self) { try decoded(UInt.self, -1) }
    #expect(try decoded(Int.self, 3.0) == 3)
    #expect(throws: DecodingError.self) { try decoded(Int.self, 3.5) }
    #expect(throws: DecodingError.self) { try decoded(Int.self, .double(.nan)) }
    #expect(throws: DecodingError.self) { try decoded(Int.self, 1e300) }
    #expect(try decoded(Double.self, 3) == 3.0)
    #expect(try decoded(Float.self, 0.5) == 0.5)
  }

  @Test(arguments: [nil, true, 1, 1.5, "a", [], [:], .binary([1])] as [SocketValue]) func mismatches(
    _ value: SocketValue
  ) {
    if value.boolValue == nil { #expect(throws: DecodingError.self) { try decoded(Bool.self, value) } }
    if value.intValue == nil { #expect(throws: DecodingError.self) { try decoded(Int.self, value) } }
    if value.doubleValue == nil { #expect(throws: DecodingError.self) { try decoded(Double.self, value) } }
    if value.stringValue == nil { #expect(throws: DecodingError.self) { try decoded(String.self, value) } }
    if value.objectValue == nil { #expect(throws: DecodingError.self) { try decoded([String: Int].self, value) } }
    if value.arrayValue == nil, value.binaryValue == nil {
      #expect(throws: DecodingError.self) { try decoded([Int].self, value) }
    }
    #expect(throws: DecodingError.self) { try decoded(Message.self, value) }
  }

  @Test func errorsNameTheirPlace() {
    let value: SocketValue = ["kind": "text", "numbers": [1, "2"], "nested": [:], "blob": .binary([]), "flag": true]
    do {
      _ = try decoded(Message.self, value)
      Issue.record("text was taken for a number")
    } catch DecodingError.typeMismatch(_, let context) {
      #expect(context.codingPath.map(\.stringValue) == ["numbers", "1"])
      #expect(context.debugDescription == "expected Int, but it is text")
    } catch {
      Issue.record("another error: \(error)")
    }
  }

  @Test func binaryData() throws {
    #expect(try decoded([UInt8].self, .binary([1, 2])) == [1, 2])
    #expect(try decoded([UInt8].self, [1, 2]) == [1, 2])
    #expect(try decoded([UInt8]?.self, .binary([1])) == [1])
    #expect(try decoded([[UInt8]].self, [.binary([1]), []]) == [[1], []])
    #expect(throws: DecodingError.self) { try decoded([UInt8].self, [256]) }
  }

  /// A client chooses how many members it sends: decoding must not look through all of them for each of them.
  @Test func largeObjectsAreDecodedInOnePass() throws {
    var object = SocketObject()
    for index in 0..<50_000 { object.append("member \(index)", .int(Int64(index))) }
    object.append("member 7", 8)
    let members = try decoded([String: Int].self, .object(object))
    #expect(members.count == 50_000)
    #expect(members["member 49999"] == 49_999)
    #expect(members["member 7"] == 8)
  }

  @Test(arguments: 0..<50) func valuesComeBack(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let value = SocketValue.random(isBinary: true, using: &random)
    #expect(try encoded(value) == value)
    #expect(try decoded(SocketValue.self, value) == value)
    // Through another format, which knows no binary data.
    let plain = SocketValue.random(using: &random)
    let data = try JSONEncoder().encode(plain)
    #expect(try JSONText.parse(Array(data).span.bytes) == plain)
    #expect(try JSONDecoder().decode(SocketValue.self, from: data) == plain)
  }

  @Test func objects() {
    var object: SocketObject = ["a": 1, "b": 2]
    #expect(object == ["b": 2, "a": 1])
    #expect(object["a"] == 1)
    object["a"] = 3
    #expect(object.map(\.name) == ["b", "a"])
    object["b"] = nil
    #expect(object == ["a": 3])
    #expect(SocketValue.array([1, 2])[1] == 2)
    #expect(SocketValue.array([1, 2])[2] == nil)
    #expect(SocketValue.array([1, 2])[-1] == nil)
    #expect("\(["a": [.binary([1])]] as SocketValue)" == #"{"a":[{"_placeholder":true,"num":0}]}"#)
  }
}
