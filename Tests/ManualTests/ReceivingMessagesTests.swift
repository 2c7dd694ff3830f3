import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

// The manual's section "Receiving Messages".

@Suite(.timeLimit(.minutes(2)))
struct ReceivingMessagesTests {
  @Test(arguments: modes)
  func unnamedEvents(_ mode: String) async throws {
    let received = Notes<String>()
    try await serving(mode) { io in
      io.onMessage { (socket: Socket, message: String) in await received.add("received message: " + message) }
      io.onJSON { (socket: Socket, json: [String: Int]) in await received.add("received json: \(json)") }
    } _: { server in
      let client = try await server.join()
      try await client.send(#"42["message","hello"]"#)
      try await client.send(#"42["json",{"a":1}]"#)
      #expect(await received.first(2) == ["received message: hello", #"received json: ["a": 1]"#])
    }
  }

  @Test(arguments: modes)
  func namedEvents(_ mode: String) async throws {
    let received = Notes<SocketValue>()
    try await serving(mode) { io in
      io.on("my event") { (socket: Socket, data: SocketValue) in await received.add(data) }
    } _: { server in
      let client = try await server.join()
      try await client.send(#"42["my event","text"]"#)
      try await client.send(#"42["my event",7]"#)
      try await client.send(#"42["my event",{"a":[true,null]}]"#)
      try await client.send(#"451-["my event",{"_placeholder":true,"num":0}]"#)
      try await client.send(binary: [1, 2, 3])
      #expect(await received.first(4) == ["text", 7, ["a": [true, nil]], .binary([1, 2, 3])])
    }
  }

  @Test(arguments: modes)
  func multipleArguments(_ mode: String) async throws {
    let received = Notes<String>()
    try await serving(mode) { io in
      io.on("my event") { (socket: Socket, arg1: String, arg2: String, arg3: String) in
        await received.add("received args: " + arg1 + arg2 + arg3)
      }
    } _: { server in
      let client = try await server.join()
      try await client.send(#"42["my event","a","b","c"]"#)
      #expect(await received.first(1) == ["received args: abc"])
    }
  }

  @Test(arguments: modes)
  func namespaces(_ mode: String) async throws {
    let received = Notes<String>()
    try await serving(mode) { io in
      io.on("my event") { (socket: Socket, json: SocketValue) in await received.add("/ \(json)") }
      io.on("my event", namespace: "/test") { (socket: Socket, json: SocketValue) in
        await received.add("/test \(json)")
      }
    } _: { server in
      let client = try await server.join("/test")
      try await client.send(#"42/test,["my event",{"a":1}]"#)
      #expect(await received.first(1) == [#"/test {"a":1}"#])
    }
  }

  @Test(arguments: modes)
  func functionsAsHandlers(_ mode: String) async throws {
    let received = Notes<String>()
    @Sendable func myFunctionHandler(_ socket: Socket, _ data: String) async { await received.add(data) }
    try await serving(mode) { io in
      io.on("my event", namespace: "/test", myFunctionHandler)
    } _: { server in
      let client = try await server.join("/test")
      try await client.send(#"42/test,["my event","x"]"#)
      #expect(await received.first(1) == ["x"])
    }
  }

  @Test(arguments: modes)
  func acknowledgements(_ mode: String) async throws {
    try await serving(mode) { io in
      io.on("my event") { (socket: Socket, json: SocketValue) -> Arguments in ["one", 2] }
      io.on("returns nothing") { (socket: Socket, json: SocketValue) in }
    } _: { server in
      let client = try await server.join()
      #expect(try await client.exchange(#"420["my event",{}]"#) == [#"430["one",2]"#])
      #expect(try await client.exchange(#"421["returns nothing",{}]"#) == ["431[]"])
    }
  }
}
