import AsyncModes
import EngineIO
import SocketIOCodec
import SocketIOServer
import Testing

/// What handlers throw here.
private struct OnPurpose: Error {}

@Suite struct EventTests {
  @Test(.timeLimit(.minutes(10)), arguments: modes)
  func eventsReachWhomTheyAreMeantFor(_ mode: String) async throws {
    try await ServerUnderTest.run(on: mode) { server in
      server.io.on("to") { (socket: Socket, whom: String, text: String) in
        let recipients: Recipients =
          switch whom {
          case "sender": .sender
          case "everyone": .everyone
          case "others": .others
          case "room": .room("r")
          default: .client(SocketID(whom) ?? socket.id)
          }
        socket.emit("got", values: [.string(text)], to: recipients)
      }
      server.io.on("join") { (socket: Socket) in
        socket.join("r")
        return true
      }
      var peers: [(peer: WebSocketPeer, id: String)] = []
      for _ in 0..<3 { peers.append(try await server.joined()) }
      for index in [0, 2] {
        try await peers[index].peer.send("421[\"join\"]")
        let joined = try await peers[index].peer.receiveText()
        #expect(joined == "431[true]")
      }
      // Each client is sent a last event, up to which everything is read.
      func expectAll(_ expected: [[String]], _ send: () async throws -> Void) async throws {
        try await send()
        server.io.emit("end", values: [])
        for (index, (peer, _)) in peers.enumerated() {
          var texts: [String] = []
          while texts.last != "42[\"end\"]" { texts.append(try await peer.receiveText()) }
          #expect(texts.dropLast() == expected[index].map { "42[\"got\",\"\($0)\"]" }[...], "client \(index)")
        }
      }
      /// Lets the first client send, and waits until it is handled.
      func send(_ whom: String, _ text: String) async throws {
        try await peers[0].peer.send("42[\"to\",\"\(whom)\",\"\(text)\"]")
        try await peers[0].peer.send("427[\"join\"]")
        var held: [String] = []
        while held.last != "437[true]" { held.append(try await peers[0].peer.receiveText()) }
        own = held.dropLast()
      }
      var own: [String] = []
      for (whom, expected) in [
        ("sender", [true, false, false]), ("everyone", [true, true, true]), ("others", [false, true, true]),
        ("room", [true, false, true]), (peers[1].id, [false, true, false]),
      ] {
        try await expectAll([[], expected[1] ? [whom] : [], expected[2] ? [whom] : []]) { try await send(whom, whom) }
        // The sender hears it before the acknowledgement of its next event, or with what follows.
        #expect(own == (expected[0] ? ["42[\"got\",\"\(whom)\"]"] : []), "the sender, \(whom)")
      }
      try await expectAll([["x"], [], []]) {
        server.io.emit("got", values: [.string("x")], skipping: peers.dropFirst().compactMap { SocketID($0.id) })
      }
      try await expectAll([[], ["y"], []]) { server.io.emit("got", values: [.string("y")], except: ["r"]) }
      for (peer, _) in peers { peer.close() }
    }
  }

