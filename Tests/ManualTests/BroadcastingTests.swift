import AsyncModes
import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

// The manual's section "Broadcasting".

@Suite(.timeLimit(.minutes(2)))
struct BroadcastingTests {
  @Test(arguments: modes)
  func toEveryoneInTheNamespace(_ mode: String) async throws {
    try await serving(mode) { io in
      io.onConnect(namespace: "/other") { _, _ in }
      io.on("my event") { (socket: Socket, data: SocketValue) in try emit("my response", data, to: .everyone) }
      io.on("my message") { (socket: Socket, data: SocketValue) in try send(data, to: .everyone) }
      io.on("not to me") { (socket: Socket, data: SocketValue) in
        try emit("my response", data, to: .others)
        return "told"
      }
    } _: { server in
      let sender = try await server.join()
      let other = try await server.join()
      let elsewhere = try await server.join("/other")
      #expect(try await sender.exchange(#"42["my event",1]"#) == [#"42["my response",1]"#])
      #expect(try await other.text() == #"42["my response",1]"#)
      #expect(try await sender.exchange(#"42["my message","x"]"#) == [#"42["message","x"]"#])
      #expect(try await other.text() == #"42["message","x"]"#)
      #expect(try await sender.exchange(#"420["not to me",2]"#) == [#"430["told"]"#])
      #expect(try await other.text() == #"42["my response",2]"#)
      // Another namespace has heard nothing: what comes next there is the end.
      server.io.disconnectAll(namespace: "/other")
      #expect(try await elsewhere.text() == "41/other,")
    }
  }

  @Test(arguments: modes)
  func fromOutsideOfHandlers(_ mode: String) async throws {
    try await serving(mode) { server in
      @Sendable func someFunction() throws { try server.io.emit("some event", ["data": 42]) }
      let clients = [try await server.join(), try await server.join()]
      try await server.io.startBackgroundTask { try someFunction() }.join()
      for client in clients { #expect(try await client.text() == #"42["some event",{"data":42}]"#) }
      server.io.send("to all of you")
      for client in clients { #expect(try await client.text() == #"42["message","to all of you"]"#) }
    }
  }
}
