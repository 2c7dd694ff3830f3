#if ServiceLifecycle
  import AsyncModes
  import Logging
  import ServerTesting
  import ServiceLifecycle
  import SocketIOServer
  import SocketIOServiceLifecycle
  import Testing

  struct ServiceTests {
    private struct Other: Service {
      let body: @Sendable () async throws -> Void
      func run() async throws { try await body() }
    }

    private func group(_ services: [any Service]) -> ServiceGroup {
      ServiceGroup(services: services, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// A graceful shutdown tells the clients, waits for handlers that are at work, and ends within the deadline.
    @Test(arguments: modes) func drainsWithTheGroup(_ mode: String) async throws {
      let io = try SocketIO(mode: try makeMode(mode), options: quietOptions())
      io.on("slow") { (socket: Socket) async throws -> String in
        try socket.emit("begun")
        // Until the server stops, which cancels it.
        try? await io.sleep(for: .seconds(600))
        return "late"
      }
      let path = try SocketAddress.unix(path: "/tmp/socketio-service-\(UInt64.random(in: 0 ... .max))")
      let services = group([SocketIOService(io, on: path, within: .seconds(30))])
      async let running: Void = services.run()
      let client = try await connect(path, io)
      try await client.send(#"420["slow"]"#)
      #expect(try await client.text() == #"42["begun"]"#)
      await services.triggerGracefulShutdown()
      while try await client.message() != .closed {}
      try await running
      await #expect(throws: AsyncModeError.self) { try await io.listen(on: path) }
    }

    /// A server that is stopped ends the group, even in the moment in which it begins to listen; an address that cannot
    /// be had is an error of the group, and so is a server that had been stopped before.
    @Test(arguments: modes) func endsTheGroup(_ mode: String) async throws {
      for _ in 0..<20 {
        let io = try SocketIO(mode: try makeMode(mode), options: quietOptions())
        let path = try SocketAddress.unix(path: "/tmp/socketio-service-\(UInt64.random(in: 0 ... .max))")
        let services = group([SocketIOService(io, on: path)])
        let running = Task { try await services.run() }
        _ = try await connect(path, io)
        await io.stop()
        await #expect(throws: ServiceGroupError.self) { try await running.value }
        await #expect(throws: AsyncModeError.self) { try await group([SocketIOService(io, on: path)]).run() }
      }

      let lost = try SocketIO(mode: try makeMode(mode), options: quietOptions())
      await #expect(throws: AsyncModeError.self) {
        try await group([SocketIOService(lost, on: try .unix(path: "/nowhere/at/all"))]).run()
      }
    }

    /// Connects as soon as the server listens.
    private func connect(_ address: SocketAddress, _ io: SocketIO) async throws -> WireClient {
      while true {
        do { return try await WireClient.join(address, io.mode) } catch is AsyncModeError { await Task.yield() }
      }
    }
  }
#endif
