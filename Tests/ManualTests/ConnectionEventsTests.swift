import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

// The manual's section "Connection Events".

@Suite(.timeLimit(.minutes(2)))
struct ConnectionEventsTests {
  @Test(arguments: modes)
  func connectAndDisconnect(_ mode: String) async throws {
    let notes = Notes<String>()
    try await serving(mode) { io in
      io.onConnect { _, _ in try emit("my response", ["data": "Connected"]) }
      io.onDisconnect { _, _ in await notes.add("Client disconnected") }
      io.onConnect(namespace: "/chat") { _, _ in try emit("my response", ["data": "Connected to chat"]) }
      io.onDisconnect(namespace: "/chat") { _, reason in await notes.add("chat: \(reason.rawValue)") }
    } _: { server in
      let client = try await server.join()
      #expect(try await client.text() == #"42["my response",{"data":"Connected"}]"#)
      // Each namespace has events of its own.
      try await client.join("/chat")
      #expect(try await client.text() == #"42/chat,["my response",{"data":"Connected to chat"}]"#)
      try await client.send("41/chat,")
      #expect(await notes.first(1) == ["chat: client namespace disconnect"])
      client.close()
      #expect(await notes.first(2).last == "Client disconnected")
    }
  }

  @Test(arguments: modes)
  func refuses(_ mode: String) async throws {
    try await serving(mode) { io in
      io.onConnect { socket, _ in
        guard socket.request.query("token") == "secret" else {
          throw ConnectionRefused("unauthorized!", data: ["retry": false])
        }
      }
      io.onConnect(namespace: "/closed") { _, _ in throw ConnectionRefused() }
    } _: { server in
      let stranger = try await server.open(query: "&token=guess")
      #expect(try await stranger.exchange("40") == [#"44{"message":"unauthorized!","data":{"retry":false}}"#])
      #expect(
        try await stranger.exchange("40/closed,") == [#"44/closed,{"message":"Connection rejected by server"}"#])
      #expect(await server.io.clientCount() == 0)
      try await server.open(query: "&token=secret").join()
      #expect(await server.io.clientCount() == 1)
    }
  }
}
