import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

// The manual's section "Class-Based Namespaces".

private struct MyCustomNamespace: SocketNamespace {
  let namespace: Namespace
  let notes: Notes<String>

  var events: [On] {
    On("my_event", myEvent)
    On("told") { (socket: Socket) in namespace.send("from the namespace") }
    On("twice") { (socket: Socket) in "the type's" }
  }

  func connected(_ socket: Socket, auth: SocketValue) async { await notes.add("connected") }

  func disconnected(_ socket: Socket, reason: DisconnectReason) async { await notes.add("disconnected") }

  func myEvent(_ socket: Socket, _ data: SocketValue) throws { try emit("my_response", data) }
}

@Suite(.timeLimit(.minutes(2)))
struct ClassBasedNamespacesTests {
  @Test(arguments: modes)
  func handlersInOneType(_ mode: String) async throws {
    let notes = Notes<String>()
    try await serving(mode) { io in
      io.onNamespace(MyCustomNamespace(namespace: io.namespace("/test"), notes: notes))
      io.on("twice", namespace: "/test") { (socket: Socket) in "the function's" }
    } _: { server in
      let client = try await server.join("/test")
      #expect(await notes.first(1) == ["connected"])
      #expect(try await client.exchange(#"42/test,["my_event",{"a":1}]"#) == [#"42/test,["my_response",{"a":1}]"#])
      // Without a handler an event is ignored.
      try await client.send(#"42/test,["nobody handles this"]"#)
      #expect(try await client.exchange(#"42/test,["told"]"#) == [#"42/test,["message","from the namespace"]"#])
      #expect(try await client.exchange(#"42/test,0["twice"]"#) == [#"43/test,0["the function's"]"#])
      client.close()
      #expect(await notes.first(2) == ["connected", "disconnected"])
    }
  }
}
