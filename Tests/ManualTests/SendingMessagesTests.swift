import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

// The manual's section "Sending Messages".

@Suite(.timeLimit(.minutes(2)))
struct SendingMessagesTests {
  @Test(arguments: modes)
  func toTheSender(_ mode: String) async throws {
    try await serving(mode) { io in
      io.onMessage { (socket: Socket, message: SocketValue) in try send(message) }
      io.onJSON { (socket: Socket, json: SocketValue) in try send(json, json: true) }
      io.on("my event") { (socket: Socket, json: SocketValue) in try emit("my response", json) }
    } _: { server in
      let client = try await server.join()
      #expect(try await client.exchange(#"42["message","hello"]"#) == [#"42["message","hello"]"#])
      #expect(try await client.exchange(#"42["json",{"a":1}]"#) == [#"42["json",{"a":1}]"#])
      #expect(try await client.exchange(#"42["my event",{"a":1}]"#) == [#"42["my response",{"a":1}]"#])
    }
  }

  @Test(arguments: modes)
  func inAnotherNamespace(_ mode: String) async throws {
    try await serving(mode) { io in
      io.onConnect(namespace: "/chat") { _, _ in }
      io.onMessage { (socket: Socket, message: SocketValue) in try send(message, namespace: "/chat") }
      io.on("my event") { (socket: Socket, json: SocketValue) in
        try emit("my response", json, namespace: "/chat")
      }
    } _: { server in
      let client = try await server.join()
      try await client.join("/chat")
      #expect(try await client.exchange(#"42["message","hello"]"#) == [#"42/chat,["message","hello"]"#])
      #expect(try await client.exchange(#"42["my event",{"a":1}]"#) == [#"42/chat,["my response",{"a":1}]"#])
    }
  }

  @Test(arguments: modes)
  func multipleArguments(_ mode: String) async throws {
    try await serving(mode) { io in
      io.onConnect(namespace: "/chat") { _, _ in }
      io.on("my event") { (socket: Socket, json: SocketValue) in
        try emit("my response", "foo", "bar", json, namespace: "/chat")
      }
    } _: { server in
      let client = try await server.join()
      try await client.join("/chat")
      #expect(
        try await client.exchange(#"42["my event",{"a":1}]"#) == [#"42/chat,["my response","foo","bar",{"a":1}]"#])
    }
  }

  @Test(arguments: modes)
  func acknowledgedByTheClient(_ mode: String) async throws {
    let notes = Notes<String>()
    @Sendable func ack(_ answer: Result<Arguments, SocketIOError>) {
      Task { await notes.add((try? answer.get()).map { "message was received! \($0.values)" } ?? "\(answer)") }
    }
    try await serving(mode) { io in
      io.on("my event") { (socket: Socket, json: SocketValue) in
        socket.emit("my response", values: [json], acknowledged: ack)
      }
      // The same for a handler that waits for the answer.
      io.on("ask") { (socket: Socket) in
        let answer = try await socket.call("question", timeout: .seconds(60))
        return answer
      }
    } _: { server in
      let client = try await server.join()
      #expect(try await client.exchange(#"42["my event",{"a":1}]"#) == [#"420["my response",{"a":1}]"#])
      try await client.send("430[]")
      #expect(await notes.first(1) == ["message was received! []"])
      #expect(try await client.exchange(#"42["my event",2]"#) == [#"421["my response",2]"#])
      try await client.send("431[5]")
      #expect(await notes.first(2).last == "message was received! [5]")
      #expect(try await client.exchange(#"427["ask"]"#) == [#"422["question"]"#])
      #expect(try await client.exchange(#"432["yes",1]"#) == [#"437["yes",1]"#])
    }
  }
}
