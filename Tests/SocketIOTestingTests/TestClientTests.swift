import AsyncModes
import EngineIO
import EngineIOCodec
import HTTPCodec
import HTTPTypes
import SocketIOCodec
import SocketIOServer
import SocketIOTesting
import Testing

/// Everything that a client does, over each transport and in both generations.
struct TestClientTests {
  /// A way to be connected.
  struct Way: Sendable, CustomTestStringConvertible {
    var options: TestClientOptions
    var chunkBytes = 64 << 10
    var mayBlock = false
    var testDescription: String {
      "revision \(options.revision.rawValue), \(options.transport)\(options.isBase64 ? ", base64" : "")"
        + "\(options.isJSONP ? ", JSONP" : "")\(chunkBytes == 1 ? ", byte by byte" : "")\(mayBlock ? ", threads" : "")"
    }
    func mode() throws -> MemoryMode {
      try MemoryMode(handlersMayBlock: mayBlock, network: MemoryNetwork(chunkBytes: chunkBytes))
    }
  }

  static let ways: [Way] =
    [EngineIORevision.v3, .v4].flatMap { revision in
      [TestClientOptions.Transport.polling, .webSocket, .upgrade].flatMap { transport in
        [
          Way(options: TestClientOptions(revision: revision, transport: transport)),
          Way(options: TestClientOptions(revision: revision, transport: transport), chunkBytes: 1),
          Way(options: TestClientOptions(revision: revision, transport: transport), mayBlock: true),
          Way(options: TestClientOptions(revision: revision, transport: transport, isBase64: true)),
        ]
      }
    } + [Way(options: TestClientOptions(revision: .v3, isJSONP: true))]

