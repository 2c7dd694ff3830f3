import ClusterCodec
import SocketIOCodec
import Testing

/// The messages of python-socketio, beside those that its releases write.
struct PythonFormatTests {
  static let forms: [PythonFormat.Form] = [.pickle, .json]

  func format(_ form: PythonFormat.Form, _ origin: Character = "a") -> PythonFormat {
    PythonFormat(origin: String(repeating: origin, count: 32), channel: "c", form: form)
  }

  func decode(
    _ payload: [UInt8], _ format: PythonFormat? = nil, hasMember: (String, [String]) -> Bool = { _, _ in true }
  ) -> ClusterDecoding {
    (format ?? self.format(.json, "b")).decode(payload.span.bytes, on: "c", hasMember: hasMember)
  }

  static let me = String(repeating: "b", count: 32)
  static let them = String(repeating: "a", count: 32)
  static let messages: [ClusterMessage] = [
    .emit(ClusterEmit(target: ClusterTarget(), event: "e", arguments: [])),
    .emit(
      ClusterEmit(target: ClusterTarget(namespace: "/x", rooms: ["r"]), event: "ü", arguments: [1, "a", [2, [:]]])),
    .emit(ClusterEmit(target: ClusterTarget(rooms: ["r"], except: ["s", "t"]), event: "e", arguments: [[1, 2]])),
    .emit(ClusterEmit(target: ClusterTarget(), event: "e", arguments: [nil])),
    .emit(ClusterEmit(target: ClusterTarget(), event: "e", arguments: [nil, 1])),
    .emit(
      ClusterEmit(
        target: ClusterTarget(), event: "e", arguments: [.binary([0, 255]), ["a": .binary([])], .binary([1])])),
    .emit(
      ClusterEmit(
        target: ClusterTarget(rooms: ["r"]), event: "e", arguments: ["x"],
        acknowledgement: ClusterReturnAddress(origin: them, id: "7", room: "r"))),
    .acknowledged(
      ClusterReturnAddress(origin: me, id: "7", room: "r"), namespace: "/", client: nil, arguments: [1, "x"]),
    .acknowledged(
      ClusterReturnAddress(origin: me, id: "7", room: "r"), namespace: "/", client: "s",
      arguments: [.binary([1, 2, 3])]),
    .join(ClusterTarget(rooms: ["s"]), rooms: ["r"]), .leave(ClusterTarget(rooms: ["s"]), rooms: ["r"]),
    .join(ClusterTarget(rooms: ["s", "t"], except: ["u"]), rooms: ["r", "q"]),
    .leave(ClusterTarget(), rooms: ["r"]), .closeRoom("r", namespace: "/x"),
    .disconnect(ClusterTarget(rooms: ["s"]), closesConnection: true),
    .disconnect(ClusterTarget(rooms: ["s"]), closesConnection: false),
    .disconnect(ClusterTarget(), closesConnection: false),
    .fetch(ClusterTarget(rooms: ["r"]), ClusterReturnAddress(origin: them, id: "1")),
    .listRooms(namespace: "/", ClusterReturnAddress(origin: them, id: "1")),
    .serverEvent(namespace: "/", event: "e", arguments: [nil], ClusterReturnAddress(origin: them, id: "1")),
    .serverEvent(namespace: "/", event: "e", arguments: [.binary([9])], nil),
    .presence(.hello, origin: them, sent: nil),
    .presence(.goodbye, origin: them, sent: 7),
  ]

  @Test(arguments: forms) func readsWhatItWrites(_ form: PythonFormat.Form) throws {
    for message in Self.messages {
      let written = format(form).encode(message)
      try #require(written.count == 1, "\(message)")
      #expect(decode(written[0].payload) == .message(message))
      #expect(written[0].channel == "c")
      // Whoever wrote it knows it again without reading it.
      #expect(decode(written[0].payload, format(form)) == .ownEcho)
    }
  }

  @Test(arguments: forms) func answersNameWhoAnswers(_ form: PythonFormat.Form) throws {
    let to = ClusterReturnAddress(origin: Self.me, id: "1")
    let from = ClusterReturnAddress(origin: Self.them, id: "1")
    for (sent, expected) in [
      (.fetched(to, [ClusterClient(id: "s", rooms: ["r"])]), .fetched(from, [ClusterClient(id: "s", rooms: ["r"])])),
      (.rooms(to, ["r", "q"]), .rooms(from, ["r", "q"])),
      (.serverAnswer(to, arguments: [1]), .serverAnswer(from, arguments: [1])),
      (.awaiting(to, clients: ["s"]), .awaiting(from, clients: ["s"])),
    ] as [(ClusterMessage, ClusterMessage)] {
      let payload = format(form).encode(sent)[0].payload
      #expect(decode(payload) == .message(expected))
      #expect(decode(payload, format(form, "c")) == .skipped)
    }
  }

  @Test func writesPicklesForEachRoom() throws {
    let emit = ClusterMessage.emit(ClusterEmit(target: ClusterTarget(rooms: ["r", "q"]), event: "e", arguments: [1]))
    let pickles = format(.pickle).encode(emit)
    try #require(pickles.count == 2)
    #expect(decode(pickles[0].payload) == .message(emit))
    #expect(decode(pickles[1].payload) == .skipped)
    #expect(format(.json).encode(emit).count == 1)
  }

