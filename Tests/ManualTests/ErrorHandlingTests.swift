import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

// The manual's section "Error Handling".

private struct RuntimeFault: Error {}

@Suite(.timeLimit(.minutes(2)))
struct ErrorHandlingTests {
  @Test(arguments: modes)
  func handlersOfErrors(_ mode: String) async throws {
    let notes = Notes<String>()
    try await serving(mode) { io in
      for namespace in ["/", "/chat", "/other"] {
        io.on("fail", namespace: namespace) { (socket: Socket) in throw RuntimeFault() }
      }
      io.onError { _, failure in await notes.add("/: \(failure.error)") }
      io.onError(namespace: "/chat") { _, failure in await notes.add("/chat: \(failure.error)") }
      io.onErrorDefault { socket, failure in await notes.add("default, \(socket.namespace): \(failure.error)") }
    } _: { server in
      let client = try await server.join()
      try await client.join("/chat")
      try await client.join("/other")
      // One after the other: each answer shows that the error was handled.
      #expect(try await client.exchange(#"420["fail"]"#) == ["430[]"])
      #expect(try await client.exchange(#"42/chat,0["fail"]"#) == ["43/chat,0[]"])
      #expect(try await client.exchange(#"42/other,0["fail"]"#) == ["43/other,0[]"])
      #expect(await notes.all == ["/: RuntimeFault()", "/chat: RuntimeFault()", "default, /other: RuntimeFault()"])
    }
  }

  @Test(arguments: modes)
  func eventThatFailed(_ mode: String) async throws {
    let notes = Notes<String>()
    try await serving(mode) { io in
      io.on("my error event") { (socket: Socket, data: SocketValue) in throw RuntimeFault() }
      io.onErrorDefault { _, failure in await notes.add("\(failure.event) \(failure.arguments.values)") }
    } _: { server in
      let client = try await server.join()
      try await client.send(#"42["my error event",{"a":1}]"#)
      #expect(await notes.first(1) == [#"my error event [{"a":1}]"#])
    }
  }
}
