import AsyncModes
import EngineIO
import EngineIOCodec
import SocketIOCodec
import SocketIOServer
import SocketIOTesting
import Testing

/// Clients that do not do what they should harm nobody but themselves.
struct MisbehaviourTests {
  @Test(arguments: TimeTests.clients)
  func slowClientsAreSentAwayAtTheBound(_ options: TestClientOptions) async throws {
    try await withServer { options in
      options.engine.maxOutgoingBytes = 300_000
    } _: { io, mode in
      let reasons = Reasons()
      io.onDisconnect { _, reason in reasons.add(reason) }
      let slow = try await io.testClient(options: options)
      let other = try await io.testClient()
      try await slow.stopReading()
      let text = String(repeating: "x", count: 10_000)
      for _ in 0..<20 { io.emit("news", values: [.string(text)]) }
      try await mode.settle()
      #expect(reasons.all.isEmpty)
      // In pieces below the bound: a client that keeps up may not be given more than that at once either.
      for _ in 0..<4 {
        for _ in 0..<10 { io.emit("news", values: [.string(text)]) }
        try await mode.settle()
      }
      #expect(reasons.all == [.slowClient])
      #expect(await io.engine.counters().slowClients == 1)
      #expect(try await other.received().count == 60)
    }
  }

  @Test(arguments: TimeTests.clients)
  func slowClientsMayCatchUp(_ options: TestClientOptions) async throws {
    try await withServer { io, mode in
      let client = try await io.testClient(options: options)
      try await client.stopReading()
      for number in 0..<50 {
        io.emit("news", values: [.int(Int64(number)), .string(String(repeating: "x", count: 10_000))])
      }
      try await mode.settle()
      try await client.resumeReading()
      #expect(try await client.received().map { $0.arguments[0] } == (0..<50).map { .int(Int64($0)) })
    }
  }

  @Test(arguments: ["4", "42", "42{}", "47", "42[1", "43", "9", "42/nowhere,[\"x\"]", "450-", "451-[\"x\"]"])
  func malformedPacketsEndTheirSenderOnly(_ packet: String) async throws {
    try await withServer { io, mode in
      io.on("echo") { (_: Socket, text: String) in text }
      let other = try await io.testClient()
      let client = try await io.testClient()
      try await client.send(packet: packet)
      if packet.hasPrefix("451-") { try await client.send(packet: "42[\"x\"]") }
      #expect(try await client.end == .server(code: 1002))
      #expect(try await other.call("echo", "fine") == ["fine"])
    }
  }

  @Test
  func frameErrorsGetTheirCode() async throws {
    try await withServer { io, mode in
      let unmasked = try await io.testClient()
      try await unmasked.send(bytes: [0x81, 0x01, 0x32])
      #expect(try await unmasked.end == .server(code: 1002))
      let noText = try await io.testClient()
      try await noText.send(bytes: [0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28])
      #expect(try await noText.end == .server(code: 1007))
    }
  }

  @Test
  func aResetIsNoticedAtOnce() async throws {
    try await withServer { io, mode in
      let reasons = Reasons()
      io.onDisconnect { _, reason in reasons.add(reason) }
      let client = try await io.testClient()
      try await client.reset()
      #expect(reasons.all == [.transportError])
      #expect(try await client.end == .lost)
    }
  }

  @Test(arguments: TimeTests.clients)
  func whoeverLeavesInGoodOrderIsSaidTo(_ options: TestClientOptions) async throws {
    try await withServer { io, mode in
      let reasons = Reasons()
      io.onDisconnect { _, reason in reasons.add(reason) }
      let first = try await io.testClient(options: options)
      try await first.close()
      let second = try await io.testClient(options: options)
      try await second.disconnect()
      let third = try await io.testClient(options: options)
      io.disconnectAll()
      #expect(try await !third.isConnected())
      try await mode.settle()
      #expect(reasons.all == [.transportClose, .clientDisconnect, .serverDisconnect])
      #expect(await io.clientCount() == 0)
    }
  }

  @Test
  func eventsOfOneClientAreHandledInOrder() async throws {
    try await withServer { io, mode in
      io.on("slow") { (socket: Socket, number: Int) async throws in
        try await io.sleep(for: .seconds(10 - number))
        socket.emit("done", values: [.int(Int64(number))])
      }
      let client = try await io.testClient()
      for number in 0..<5 { try await client.emit("slow", number) }
      try await mode.advance(by: .seconds(60))
      #expect(try await client.received().map { $0.arguments[0] } == [0, 1, 2, 3, 4])
    }
  }
}
