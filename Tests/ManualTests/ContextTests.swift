import AsyncModes
import HTTPTypes
import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

// The manual's section "Access to Flask's Context Globals". It has no code; this is what it promises.

extension SessionKey<String> { fileprivate static let color = SessionKey("color") }

@Suite(.timeLimit(.minutes(2)))
struct ContextTests {
  @Test(arguments: modes)
  func whoseEventIsHandled(_ mode: String) async throws {
    @Sendable func report() -> [String] {
      guard let event = SocketEvent.current, let socket = Socket.current else { return [] }
      return [
        socket.id.description, socket.namespace, event.name, "\(event.arguments.values)",
        socket.request.query("color") ?? "", socket.request.header("x-test") ?? "",
      ]
    }
    #expect(report().isEmpty)
    try await serving(mode) { io in
      io.on("my event", namespace: "/chat") { (socket: Socket, number: Int) in report() }
    } _: { server in
      let client = try await server.open(query: "&color=red", fields: "X-Test: yes\r\n")
      let id = try await client.join("/chat")
      // The request of the connection is there for all of its events.
      for number in 1...2 {
        #expect(
          try await client.exchange(#"42/chat,0["my event",\#(number)]"#)
            == [#"43/chat,0[["\#(id)","/chat","my event","[\#(number)]","red","yes"]]"#])
      }
    }
  }

  /// Two clients with the cookie of one user, and what both and a page see after one of them has changed the session.
  private func changeSession(_ mode: String, isManaged: Bool) async throws -> [String] {
    let sessions = try MemorySessionStore()
    var options = quietOptions()
    options.sessions = sessions
    options.manageSession = isManaged
    let io = try SocketIO(mode: try makeMode(mode), options: options)
    io.on("paint") { (socket: Socket, color: String) in try socket.session.set(color, for: .color) }
    io.on("color") { (socket: Socket) in socket.session[.color] }
    let address = try await io.listen(on: try .ip("127.0.0.1", port: 0)).address
    let session = sessions.create(["color": "red"])
    let cookie = sessions.cookie(for: session.id).prefix { $0 != ";" }
    var answers: [String] = []
    do {
      let one = try await WireClient.open(address, io.mode, fields: "Cookie: \(cookie)\r\n")
      let other = try await WireClient.open(address, io.mode, fields: "Cookie: \(cookie)\r\n")
      try await one.join()
      try await other.join()
      answers += try await one.exchange(#"420["paint","blue"]"#)
      answers += try await one.exchange(#"421["color"]"#)
      answers += try await other.exchange(#"421["color"]"#)
    } catch {
      await io.stop()
      throw error
    }
    await io.stop()
    return answers
  }

  @Test(arguments: modes)
  func sessionIsACopy(_ mode: String) async throws {
    #expect(try await changeSession(mode, isManaged: true) == ["430[]", #"431["blue"]"#, #"431["red"]"#])
  }

  @Test(arguments: modes)
  func sessionIsShared(_ mode: String) async throws {
    #expect(try await changeSession(mode, isManaged: false) == ["430[]", #"431["blue"]"#, #"431["blue"]"#])
  }
}