  @Test func pythonReadsWhatItWrites() throws {
    var input = ""
    for form in Self.forms {
      for message in Self.messages {
        for (_, payload) in format(form).encode(message) { input += "\(form.rawValue) \(hex(payload))\n" }
      }
    }
    let output = try python(
      """
      import json, pickle, sys
      for line in sys.stdin.read().splitlines():
          form, payload = line.split()
          message = {'json': json.loads, 'pickle': pickle.loads}[form](bytes.fromhex(payload))
          if form == 'pickle' and message['method'] == 'emit': assert isinstance(message['data'], tuple), message
          if message['method'] == 'emit': print(form, message['event'], message['room'], message['skip_sid'], message['callback'])
      """, input: input)
    #expect(output.contains("json ü r None None"))
    #expect(output.contains("pickle e r ['s', 't'] None"))
    #expect(output.contains("json e r None ['r', '/', 7]"))
    #expect(output.contains("pickle e r None ('r', '/', 7)"))
  }

  func emit(_ json: String) -> [SocketValue]? {
    guard case .message(.emit(let emit)) = decode(Array(json.utf8)) else { return nil }
    return emit.arguments
  }

  @Test func readsTheFormsOfAllReleases() throws {
    func json(_ members: String) -> String {
      #"{"method": "emit", "event": "e", \#(members), "namespace": "/", "room": null, "skip_sid": null, "callback": null, "host_id": "h"}"#
    }
    #expect(emit(json(#""data": ["a", 1], "binary": false"#)) == ["a", 1])
    #expect(emit(json(#""data": [[1, 2]], "binary": false"#)) == [[1, 2]])
    #expect(emit(json(#""data": [null], "binary": false"#)) == [])
    #expect(
      emit(
        json(
          #""data": [[{"_placeholder": true, "num": 0}, {"x": {"_placeholder": true, "num": 1}}], "AP8=", "YQ=="], "binary": true"#
        ))
        == [.binary([0, 255]), ["x": .binary([0x61])]])
    // 5.14.0 and 5.14.1.
    #expect(emit(json(#""data": [1, 2]"#)) == [[1, 2]])
    #expect(emit(json(#""data": {"a": 1}"#)) == [["a": 1]])
    #expect(emit(json(#""data": null"#)) == [])
    // 5.14.2 to 5.15.0, which have to be announced.
    let old = PythonFormat(origin: Self.me, channel: "c", form: .json, dataMeaning: .value)
    guard case .message(.emit(let message)) = decode(Array(json(#""data": [1, 2], "binary": false"#).utf8), old) else {
      Issue.record("not read")
      return
    }
    #expect(message.arguments == [[1, 2]])
  }

  @Test func readsTheFormsOfPython() throws {
    let output = try python(
      """
      import pickle
      message = {'method': 'emit', 'event': 'e', 'namespace': '/', 'room': 7, 'skip_sid': 's', 'callback': None, 'host_id': 'h'}
      for protocol in range(6):
          for data in ((1, b'\\xff'), [1, 2], None, 'x'): print(pickle.dumps({**message, 'data': data}, protocol).hex())
      """)
    let expected: [[SocketValue]] = [[1, .binary([255])], [[1, 2]], [], ["x"]]
    for (index, line) in output.split(separator: "\n").enumerated() {
      let target = ClusterTarget(rooms: ["7"], except: ["s"])
      let emit = ClusterEmit(target: target, event: "e", arguments: expected[index % 4])
      #expect(decode(bytes(hex: line)) == .message(.emit(emit)), "protocol \(index / 4)")
    }
  }

  @Test(arguments: forms) func doesNotDecodeWhatConcernsNobody(_ form: PythonFormat.Form) {
    let payload = format(form).encode(Self.messages[1])[0].payload
    var asked: [String] = []
    let decoding = decode(payload) { namespace, rooms in
      asked.append("\(namespace) \(rooms)")
      return false
    }
    #expect(decoding == .skipped)
    #expect(asked == [#"/x ["r"]"#])
  }

  @Test(arguments: [
    "{", "{}", "[]", "{\"method\":1}", "{\"method\":\"emit\"}", "{\"method\":\"emit\",\"event\":\"e\"}",
    "{\"method\":\"emit\",\"event\":\"e\",\"data\":[],\"room\":{}}", "{\"method\":\"emit\",\"event\":1,\"data\":[]}",
    "{\"method\":\"emit\",\"event\":\"e\",\"binary\":true,\"data\":[]}",
    "{\"method\":\"emit\",\"event\":\"e\",\"binary\":true,\"data\":[1,2]}",
    "{\"method\":\"emit\",\"event\":\"e\",\"binary\":true,\"data\":[{\"_placeholder\":true,\"num\":5}]}",
    "{\"method\":\"callback\"}", "{\"method\":\"disconnect\"}", "{\"method\":\"enter_room\",\"sid\":\"s\"}",
    "{\"method\":\"presence\"}",
    "{\"method\":\"fetch\"}", "\u{80}\u{3}}.", "cos\nsystem\n(S'true'\ntR.", "garbage", "",
  ]) func refusesNonsense(_ text: String) {
    if case .malformed = decode(Array(text.utf8)) { return }
    Issue.record("it was read as \(decode(Array(text.utf8)))")
  }

  @Test func standsEveryPrefixAndEveryChange() {
    for form in Self.forms {
      for message in Self.messages {
        let payload = format(form).encode(message)[0].payload
        for count in 0..<payload.count {
          if case .message = decode(Array(payload[..<count])) { Issue.record("a part was read as a message") }
        }
        for index in payload.indices {
          for change in [0x00, 0x22, 0x7d, 0xff] as [UInt8] {
            var changed = payload
            changed[index] = change
            _ = decode(changed)
          }
        }
      }
    }
    _ = decode(Array(repeating: UInt8(ascii: "{"), count: 100_000))
    _ = decode(Array("{\"a\":".utf8) + Array(repeating: UInt8(ascii: "["), count: 100_000))
    #expect(decode([0x7b, 0x22, 0xff, 0x22, 0x7d]) == .malformed("the text is not UTF-8"))
  }
}