  @Test(arguments: ways)
  func speaksWithTheServer(_ way: Way) async throws {
    try await withServer(try way.mode()) { io, mode in
      io.on("echo") { (_: Socket, text: String, number: Int) in Arguments([.string(text), .int(Int64(number))]) }
      io.on("binary") { (socket: Socket, bytes: [UInt8]) in
        try socket.emit("bytes", bytes, ["in": bytes])
        return bytes
      }
      io.on("later") { (_: Socket, text: String) async throws -> String in
        await Task.yield()
        return text.uppercased()
      }
      io.onMessage { (socket: Socket, text: String) in socket.send(.string(text)) }
      let client = try await io.testClient(options: way.options)
      #expect(try await client.isConnected())
      #expect(try await client.isOnWebSocket == (way.options.transport != .polling))
      #expect(try await client.call("echo", "grüß\u{1F600}\u{1e}\n\\n", 42) == ["grüß\u{1F600}\u{1e}\n\\n", 42])
      #expect(try await client.call("binary", [0, 1, 255] as [UInt8]) == [.binary([0, 1, 255])])
      #expect(
        try await client.received() == [
          ReceivedEvent("bytes", .binary([0, 1, 255]), ["in": .binary([0, 1, 255])])
        ])
      #expect(try await client.call("later", "abc") == ["ABC"])
      try await client.send("hello")
      #expect(try await client.received() == [ReceivedEvent("message", "hello")])
      #expect(try await client.received().isEmpty)
      for number in 0..<100 { try await client.emit("message", "\(number)") }
      #expect(try await client.received() == (0..<100).map { ReceivedEvent("message", .string("\($0)")) })
    }
  }

  @Test(arguments: ways)
  func answersWhatTheServerAsks(_ way: Way) async throws {
    try await withServer(try way.mode()) { io, mode in
      let client = try await io.testClient(options: way.options)
      try await client.onAsk("sum") { arguments in
        [.int(arguments.values.reduce(0) { $0 + ($1.intValue ?? 0) }), .binary([7])]
      }
      let results = await io.callAll("sum", 1, 2, 3)
      #expect(Array(results.answers.values) == [[6, .binary([7])]])
      #expect(try await client.received() == [ReceivedEvent("sum", 1, 2, 3)])
    }
  }

  @Test(arguments: [EngineIORevision.v3, .v4])
  func namespacesAreSeparate(_ revision: EngineIORevision) async throws {
    try await withServer { io, _ in
      io.onConnect(namespace: "/test") { socket, _ in socket.emit("welcome", values: [1]) }
      io.on("where") { (socket: Socket) in socket.namespace }
      io.on("where", namespace: "/test") { (socket: Socket) in socket.namespace }
      let client = try await io.testClient(options: TestClientOptions(revision: revision))
      #expect(try await !client.isConnected(namespace: "/test"))
      await #expect(throws: TestClientError.self) { try await client.emit("where", namespace: "/test") }
      try await client.connect(namespace: "/test")
      #expect(try await client.isConnected(namespace: "/test"))
      #expect(try await client.call("where") == ["/"])
      #expect(try await client.call("where", namespace: "/test") == ["/test"])
      #expect(try await client.received().isEmpty)
      #expect(try await client.received(namespace: "/test") == [ReceivedEvent("welcome", 1, namespace: "/test")])
      try await client.disconnect(namespace: "/test")
      #expect(try await !client.isConnected(namespace: "/test"))
      #expect(try await client.isConnected())
      await #expect(throws: TestClientError.self) { try await client.disconnect(namespace: "/test") }
      #expect(await io.clientCount(namespace: "/test") == 0)
    }
  }

  @Test(arguments: [EngineIORevision.v3, .v4])
  func refusalsCarryMessageAndData(_ revision: EngineIORevision) async throws {
    try await withServer { io, _ in
      io.onConnect { _, _ in throw ConnectionRefused("not today", data: revision == .v4 ? ["code": 7] : nil) }
      let expected = ConnectionRefused("not today", data: revision == .v4 ? ["code": 7] : nil)
      await #expect(throws: expected) { try await io.testClient(options: TestClientOptions(revision: revision)) }
      await #expect(throws: ConnectionRefused("Invalid namespace")) {
        let client = try await io.testClient(namespace: nil, options: TestClientOptions(revision: revision))
        try await client.connect(namespace: "/nowhere")
      }
    }
  }

  @Test
  func queryHeadersAuthAndAddressArrive() async throws {
    try await withServer { io, _ in
      io.onConnect { socket, auth in
        let head = socket.request.head
        socket.emit(
          "seen",
          values: [
            auth, .string(head.query.map { head.string($0) } ?? ""), .string(head.value("x-test") ?? ""),
            .string(head.value("cookie") ?? ""),
          ])
      }
      let client = try await io.testClient(
        auth: ["token": "secret"], query: "a=1&b=2", headers: [.init("X-Test")!: "yes"], cookies: ["c": "d"])
      #expect(
        try await client.received() == [
          ReceivedEvent("seen", ["token": "secret"], "EIO=4&transport=websocket&a=1&b=2", "yes", "c=d")
        ])
    }
  }

  @Test
  func cookiesOfRoutesAreSentWhenConnecting() async throws {
    var routes = HTTPRoutes()
    routes.post("/login") { request in
      var answer = ApplicationResponse(text: "welcome")
      answer.response.headerFields[.setCookie] =
        "user=\(String(decoding: request.body, as: UTF8.self)); Path=/; HttpOnly"
      return answer
    }
    routes.get("/logout") { _ in
      var answer = ApplicationResponse(text: "bye")
      answer.response.headerFields[.setCookie] = "user=; Path=/; Max-Age=0"
      return answer
    }
    try await withServer(app: routes) { io, _ in
      io.onConnect { socket, _ in
        guard let cookie = socket.request.head.value("cookie") else { throw ConnectionRefused("log in first") }
        socket.emit("you", values: [.string(cookie)])
      }
      let client = try await io.testClient(namespace: nil)
      await #expect(throws: ConnectionRefused("log in first")) { try await client.connect() }
      try await client.close()
      let answer = try await client.post("/login", body: "ada")
      #expect(answer.status == .ok && answer.text == "welcome")
      #expect(client.cookies["user"] == "ada")
      try await client.connect()
      #expect(try await client.received() == [ReceivedEvent("you", "user=ada")])
      _ = try await client.get("/logout")
      #expect(client.cookies.names.isEmpty)
      #expect(try await client.get("/nowhere").status == .notFound)
    }
  }

  @Test
  func bothGenerationsHearEachOther() async throws {
    try await withServer { io, _ in
      io.onConnect { socket, _ in socket.join("lobby") }
      io.on("say") { (socket: Socket, text: String) in
        socket.emit("said", values: [.string(text), .binary([1, 2])], to: .room("lobby"))
      }
      let transports: [TestClientOptions.Transport] = [.polling, .webSocket, .upgrade]
      var clients: [TestClient] = []
      for revision in [EngineIORevision.v3, .v4] {
        for transport in transports {
          clients.append(
            try await io.testClient(options: TestClientOptions(revision: revision, transport: transport)))
        }
      }
      for (number, client) in clients.enumerated() { try await client.emit("say", "from \(number)") }
      let expected = clients.indices.map { ReceivedEvent("said", .string("from \($0)"), .binary([1, 2])) }
      for client in clients { #expect(try await client.received() == expected) }
    }
  }

  @Test
  func useWhileNotConnectedIsAnError() async throws {
    try await withServer { io, _ in
      let client = try await io.testClient()
      try await client.close()
      #expect(try await client.end == .client)
      for use in [
        { try await client.emit("x") }, { try await client.send("x") }, { _ = try await client.call("x") },
        { try await client.disconnect() }, { try await client.send(packet: "4") },
      ] as [@Sendable () async throws -> Void] {
        await #expect { try await use() } throws: { ($0 as? TestClientError)?.code == .notConnected }
      }
      try await client.connect()
      #expect(try await client.isConnected())
      #expect(try await client.end == nil)
    }
  }

  @Test
  func otherRuntimesAreRefused() async throws {
    let io = try SocketIO()
    await #expect { try await io.testClient() } throws: { ($0 as? TestClientError)?.code == .wrongRuntime }
  }
}
