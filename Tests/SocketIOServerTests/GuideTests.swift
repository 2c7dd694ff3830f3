import AsyncModes
import EngineIO
import HTTPTypes
import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

// The snippets of the guide, as they stand there.

extension SessionKey<String> { fileprivate static let user = SessionKey("user") }

@Sendable private func greet(_ socket: Socket, _ name: String) async throws -> String { "Hello \(name)" }

private func welcome() throws {
  try joinRoom("lobby")
  try emit("welcome", to: .room("lobby"))
}

private struct Logged: InterceptingNamespace {
  let namespace: Namespace
  let notes: Notes<String>
  var events: [On] { On("ping") { (socket: Socket) in "pong" } }

  func handle(_ event: SocketEvent, next: EventAction) async throws -> Arguments? {
    await notes.add("\(event.name) \(event.arguments.values)")
    return try await next(event)
  }
}

private func authenticatedOnly<each Argument, Reply>(
  _ handler: @escaping @Sendable (Socket, repeat each Argument) async throws -> Reply
) -> @Sendable (Socket, repeat each Argument) async throws -> Reply {
  { (socket: Socket, argument: repeat each Argument) in
    guard socket.session[.user] != nil else {
      socket.disconnect()
      throw ConnectionRefused("log in first")
    }
    return try await handler(socket, repeat each argument)
  }
}

@Suite(.timeLimit(.minutes(2)))
struct GuideTests {
  @Test(arguments: modes)
  func handlersAndMiddleware(_ mode: String) async throws {
    let notes = Notes<String>()
    try await serving(mode) { io in
      io.on("greet", greet)
      io.on("enter") { (socket: Socket) in try welcome() }
      io.on("who") { (socket: Socket) -> [String?] in
        [
          socket.namespace, socket.request.query("room"), socket.request.header("User-Agent"),
          socket.request.cookie("theme"), socket.request.remoteAddress?.host,
        ]
      }
      io.onNamespace(Logged(namespace: io.namespace("/logged"), notes: notes))
      io.onErrorDefault { socket, failure in "\(failure.error)" }
      io.onConnect(namespace: "/secret") { socket, auth in
        if let user = auth["user"]?.stringValue { try socket.session.set(user, for: .user) }
      }
      io.on(
        "secret", namespace: "/secret",
        authenticatedOnly { (socket: Socket, text: String) async throws -> String in "you said \(text)" })
      io.onConnect(namespace: "/admin") { _, _ in }
      io.interceptEvents(namespace: "/admin") { event, next in
        guard event.socket.session[.user] == "admin" else {
          event.socket.disconnect()
          return nil
        }
        return try await next(event)
      }
      io.onAny(namespace: "/admin") { _, _, _ in [] }
    } _: { server in
      let client = try await server.open(query: "&room=7", fields: "Cookie: theme=dark\r\nUser-Agent: test\r\n")
      try await client.join()
      for (sent, answers) in [
        (#"420["greet","Anna"]"#, [#"430["Hello Anna"]"#]),
        (#"421["enter"]"#, [#"42["welcome"]"#, "431[]"]),
        (#"422["who"]"#, [#"432[["/","7","test","dark","127.0.0.1"]]"#]),
      ] {
        try await client.send(sent)
        for answer in answers { #expect(try await client.text() == answer) }
      }
      try await client.join("/logged")
      try await client.send(#"42/logged,0["ping",1]"#)
      #expect(try await client.text() == #"43/logged,0["pong"]"#)
      #expect(await notes.all == ["ping [1]"])

      try await client.join("/secret", auth: #"{"user":"Anna"}"#)
      try await client.send(#"42/secret,0["secret","x"]"#)
      #expect(try await client.text() == #"43/secret,0["you said x"]"#)
      let stranger = try await server.join("/secret")
      try await stranger.send(#"42/secret,0["secret","x"]"#)
      #expect(try await stranger.text() == "41/secret,")
      try await stranger.join("/admin")
      try await stranger.send(#"42/admin,0["anything"]"#)
      #expect(try await stranger.text() == "41/admin,")
    }
  }

  @Test(arguments: modes)
  func loginOverHTTP(_ mode: String) async throws {
    let sessions = try MemorySessionStore()
    var options = quietOptions()
    options.sessions = sessions
    var routes = HTTPRoutes()
    routes.get("/login") { request in
      let session = sessions.create(["user": "Anna"])
      var answer = ApplicationResponse(text: "Welcome\n")
      answer.response.headerFields[.setCookie] = sessions.cookie(for: session.id)
      return answer
    }
    let io = try SocketIO(app: routes, mode: try makeMode(mode), options: options)
    io.on("name") { (socket: Socket) in socket.session[.user] }
    let address = try await io.listen(on: try .ip("127.0.0.1", port: 0)).address
    let stream = try await io.mode.open(address)
    try await stream.write(Array("GET /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8))
    var answer: [UInt8] = []
    while let chunk = try await stream.read() { answer += chunk }
    let text = String(decoding: answer, as: UTF8.self)
    let line = try #require(text.split(separator: "\r\n").first { $0.lowercased().hasPrefix("set-cookie: ") })
    let cookie = line.dropFirst("set-cookie: ".count).prefix { $0 != ";" }
    let client = try await WireClient.open(address, io.mode, fields: "Cookie: \(cookie)\r\n")
    try await client.join()
    try await client.send(#"420["name"]"#)
    #expect(try await client.text() == #"430["Anna"]"#)
    await io.stop()
  }
}
