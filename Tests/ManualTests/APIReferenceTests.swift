import AsyncModes
import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

// The manual's section "API Reference": its examples that do not stand in the sections before, too.

extension SessionKey<String> { fileprivate static let username = SessionKey("username") }

@Suite(.timeLimit(.minutes(2)))
struct APIReferenceTests {
  /// `on`, `on_event`, `on_error`, `on_error_default`.
  @Test(arguments: modes)
  func registersHandlers(_ mode: String) async throws {
    let notes = Notes<String>()
    @Sendable func onFooEvent(_ socket: Socket, _ json: SocketValue) async throws {
      await notes.add("foo received json: \(json)")
      throw ConnectionRefused("foo")
    }
    try await serving(mode) { io in
      io.on("my event", namespace: "/chat") { (socket: Socket, json: SocketValue) in
        await notes.add("received json: \(json)")
      }
      io.on("foo", namespace: "/chat", onFooEvent)
      io.on("foo", namespace: "/other", onFooEvent)
      io.onError(namespace: "/chat") { _, failure in await notes.add("An error has occurred in the chat") }
      io.onErrorDefault { _, failure in await notes.add("An error has occurred") }
    } _: { server in
      let client = try await server.join("/chat")
      try await client.send(#"42/chat,["my event",1]"#)
      try await client.send(#"42/chat,["foo",2]"#)
      _ = await notes.first(3)
      try await client.join("/other")
      try await client.send(#"42/other,["foo",3]"#)
      #expect(
        await notes.first(5) == [
          "received json: 1", "foo received json: 2", "An error has occurred in the chat", "foo received json: 3",
          "An error has occurred",
        ])
    }
  }

  /// `SocketIO.emit` in the handler of an HTTP request.
  @Test(arguments: modes)
  func emitsForARequest(_ mode: String) async throws {
    let io = try SocketIO(options: quietOptions())
    let chat = io.namespace("/chat")
    var routes = HTTPRoutes()
    routes.get("/ping") { _ in
      try chat.emit("ping event", ["data": 42])
      return ApplicationResponse(text: "sent\n")
    }
    io.onConnect(namespace: "/chat") { _, _ in }
    try io.attach(app: routes, mode: try makeMode(mode))
    let address = try await io.listen(on: try .ip("127.0.0.1", port: 0)).address
    do {
      let client = try await WireClient.join(address, io.mode, "/chat")
      #expect(try await fetch("/ping", address, io.mode).hasSuffix("sent\n"))
      #expect(try await client.text() == #"42/chat,["ping event",{"data":42}]"#)
    } catch {
      await io.stop()
      throw error
    }
    await io.stop()
  }

  /// `skip_sid`, `include_self`, `close_room`.
  @Test(arguments: modes)
  func skipsClientsAndClosesRooms(_ mode: String) async throws {
    try await serving(mode) { io in
      io.on("join") { (socket: Socket, room: String) in try joinRoom(room) }
      io.on("close") { (socket: Socket, room: String) in try closeRoom(room) }
      io.on("others") { (socket: Socket, room: String) in
        try emit("from another", to: .room(room), skipping: [socket.id])
      }
      io.on("rooms") { (socket: Socket) in try await rooms() }
    } _: { server in
      let one = try await server.open()
      let id = try await one.join()
      let other = try await server.join()
      for client in [one, other] { #expect(try await client.exchange(#"420["join","a"]"#) == ["430[]"]) }
      let skipped = try #require(await server.io.participants(of: "a").first { $0.description == id })
      server.io.send("first", to: ["a"], skipping: [skipped])
      #expect(try await other.text() == #"42["message","first"]"#)
      #expect(try await one.exchange(#"421["others","a"]"#) == ["431[]"])
      #expect(try await other.text() == #"42["from another"]"#)
      #expect(try await one.exchange(#"422["close","a"]"#) == ["432[]"])
      #expect(await server.io.participants(of: "a").isEmpty)
      #expect(try await other.exchange(#"423["rooms"]"#) == ["433[[]]"])
    }
  }

  /// `disconnect`.
  @Test(arguments: modes)
  func disconnectsTheBanned(_ mode: String) async throws {
    @Sendable func isBanned(_ name: String?) -> Bool { name == "Mallory" }
    try await serving(mode) { io in
      io.onConnect { socket, auth in
        if let name = auth["username"]?.stringValue { try socket.session.set(name, for: .username) }
      }
      io.onMessage { (socket: Socket, message: SocketValue) in
        if isBanned(socket.session[.username]) { try disconnect() } else { try send(message) }
      }
    } _: { server in
      let anna = try await server.join(auth: #"{"username":"Anna"}"#)
      #expect(try await anna.exchange(#"42["message","hello"]"#) == [#"42["message","hello"]"#])
      let mallory = try await server.join(auth: #"{"username":"Mallory"}"#)
      #expect(try await mallory.exchange(#"42["message","hello"]"#) == ["41"])
    }
  }

  /// `start_background_task`, `sleep`.
  @Test(arguments: modes)
  func runsTasksBesideTheServer(_ mode: String) async throws {
    try await serving(mode) { server in
      let io = server.io
      let client = try await server.join()
      let task = io.startBackgroundTask(name: "counter") {
        for count in 1...3 {
          try await io.sleep(for: .milliseconds(1))
          try io.emit("count", count)
        }
        return "counted"
      }
      for count in 1...3 { #expect(try await client.text() == #"42["count",\#(count)]"#) }
      #expect(try await task.join() == "counted")
      #expect(!task.isAlive)
    }
  }

  /// `stop`, called from a handler.
  @Test(arguments: modes)
  func stopsFromAHandler(_ mode: String) async throws {
    let io = try SocketIO(mode: try makeMode(mode), options: quietOptions())
    io.on("stop") { (socket: Socket) in
      // What was sent before the stop arrives; an acknowledgement may come too late for that.
      try socket.emit("stopping")
      io.startBackgroundTask { await io.stop() }
    }
    // The client's connection must not end with the runtime of the server.
    let outside = try makeMode(mode)
    try await io.run(port: 0) { listener in
      do {
        let client = try await WireClient.join(listener.address, outside)
        #expect(try await client.exchange(#"42["stop"]"#) == [#"42["stopping"]"#])
        #expect(try await client.isClosed())
      } catch {
        Issue.record(error)
        await io.stop()
      }
    }
    _ = await outside.shutdown(within: .seconds(5))
  }
}
