import AsyncModes
import HTTPTypes
import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

// The manual's section "Authentication".

private struct User: Codable, Sendable { var name: String }

extension SessionKey<User> { fileprivate static let currentUser = SessionKey("user") }

private func authenticatedOnly<each Argument, Reply>(
  _ handler: @escaping @Sendable (Socket, repeat each Argument) async throws -> Reply
) -> @Sendable (Socket, repeat each Argument) async throws -> Reply? {
  { (socket: Socket, argument: repeat each Argument) in
    guard socket.session[.currentUser] != nil else {
      try disconnect()
      return nil
    }
    return try await handler(socket, repeat each argument)
  }
}

@Suite(.timeLimit(.minutes(2)))
struct AuthenticationTests {
  /// A server with a login by HTTP; what it registers is left to the test.
  private func serving(
    _ mode: String, _ register: (SocketIO) -> Void, _ body: (SocketIO, SocketAddress, String) async throws -> Void
  ) async throws {
    let sessions = try MemorySessionStore()
    var options = quietOptions()
    options.sessions = sessions
    var routes = HTTPRoutes()
    routes.get("/login") { _ in
      let session = sessions.create(["user": ["name": "Anna"]])
      var answer = ApplicationResponse(text: "Welcome\n")
      answer.response.headerFields[.setCookie] = sessions.cookie(for: session.id)
      return answer
    }
    let io = try SocketIO(app: routes, mode: try makeMode(mode), options: options)
    register(io)
    let address = try await io.listen(on: try .ip("127.0.0.1", port: 0)).address
    do {
      let answer = try await fetch("/login", address, io.mode)
      let line = try #require(answer.split(separator: "\r\n").first { $0.lowercased().hasPrefix("set-cookie: ") })
      let cookie = line.dropFirst("set-cookie: ".count).prefix { $0 != ";" }
      try await body(io, address, "Cookie: \(cookie)\r\n")
    } catch {
      await io.stop()
      throw error
    }
    await io.stop()
  }

  @Test(arguments: modes)
  func byTheSessionOfTheLogin(_ mode: String) async throws {
    try await serving(mode) { io in
      io.onConnect { socket, _ in
        guard let user = socket.session[.currentUser] else { throw ConnectionRefused() }
        try emit("my response", ["message": "\(user.name) has joined"], to: .everyone)
      }
    } _: { io, address, cookie in
      let anna = try await WireClient.open(address, io.mode, fields: cookie)
      try await anna.join()
      #expect(try await anna.text() == #"42["my response",{"message":"Anna has joined"}]"#)
      let stranger = try await WireClient.open(address, io.mode)
      #expect(try await stranger.exchange("40") == [#"44{"message":"Connection rejected by server"}"#])
    }
  }

  @Test(arguments: modes)
  func byADecorator(_ mode: String) async throws {
    try await serving(mode) { io in
      io.on(
        "my event",
        authenticatedOnly { (socket: Socket, data: SocketValue) async throws -> Bool in
          let name = socket.session[.currentUser]?.name ?? ""
          try emit("my response", ["message": "\(name) has joined"], to: .everyone)
          return true
        })
    } _: { io, address, cookie in
      let anna = try await WireClient.open(address, io.mode, fields: cookie)
      try await anna.join()
      #expect(
        try await anna.exchange(#"420["my event",1]"#, answers: 2)
          == [#"42["my response",{"message":"Anna has joined"}]"#, "430[true]"])
      let stranger = try await WireClient.join(address, io.mode)
      #expect(try await stranger.exchange(#"420["my event",1]"#) == ["41"])
    }
  }
}
