import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

// The manual's section "Rooms".

private struct Entry: Decodable {
  var username: String
  var room: String
}

@Suite(.timeLimit(.minutes(2)))
struct RoomsTests {
  private func register(_ io: SocketIO) {
    io.on("join") { (socket: Socket, data: Entry) in
      try joinRoom(data.room)
      try send(.string(data.username + " has entered the room."), to: .room(data.room))
    }
    io.on("leave") { (socket: Socket, data: Entry) in
      try leaveRoom(data.room)
      try send(.string(data.username + " has left the room."), to: .room(data.room))
    }
    io.on("rooms") { (socket: Socket) in try await rooms() }
  }

  @Test(arguments: modes)
  func joinAndLeave(_ mode: String) async throws {
    try await serving(mode, register: register) { server in
      let anna = try await server.join()
      let berta = try await server.join()
      let entered = #"42["message","Anna has entered the room."]"#
      #expect(try await anna.exchange(#"42["join",{"username":"Anna","room":"a"}]"#) == [entered])
      let both = #"42["message","Berta has entered the room."]"#
      #expect(try await berta.exchange(#"42["join",{"username":"Berta","room":"a"}]"#) == [both])
      #expect(try await anna.text() == both)
      #expect(try await berta.exchange(#"420["rooms"]"#) == [#"430[["a"]]"#])
      // Who has left does not hear of it: the answer is the next that comes.
      try await anna.send(#"42["leave",{"username":"Anna","room":"a"}]"#)
      #expect(try await anna.exchange(#"420["rooms"]"#) == ["430[[]]"])
      #expect(try await berta.text() == #"42["message","Anna has left the room."]"#)
    }
  }

  @Test(arguments: modes)
  func fromOutsideOfHandlers(_ mode: String) async throws {
    try await serving(mode, register: register) { server in
      let member = try await server.join()
      let other = try await server.join()
      _ = try await member.exchange(#"42["join",{"username":"Anna","room":"a"}]"#)
      server.io.send("to the room", to: ["a"])
      try server.io.emit("news", 1, to: ["a"])
      #expect(try await member.text() == #"42["message","to the room"]"#)
      #expect(try await member.text() == #"42["news",1]"#)
      #expect(try await other.exchange(#"420["rooms"]"#) == ["430[[]]"])
    }
  }

  @Test(arguments: modes)
  func everyClientHasARoomOfItsOwn(_ mode: String) async throws {
    try await serving(mode, register: register) { server in
      let one = try await server.open()
      let id = try await one.join()
      let other = try await server.join()
      server.io.send("to one", to: [id])
      #expect(try await one.text() == #"42["message","to one"]"#)
      #expect(try await other.exchange(#"420["rooms"]"#) == ["430[[]]"])
    }
  }

  @Test(arguments: modes)
  func whoDisconnectsLeavesItsRooms(_ mode: String) async throws {
    let left = Notes<String>()
    try await serving(mode) { io in
      register(io)
      io.onDisconnect { socket, _ in await left.add("left") }
    } _: { server in
      let client = try await server.join()
      _ = try await client.exchange(#"42["join",{"username":"Anna","room":"a"}]"#)
      #expect(await server.io.participants(of: "a").count == 1)
      client.close()
      _ = await left.first(1)
      #expect(await server.io.participants(of: "a").isEmpty)
    }
  }
}
