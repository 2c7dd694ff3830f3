import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

/// Packets that are out of order or malformed, in both generations of the protocol: what ends the connection, and what
/// does not.
@Suite(.timeLimit(.minutes(2)))
struct ProtocolTests {
  private func register(_ io: SocketIO) {
    for namespace in ["/", "/chat"] {
      io.on("echo", namespace: namespace, arguments: { $1 })
      io.on("42", namespace: namespace) { (socket: Socket) in "number" }
    }
  }

  static let fatal = [
    "4", "47", "42", "42{}", "42[]", "42[null]", "42[{}]", #"42["echo""#, #"42["echo"]x"#, #"42["connect"]"#,
    #"42["disconnect"]"#, #"42["disconnecting"]"#, #"42["connect_error"]"#, #"42["newListener"]"#,
    #"42["removeListener"]"#, #"42["\u0063onnect"]"#, "430", "43[]", "430{}", "41[]", "40[]", "44",
    #"44{"message":"x"}"#,
    #"42/chat,["echo"]"#, "43/chat,0[]", "41/chat", #"45["echo"]"#, #"45-["echo"]"#, #"45x-["echo"]"#,
    #"45-1-["echo"]"#, #"4511-["echo"]"#, #"4299999999999999999["echo"]"#, #"429007199254740993["echo"]"#,
  ]

  @Test(arguments: modes)
  func whatEndsTheConnection(_ mode: String) async throws {
    let reasons = Notes<DisconnectReason>()
    try await serving(mode) { io in
      register(io)
      io.onDisconnect { _, reason in await reasons.add(reason) }
    } _: { server in
      for packet in Self.fatal {
        let client = try await server.join()
        try await client.send(packet)
        try? await client.send(#"420["echo","still there"]"#)
        let isClosed = try await client.isClosed()
        #expect(isClosed, "after \(packet)")
        client.close()
      }
      // A second CONNECT is one as well, in the new generation only.
      let client = try await server.join()
      try await client.send("40")
      #expect(try await client.isClosed())
      let all = await reasons.first(Self.fatal.count + 1)
      #expect(all.allSatisfy { $0 == .parseError })
      #expect(await server.io.counters().malformedPackets == Self.fatal.count + 1)
      let other = try await server.join()
      try await other.send(#"420["echo",1]"#)
      #expect(try await other.text() == "430[1]")
    }
  }

  @Test(arguments: modes)
  func namesThatAreTooLongAreRefused(_ mode: String) async throws {
    var options = quietOptions()
    options.limits.maxNamespaceBytes = 8
    options.namespaces = ["*"]
    try await serving(mode, options, register: register) { server in
      let client = try await server.join()
      try await client.join("/1234567")
      for name in ["/12345678", "/" + String(repeating: "x", count: 5000)] {
        try await client.send("40\(name),")
        #expect(try await client.text() == #"44\#(name),{"message":"Invalid namespace"}"#)
      }
      try await client.send(#"420["echo",1]"#)
      #expect(try await client.text() == "430[1]")
    }
  }

  @Test(arguments: modes)
  func attachmentsOutOfOrder(_ mode: String) async throws {
    try await serving(mode, register: register) { server in
      func check(_ name: String, _ packets: [WireClient.Message], _ answer: String?) async throws {
        let client = try await server.join()
        for packet in packets {
          switch packet {
          case .text(let text): try await client.send(text)
          case .binary(let bytes): try await client.send(binary: bytes)
          case .closed: break
          }
        }
        if let answer {
          let text = try await client.text()
          #expect(text == answer, "\(name)")
        } else {
          let isClosed = try await client.isClosed()
          #expect(isClosed, "\(name)")
        }
        client.close()
      }
      let header = WireClient.Message.text(#"451-0["echo",{"_placeholder":true,"num":0}]"#)
      try await check("complete", [header, .binary([1])], #"461-0[{"_placeholder":true,"num":0}]"#)
      try await check("none announced, none awaited", [.text(#"450-0["echo",1]"#)], "430[1]")
      try await check(
        "none announced, and then another", [.text(#"450-0["echo",1]"#), .text(#"421["echo",2]"#)], "430[1]")
      try await check("more than are used", [.text(#"451-0["echo",1]"#), .binary([1])], "430[1]")
      try await check("a text in between", [header, .text(#"420["echo",1]"#)], nil)
      try await check("binary out of nothing", [.binary([1])], nil)
      for placeholder in ["1", "-1", "null", "\"0\"", "0.5", "99999999999999999999"] {
        try await check(
          "number \(placeholder)",
          [.text(#"451-0["echo",{"_placeholder":true,"num":\#(placeholder)}]"#), .binary([1])], nil)
      }
    }
  }

  @Test(arguments: modes)
  func whatIsLegalAlthoughItIsOdd(_ mode: String) async throws {
    try await serving(mode, register: register) { server in
      let client = try await server.open()
      // Packets in one go: the events come after the CONNECT, and are kept until that is done.
      try await client.send("40/chat")
      try await client.send(#"42/chat,0["echo",1]"#)
      #expect(try await client.text().hasPrefix("40/chat,{"))
      #expect(try await client.text() == "43/chat,0[1]")
      // Acknowledgements that nobody waits for.
      try await client.send("43/chat,0[]")
      try await client.send("43/chat,7[1]")
      try await client.send(#"42/chat,9007199254740991["echo"]"#)
      #expect(try await client.text() == "43/chat,9007199254740991[]")
      // An event without a handler is not acknowledged.
      try await client.send(#"42/chat,1["nobody"]"#)
      try await client.send("40/none,")
      #expect(try await client.text().hasPrefix("44/none,"))
      // Leaving, and coming again.
      try await client.send("41/chat,")
      try await client.join("/chat")
    }
  }

  @Test(arguments: modes)
  func theOldGeneration(_ mode: String) async throws {
    try await serving(mode) { io in
      register(io)
      io.onConnect(namespace: "/secret") { _, auth in
        guard auth == "token=1" else { throw ConnectionRefused("no", data: ["code": 1]) }
      }
    } _: { server in
      let client = try await server.open(revision: 3)
      #expect(try await client.text() == "40")
      // Asking again is answered again.
      try await client.send("40")
      #expect(try await client.text() == "40")
      try await client.send(#"420["echo",1]"#)
      #expect(try await client.text() == "430[1]")
      try await client.send("40/secret?token=0")
      #expect(try await client.text() == #"44/secret,{"code":1}"#)
      try await client.send("40/secret?token=1")
      #expect(try await client.text() == "40/secret")
      try await client.send("40/nowhere")
      #expect(try await client.text() == #"44/nowhere,"Invalid namespace""#)
      try await client.send(#"451-1["echo",{"_placeholder":true,"num":0}]"#)
      try await client.send(binary: [4, 9])
      #expect(try await client.text() == #"461-1[{"_placeholder":true,"num":0}]"#)
      #expect(try await client.message() == .binary([4, 9]))
      // Events that come before the client has read that it is connected are legal.
      let eager = try await server.open(revision: 3)
      try await eager.send(#"420["echo",2]"#)
      #expect(try await eager.text() == "40")
      #expect(try await eager.text() == "430[2]")
      for packet in [#"42["connect"]"#, #"42/chat,["echo"]"#, "42[]", "44", "42"] {
        let client = try await server.open(revision: 3)
        _ = try await client.text()
        try await client.send(packet)
        let isClosed = try await client.isClosed()
        #expect(isClosed, "after \(packet)")
      }
      // Leaving the namespace / ends the connection.
      server.io.disconnectAll()
      #expect(try await client.text() == "41")
      #expect(try await client.isClosed())
    }
  }
}
