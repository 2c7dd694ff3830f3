import CodecTesting
import SocketIOCodec
import Testing

/// A packet in a form that can be compared.
struct Packet: Equatable {
  var type: SocketIOPacketType
  var namespace = "/"
  var query: String?
  var id: Int64?
  var attachments = 0
  var name: String?
  var arguments: [SocketValue]?
  var payload: SocketValue?

  /// Decodes a text and parses what is in it.
  init(
    decoding text: String, _ version: SocketIOProtocol = .v5, limits: SocketIOLimits = SocketIOLimits(),
    blobs: [[UInt8]] = []
  )
    throws
  {
    let bytes = Array(text.utf8)
    let decoder = SocketIOPacketDecoder(version, limits: limits)
    let head = try decoder.decode(bytes.span.bytes)
    func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    type = head.type
    namespace = head.namespace.map(string) ?? "/"
    query = head.namespaceQuery.map(string)
    id = head.id
    attachments = head.attachmentCount
    switch head.type {
    case .event, .binaryEvent:
      name = decoder.eventName(of: head, in: bytes.span.bytes)
      arguments = try JSONText.parseElements(bytes.span.bytes.extracting(head.arguments), attachments: blobs)
    case .ack, .binaryAck:
      arguments = try JSONText.parseElements(bytes.span.bytes.extracting(head.arguments), attachments: blobs)
    default: payload = try head.payload.map { try JSONText.parse(bytes.span.bytes.extracting($0)) }
    }
  }

  init(
    _ type: SocketIOPacketType, namespace: String = "/", query: String? = nil, id: Int64? = nil, attachments: Int = 0,
    name: String? = nil, arguments: [SocketValue]? = nil, payload: SocketValue? = nil
  ) {
    self.type = type
    self.namespace = namespace
    self.query = query
    self.id = id
    self.attachments = attachments
    self.name = name
    self.arguments = arguments
    self.payload = payload
  }
}

