import ServerTesting
import SocketIOCodec
import SocketIOServer
import Testing

/// Who gets what is emitted, and what comes back.
@Suite(.timeLimit(.minutes(2)))
struct EmittingTests {
  /// Clients a, b and c, in this order; a and b are in room r, b and c in room s.
  private func withThree(
    _ mode: String, _ body: (SocketIO, [WireClient], [SocketID]) async throws -> Void
  ) async throws {
    try await serving(mode) { io in
      io.on("join") { (socket: Socket, room: String) in socket.join(room) }
    } _: { server in
      var clients: [WireClient] = []
      var ids: [SocketID] = []
      for rooms in [["r"], ["r", "s"], ["s"]] {
        let client = try await server.open()
        ids.append(try #require(SocketID(try await client.join())))
        for room in rooms {
          try await client.send(#"420["join","\#(room)"]"#)
          #expect(try await client.text() == "430[]")
        }
        clients.append(client)
      }
      try await body(server.io, clients, ids)
    }
  }

  @Test(arguments: modes)
  func audiences(_ mode: String) async throws {
    try await withThree(mode) { io, clients, ids in
      let a = ids[0].description
      let emits: [(Set<Int>, (String) -> Void)] = [
        ([0, 1, 2], { io.emit($0, values: []) }),
        ([0, 1], { io.emit($0, values: [], to: ["r"]) }),
        ([0, 1, 2], { io.emit($0, values: [], to: ["r", "s"]) }),
        ([0], { io.emit($0, values: [], to: [a]) }),
        ([1], { io.emit($0, values: [], to: ["r"], skipping: [ids[0]]) }),
        ([0], { io.emit($0, values: [], except: ["s"]) }),
        ([1, 2], { io.emit($0, values: [], except: [a]) }),
        ([], { io.emit($0, values: [], to: ["nobody"]) }),
        ([0, 1, 2], { io.emit($0, values: [], flags: .local) }),
      ]
      for (index, emit) in emits.enumerated() { emit.1("e\(index)") }
      io.emit("end", values: [])
      for (number, client) in clients.enumerated() {
        let expected = emits.indices.filter { emits[$0].0.contains(number) }.map { #"42["e\#($0)"]"# }
        for event in expected + [#"42["end"]"#] {
          let text = try await client.text()
          #expect(text == event)
        }
      }
    }
  }

  @Test(arguments: modes)
  func recipientsOfASocket(_ mode: String) async throws {
    try await serving(mode) { io in
      io.on("go") { (socket: Socket, other: String) in
        socket.join("r")
        socket.emit("sender", values: [])
        socket.emit("others", values: [], to: .others)
        socket.emit("everyone", values: [], to: .everyone)
        socket.emit("room", values: [], to: .room("r"))
        socket.emit("none", values: [], to: .rooms([]))
        if let id = SocketID(other) { socket.emit("one", values: [], to: .client(id)) }
        socket.send("text", json: true)
      }
    } _: { server in
      let (a, b) = (try await server.join(), try await server.open())
      let id = try await b.join()
      try await a.send(#"420["go","\#(id)"]"#)
      for name in ["sender", "everyone", "room"] { #expect(try await a.text() == #"42["\#(name)"]"#) }
      #expect(try await a.text() == #"42["json","text"]"#)
      #expect(try await a.text() == "430[]")
      for name in ["others", "everyone", "one"] { #expect(try await b.text() == #"42["\#(name)"]"#) }
    }
  }

  @Test(arguments: modes)
  func acknowledgementsOfManyAreCollected(_ mode: String) async throws {
    try await withThree(mode) { io, clients, ids in
      async let pending = io.callAll("ask", 1, timeout: .seconds(60))
      for client in clients { #expect(try await client.text() == #"420["ask",1]"#) }
      try await clients[0].send(#"430["a",1]"#)
      try await clients[1].send("430[]")
      // Who leaves is not waited for.
      clients[2].close()
      let results = await pending
      #expect(results.answers == [ids[0].description: ["a", 1], ids[1].description: []])
      #expect(results.failures.mapValues(\.code) == [ids[2].description: .disconnected])
      #expect(results.isComplete)

      async let late = io.callAll("ask", to: ["r"], timeout: .milliseconds(50))
      #expect(try await clients[0].text() == #"421["ask"]"#)
      let partial = await late
      #expect(partial.failures.values.allSatisfy { $0.code == .timedOut } && partial.failures.count == 2)
      #expect(!partial.isComplete)
      #expect(await io.callAll("ask", to: ["nobody"]).answers.isEmpty)
      #expect(await io.counters().missedAcknowledgements == 2)
    }
  }

  @Test(arguments: modes)
  func callWaitsAndFailsFast(_ mode: String) async throws {
    let results = Notes<String>()
    try await serving(mode) { io in
      io.on("ask") { (socket: Socket) async -> String in
        do { return "\(try await socket.call("question", 1).values)" } catch {
          return "\((error as? SocketIOError)?.code.description ?? "?")"
        }
      }
      io.on("gone") { (socket: Socket) async in
        do { _ = try await socket.call("question") } catch {
          await results.add("\((error as? SocketIOError)?.code.description ?? "?")")
        }
      }
    } _: { server in
      let client = try await server.join()
      try await client.send(#"420["ask"]"#)
      #expect(try await client.text() == #"420["question",1]"#)
      try await client.send(#"430["yes",2]"#)
      #expect(try await client.text() == #"430["[\"yes\", 2]"]"#)
      try await client.send(#"42["gone"]"#)
      _ = try await client.text()
      client.close()
      #expect(await results.first(1) == ["disconnected"])
    }
  }

  @Test(arguments: modes)
  func volatileEventsAreDroppedForWhoIsNotReady(_ mode: String) async throws {
    // A client whose connect handler has not finished is not ready.
    let gate = Gate()
    let joined = Notes<Bool>()
    try await serving(mode) { io in
      io.onConnect { socket, _ in
        socket.emit("early", values: [], flags: .volatile)
        socket.emit("kept", values: [])
        await joined.add(true)
        await gate.pass()
      }
    } _: { server in
      let client = try await server.open()
      try await client.send("40")
      _ = await joined.first(1)
      server.io.emit("news", values: [], flags: .volatile)
      #expect(await server.io.counters().droppedVolatileEvents == 2)
      await gate.open()
      #expect(try await client.text().hasPrefix("40"))
      #expect(try await client.text() == #"42["kept"]"#)
      server.io.emit("news", values: [1], flags: .volatile)
      #expect(try await client.text() == #"42["news",1]"#)
    }
  }

  @Test(arguments: modes)
  func roomsAndClientsFromOutside(_ mode: String) async throws {
    try await withThree(mode) { io, clients, ids in
      io.join("new", members: "r")
      #expect(Set(await io.participants(of: "new")) == Set(ids[0...1]))
      #expect(try await io.rooms(of: ids[0].description) == ["r", "new"])
      io.leave("new", members: ids[0].description)
      #expect(await io.participants(of: "new") == [ids[1]])
      io.closeRoom("new")
      #expect(await io.participants(of: "new").isEmpty)
      #expect(try await io.rooms(of: "nobody") == nil)
      let members = try await io.sockets(in: ["s"])
      #expect(Set(members.map(\.id)) == Set(ids[1...2].map(\.description)))
      io.disconnect(ids[0].description)
      #expect(try await clients[0].text() == "41")
      #expect(await io.clientCount() == 2)
      io.disconnectTransport(ids[1].description)
      #expect(try await clients[1].isClosed())
      io.disconnectAll()
      #expect(try await clients[2].text() == "41")
      #expect(await io.participants().isEmpty)
    }
  }
}