  @Test(.timeLimit(.minutes(10)), arguments: modes)
  func acknowledgementsGoBothWays(_ mode: String) async throws {
    try await ServerUnderTest.run(on: mode) { server in
      let sockets = Notes<Socket>()
      server.io.onConnect { socket, _ in sockets.add(socket) }
      server.io.on("sum") { (_: Socket, first: Int, second: Int) in first + second }
      server.io.on("several") { (_: Socket) in Arguments([.int(1), .string("two")]) }
      let (peer, _) = try await server.joined()
      try await peer.send("425[\"sum\",2,3]")
      let sum = try await peer.receiveText()
      #expect(sum == "435[5]")
      try await peer.send("426[\"several\"]")
      let several = try await peer.receiveText()
      #expect(several == "436[1,\"two\"]")
      let socket = try #require(sockets.all.first)

      async let answer = socket.call("question", .int(1), timeout: .seconds(100))
      let question = try await peer.receiveText()
      #expect(question.hasPrefix("42") && question.hasSuffix("[\"question\",1]"))
      let id = question.dropFirst(2).prefix { $0.isNumber }
      try await peer.send("43\(id)[\"yes\"]")
      try await peer.send("43\(id)[\"twice\"]")
      let values = try await answer
      #expect(values[0] == .string("yes"))

      await #expect { try await socket.call("silence", timeout: .milliseconds(20)) } throws: {
        ($0 as? SocketIOError)?.code == .timedOut
      }
      _ = try await peer.receiveText()
      // The timeout of an hour is never reached: the client goes first.
      async let lost = socket.call("question", timeout: .seconds(3600))
      _ = try await peer.receiveText()
      await peer.abort()
      do {
        _ = try await lost
        Issue.record("a client that is gone answered")
      } catch {
        #expect((error as? SocketIOError)?.code == .disconnected)
      }
    }
  }

  @Test(.timeLimit(.minutes(10)), arguments: modes)
  func binaryDataGoesBothWays(_ mode: String) async throws {
    try await ServerUnderTest.run(on: mode) { server in
      server.io.on("double") { (socket: Socket, bytes: [UInt8]) in
        socket.emit("doubled", values: [.binary(bytes + bytes)])
        return SocketValue.binary(bytes)
      }
      let (peer, _) = try await server.joined()
      try await peer.send("451-9[\"double\",{\"_placeholder\":true,\"num\":0}]")
      try await peer.send([1, 2, 3])
      var messages: [WebSocketPeer.Message] = []
      for _ in 0..<4 { messages.append(try await peer.receive()) }
      #expect(
        messages == [
          .text("451-[\"doubled\",{\"_placeholder\":true,\"num\":0}]"), .binary([1, 2, 3, 1, 2, 3]),
          .text("461-9[{\"_placeholder\":true,\"num\":0}]"), .binary([1, 2, 3]),
        ])
      peer.close()
    }
  }

  @Test(.timeLimit(.minutes(10)), arguments: modes)
  func namespacesAreApartAndRoomsAreLimited(_ mode: String) async throws {
    var options = SocketIOOptions()
    options.namespaces = ["/a", "/b"]
    options.maxRoomsPerClient = 2
    try await ServerUnderTest.run(on: mode, options: options) { server in
      server.io.on("join", namespace: "/a") { (socket: Socket) async throws in
        for room in ["1", "2", "3"] { socket.join(room) }
        return await socket.rooms.sorted()
      }
      let (peer, _) = try await server.joined("/a")
      _ = try await peer.join("/b")
      server.io.emit("only", values: [], namespace: "/b")
      let only = try await peer.receiveText()
      #expect(only == "42/b,[\"only\"]")
      try await peer.send("42/a,1[\"join\"]")
      let rooms = try await peer.receiveText()
      #expect(rooms == "43/a,1[[\"1\",\"2\"]]")
      let refusedJoins = await server.io.counters().refusedJoins
      #expect(refusedJoins == 1)
      server.io.emit("room", values: [], to: ["2"], namespace: "/a")
      let room = try await peer.receiveText()
      #expect(room == "42/a,[\"room\"]")
      peer.close()
    }
  }

  @Test(.timeLimit(.minutes(10)), arguments: modes)
  func handlersThatThrowHarmNobody(_ mode: String) async throws {
    try await ServerUnderTest.run(on: mode) { server in
      server.io.on("throw") { (_: Socket) throws in throw OnPurpose() }
      server.io.on("throwLater") { (_: Socket) async throws in
        await Task.yield()
        throw OnPurpose()
      }
      server.io.on("echo") { (_: Socket, text: String) in text }
      let (peer, _) = try await server.joined()
      let (other, _) = try await server.joined()
      try await peer.send("42[\"throw\"]")
      try await peer.send("42[\"throwLater\"]")
      for client in [peer, other] {
        try await client.send("421[\"echo\",\"still here\"]")
        let answer = try await client.receiveText()
        #expect(answer == "431[\"still here\"]")
      }
      try await server.eventually { await server.io.counters().failedHandlers == 2 }
      peer.close()
      other.close()
    }
  }

  @Test(.timeLimit(.minutes(10)), arguments: modes)
  func aClientThatReadsNothingIsGivenUpAtTheBound(_ mode: String) async throws {
    var options = SocketIOOptions()
    options.engine.maxOutgoingBytes = 100_000
    try await ServerUnderTest.run(on: mode, options: options) { server in
      let reasons = Notes<DisconnectReason>()
      server.io.onDisconnect { _, reason in reasons.add(reason) }
      let (hanging, id) = try await server.joined()
      let (reading, _) = try await server.joined()
      await hanging.hang()
      let text = String(repeating: "x", count: 50_000)
      try await server.eventually {
        server.io.emit("much", values: [.string(text)], to: [id])
        return !reasons.all.isEmpty
      }
      #expect(reasons.all == [.slowClient])
      let slowClients = await server.io.engine.counters().slowClients
      #expect(slowClients == 1)
      server.io.emit("still", values: [])
      let still = try await reading.receiveText()
      #expect(still == "42[\"still\"]")
      reading.close()
      await hanging.abort()
    }
  }

  /// The echoes have to come while all fifty handlers are blocked: what they wait for is given only afterwards.
  @Test(.timeLimit(.minutes(10)), arguments: modes)
  func blockedHandlersDoNotHoldUpOtherClients(_ mode: String) async throws {
    try await ServerUnderTest.run(on: mode) { server in
      let blocked = Counter()
      let gate = Gate()
      let wait: @Sendable () -> Void = {
        blocked.increment()
        gate.wait()
      }
      let runtime = server.io.mode
      if runtime.handlersMayBlock {
        server.io.on("block") { (_: Socket) in
          wait()
          return true
        }
      } else {
        server.io.on("block") { (_: Socket) async throws in
          try await runtime.runBlocking(wait)
          return true
        }
      }
      server.io.on("echo") { (_: Socket, number: Int) in number }
      var blocking: [WebSocketPeer] = []
      for _ in 0..<50 {
        let (peer, _) = try await server.joined()
        try await peer.send("421[\"block\"]")
        blocking.append(peer)
      }
      let (peer, _) = try await server.joined()
      do {
        try await server.eventually { blocked.value == 50 }
        for number in 0..<100 {
          try await peer.send("42\(number)[\"echo\",\(number)]")
          let answer = try await peer.receiveText()
          #expect(answer == "43\(number)[\(number)]")
        }
        gate.open()
      } catch {
        gate.open()
        throw error
      }
      for peer in blocking {
        let answer = try await peer.receiveText()
        #expect(answer == "431[true]")
        peer.close()
      }
      peer.close()
    }
  }
}