@Suite struct PacketDecoderTests {
  @Test(arguments: [
    ("0", Packet(.connect)), ("0{}", Packet(.connect, payload: [:])),
    ("0{\"token\":1}", Packet(.connect, payload: ["token": 1])),
    ("0/custom", Packet(.connect, namespace: "/custom")), ("0/custom,", Packet(.connect, namespace: "/custom")),
    ("0/custom,{\"a\":1}", Packet(.connect, namespace: "/custom", payload: ["a": 1])), ("0/", Packet(.connect)),
    ("0/,{}", Packet(.connect, payload: [:])), ("0/a?b=c,{}", Packet(.connect, namespace: "/a?b=c", payload: [:])),
    ("1", Packet(.disconnect)), ("1/admin,", Packet(.disconnect, namespace: "/admin")),
    ("1/admin", Packet(.disconnect, namespace: "/admin")),
    ("2[\"a\"]", Packet(.event, name: "a", arguments: [])),
    ("2[\"a\",1,[2],{\"b\":null}]", Packet(.event, name: "a", arguments: [1, [2], ["b": nil]])),
    ("2 [ \"a\" , 1 ] ", Packet(.event, name: "a", arguments: [1])),
    ("20[\"a\"]", Packet(.event, id: 0, name: "a", arguments: [])),
    ("212[\"a\"]", Packet(.event, id: 12, name: "a", arguments: [])),
    ("2[\"\"]", Packet(.event, name: "", arguments: [])),
    ("2/n,3[\"a\"]", Packet(.event, namespace: "/n", id: 3, name: "a", arguments: [])),
    ("29007199254740991[\"a\"]", Packet(.event, id: 9_007_199_254_740_991, name: "a", arguments: [])),
    ("2[\"a\\\"\\u0062\"]", Packet(.event, name: "a\"b", arguments: [])),
    ("2[\"é😀\"]", Packet(.event, name: "é😀", arguments: [])),
    ("3/admin,456[]", Packet(.ack, namespace: "/admin", id: 456, arguments: [])),
    ("30[]", Packet(.ack, id: 0, arguments: [])),
    ("31[\"connect\",2]", Packet(.ack, id: 1, arguments: ["connect", 2])),
    ("50-[\"a\"]", Packet(.binaryEvent, name: "a", arguments: [])),
    ("50-/n,1[\"a\"]", Packet(.binaryEvent, namespace: "/n", id: 1, name: "a", arguments: [])),
  ])
  func valid(_ text: String, _ expected: Packet) throws { #expect(try Packet(decoding: text) == expected) }

  @Test func attachments() throws {
    let blobs: [[UInt8]] = [[1, 2], [3]]
    let text = #"52-/n,7["a",{"_placeholder":true,"num":1},[{"num":0,"_placeholder":true}]]"#
    #expect(
      try Packet(decoding: text, blobs: blobs)
        == Packet(
          .binaryEvent, namespace: "/n", id: 7, attachments: 2, name: "a",
          arguments: [.binary([3]), [.binary([1, 2])]]))
    #expect(
      try Packet(decoding: #"61-0[{"_placeholder":true,"num":0}]"#, blobs: blobs)
        == Packet(.binaryAck, id: 0, attachments: 1, arguments: [.binary([1, 2])]))
    // A blob that no placeholder names is ignored, one that two name comes twice.
    #expect(try Packet(decoding: #"51-["a"]"#, blobs: blobs).arguments == [])
    #expect(
      try parse(#"[{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]"#, attachments: [[1]]) == [
        .binary([1]), .binary([1]),
      ])
    // Only `true` makes a placeholder.
    #expect(try parse(#"{"_placeholder":1,"num":9}"#) == ["_placeholder": 1, "num": 9])
    #expect(try parse(#"{"_placeholder":false}"#) == ["_placeholder": false])
  }

  @Test(arguments: ["-1", "2", "0.5", "1.0", "\"0\"", "null", "9223372036854775807", "9223372036854775808", "[0]"])
  func placeholdersThatNameNothing(_ number: String) {
    #expect(throws: JSONError.self) { try parse("{\"_placeholder\":true,\"num\":\(number)}", attachments: [[1], [2]]) }
    #expect(throws: JSONError.self) { try parse("{\"_placeholder\":true}", attachments: [[1]]) }
  }

  @Test(arguments: [
    // Types.
    "", "7", "9", "a", "-1", "\u{0}", " 2[\"a\"]", "/", "[\"a\"]",
    // CONNECT, DISCONNECT and CONNECT_ERROR.
    "0[]", "0\"a\"", "01", "0null", "0{", "0{}x", "0{}{}", "0/a,[]", "0 ", "1{}", "1[]", "1/a,{}", "1x", "1 ", "4",
    "4{}", "4\"no\"",
    "4/a,{\"message\":\"a\"}",
    // Events.
    "2", "2[]", "2{}", "2\"a\"", "2[1]", "2[null]", "2[{}]", "2[[\"a\"]]", "2[\"a\"", "2[\"a\",]", "2[\"a\" 1]",
    "2[,\"a\"]", "2[\"a\"]]",
    "2[\"a\"]x", "2[\"a\"][\"b\"]", "2[\"a\",01]", "2[\"a\",nul]", "2[\"a\n\"]", "2[\"\\x\"]", "2/n", "2/n,", "21",
    "2/n,1", "2/n,1{}",
    "2-1[\"a\"]", "2+1[\"a\"]", "21.5[\"a\"]", "2abc[\"a\"]", "2n,[\"a\"]", "2/n[\"a\"]", "29007199254740992[\"a\"]",
    "299999999999999999[\"a\"]", "211111111111111111111111111111[\"a\"]", "2[\"a\"}",
    // Reserved names, also when they are disguised.
    "2[\"connect\"]", "2[\"connect_error\"]", "2[\"disconnect\"]", "2[\"disconnecting\"]", "2[\"newListener\",1]",
    "2[\"removeListener\"]", "2[\"c\\u006fnnect\"]", "2[\"disconnec\\u0074\"]", "51-[\"connect\"]",
    // Acknowledgements.
    "3", "3[]", "31", "31{}", "31\"a\"", "3a[]", "3-1[]", "31[", "31[]]", "3/n,[]", "31null",
    // Attachments.
    "5[\"a\"]", "5-[\"a\"]", "5a-[\"a\"]", "51[\"a\"]", "5-1-[\"a\"]", "51.5-[\"a\"]", "5 1-[\"a\"]", "51", "51-",
    "51-/n,", "6", "61-[]",
    "61-1{}", "511-[\"a\"]", "51000000-[\"a\"]", "599999999999999999999-[\"a\"]",
  ])
  func invalid(_ text: String) {
    #expect(throws: SocketIOPacketError.self) { try Packet(decoding: text) }
    #expect(throws: SocketIOPacketError.self) { try Packet(decoding: text, .v4) }
  }

  @Test func queriesOfNamespaces() throws {
    #expect(try Packet(decoding: "0/chat?token=x&y", .v4) == Packet(.connect, namespace: "/chat", query: "token=x&y"))
    #expect(try Packet(decoding: "0/chat?,", .v4) == Packet(.connect, namespace: "/chat", query: ""))
    #expect(try Packet(decoding: "0/?a=b", .v4) == Packet(.connect, query: "a=b"))
    #expect(try Packet(decoding: "0/chat?a,", .v5) == Packet(.connect, namespace: "/chat?a"))
    #expect(
      try Packet(decoding: "2/chat?a=b,1[\"a\"]", .v4)
        == Packet(.event, namespace: "/chat", query: "a=b", id: 1, name: "a", arguments: []))
  }

  @Test func limits() throws {
    var limits = SocketIOLimits()
    limits.maxAttachments = 3
    limits.maxDepth = 3
    #expect(try Packet(decoding: "53-[\"a\"]", limits: limits).attachments == 3)
    #expect(throws: SocketIOPacketError.self) { try Packet(decoding: "54-[\"a\"]", limits: limits) }
    #expect(try Packet(decoding: "2[\"a\",[[]]]", limits: limits).arguments == [[[]]])
    #expect(throws: SocketIOPacketError.self) { try Packet(decoding: "2[\"a\",[[[]]]]", limits: limits) }
    #expect(try Packet(decoding: "510-[\"a\"]").attachments == 10)
  }
}
