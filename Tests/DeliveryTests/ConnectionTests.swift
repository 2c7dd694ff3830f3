import AsyncModes
import EngineIO
import SocketIOCodec
import SocketIOServer
import Testing

@Suite struct ConnectionTests {
  @Test(.timeLimit(.minutes(10)), arguments: modes)
  func connectsRefusesAndTellsWhyClientsLeave(_ mode: String) async throws {
    try await ServerUnderTest.run(on: mode) { server in
      let reasons = Notes<DisconnectReason>()
      server.io.onConnect { socket, auth in
        guard auth["token"] == "secret" else { throw ConnectionRefused("wrong token") }
        socket.emit("welcome", values: [])
      }
      server.io.onDisconnect { _, reason in reasons.add(reason) }
      server.io.on("leave") { (socket: Socket) in socket.disconnect() }

      let refused = try await server.webSocket()
      try await refused.send("40{\"token\":\"guess\"}")
      let refusal = try await refused.receiveText()
      #expect(refusal == "44{\"message\":\"wrong token\"}")
      try await refused.send("40/nowhere,")
      let unknown = try await refused.receiveText()
      #expect(unknown.hasPrefix("44/nowhere,{\"message\":"))

      let leaving = try await server.webSocket()
      _ = try await leaving.join(auth: "{\"token\":\"secret\"}")
      let welcome = try await leaving.receiveText()
      #expect(welcome == "42[\"welcome\"]")
      try await leaving.send("41")
      try await server.eventually { reasons.all == [.clientDisconnect] }

      let sent = try await server.webSocket()
      _ = try await sent.join(auth: "{\"token\":\"secret\"}")
      _ = try await sent.receiveText()
      try await sent.send("42[\"leave\"]")
      let bye = try await sent.receiveText()
      #expect(bye == "41")
      try await server.eventually { reasons.all.last == .serverDisconnect }

      let lost = try await server.webSocket()
      _ = try await lost.join(auth: "{\"token\":\"secret\"}")
      await lost.abort()
      try await server.eventually { reasons.all.count == 3 }
      #expect([.transportClose, .transportError].contains(reasons.all[2]))
      // The client that was refused never was there.
      refused.close()
      let closing = try await server.webSocket()
      _ = try await closing.join(auth: "{\"token\":\"secret\"}")
      try await closing.send("1")
      try await server.eventually { reasons.all.count == 4 }
      #expect(reasons.all[3] == .transportClose)
    }
  }

  @Test(.timeLimit(.minutes(10)), arguments: modes)
  func eventsInTheSamePayloadAsTheConnectAreHandled(_ mode: String) async throws {
    try await ServerUnderTest.run(on: mode) { server in
      server.io.onConnect { (_: Socket, _: SocketValue) async throws in await Task.yield() }
      server.io.on("early") { (_: Socket, number: Int) in number + 1 }
      let peer = try await server.polling()
      try await peer.post(["40", "421[\"early\",1]", "422[\"early\",2]"])
      var packets: [String] = []
      while packets.count < 3 { packets += try await peer.receive() }
      #expect(packets[0].hasPrefix("40{\"sid\":"))
      #expect(Array(packets[1...]) == ["431[2]", "432[3]"])
      peer.close()
    }
  }

  @Test(.timeLimit(.minutes(10)), arguments: modes)
  func stoppingTellsEveryClient(_ mode: String) async throws {
    try await ServerUnderTest.run(on: mode) { server in
      let reasons = Notes<DisconnectReason>()
      server.io.onDisconnect { _, reason in reasons.add(reason) }
      let (first, _) = try await server.joined()
      let (second, _) = try await server.joined()
      let polling = try await server.polling()
      try await polling.post(["40"])
      _ = try await polling.receive()
      async let last = polling.poll()
      let report = await server.io.stop(within: .seconds(30))
      #expect(report == ShutdownReport())
      for peer in [first, second] {
        let code = try await peer.receiveEnd()
        #expect(code == 1001)
      }
      // The poll may have come too late to be answered. A close packet would keep clients of Python from coming back.
      if let told = try? await last { #expect(told == ["6"]) }
      #expect(reasons.all == [.serverShutdown, .serverShutdown, .serverShutdown])
      polling.close()
    }
  }

  @Test(.timeLimit(.minutes(10)), arguments: modes)
  func messagesSurviveTheUpgradeInBothDirections(_ mode: String) async throws {
    let count = 10_000
    var options = SocketIOOptions()
    options.engine.upgradeTimeout = .seconds(300)
    try await ServerUnderTest.run(on: mode, options: options) { server in
      let arrived = Notes<Int>()
      server.io.on("up") { (_: Socket, number: Int) in arrived.add(number) }
      server.io.on("start") { (socket: Socket) in
        for number in 0..<count { socket.emit("down", values: [.int(Int64(number))]) }
      }
      let polling = try await server.polling()
      try await polling.post(["40"])
      _ = try await polling.receive()
      var received: [String] = []
      func post(_ numbers: Range<Int>) async throws {
        for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 500) {
          try await polling.post((start..<min(start + 500, numbers.upperBound)).map { "42[\"up\",\($0)]" })
        }
      }
      try await post(0..<count / 4)
      try await polling.post(["42[\"start\"]"])
      received += try await polling.poll()
      // The upgrade: probe, answer; polls go on until the server has nothing more to say there.
      let upgraded = try await WebSocketPeer(server.clients, server.address, session: polling.session)
      try await upgraded.send("2probe")
      let answer = try await upgraded.receiveText()
      #expect(answer == "3probe")
      try await post(count / 4..<count / 2)
      received += try await polling.poll()
      try await upgraded.send("5")
      for number in count / 2..<count { try await upgraded.send("42[\"up\",\(number)]") }
      let wanted = (0..<count).map { "42[\"down\",\($0)]" }
      received = received.filter { $0.hasPrefix("42") }
      while received.count < count, case .text(let text) = try await upgraded.receive() { received.append(text) }
      #expect(received == wanted, "\(received.count) packets came, or out of order")
      try await server.eventually { arrived.all.count >= count }
      #expect(arrived.all == Array(0..<count))
      let upgrades = await server.io.engine.counters().upgrades
      #expect(upgrades == 1)
      upgraded.close()
      polling.close()
    }
  }
}
