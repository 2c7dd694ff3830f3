import AsyncModes
import SocketIOCodec
import SocketIOServer
import SocketIOTesting
import Testing

/// The snippets of `Docs/guide/testing.md`.
struct GuideTests {
  @Test
  func greets() async throws {
    let mode = try MemoryMode()
    let io = try SocketIO(mode: mode)
    io.on("greet") { (socket: Socket, name: String) in
      try socket.emit("greeting", "Hello \(name)")
      return "greeted"
    }

    let client = try await io.testClient()
    #expect(try await client.call("greet", "Ada") == ["greeted"])
    #expect(try await client.received() == [ReceivedEvent("greeting", "Hello Ada")])
    await io.stop()
  }

  @Test
  func theClock() async throws {
    try await withServer { io, mode in
      let client = try await io.testClient()
      try await client.vanish()
      try await mode.advance(by: .seconds(45))
      #expect(await io.clientCount() == 0)
    }
  }
}
