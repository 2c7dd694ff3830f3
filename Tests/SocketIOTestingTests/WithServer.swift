import AsyncModes
import SocketIOServer
import SocketIOTesting
import Testing

/// Runs a test with a server on a runtime in memory, and sees to it that nothing is left behind.
func withServer(
  _ mode: MemoryMode? = nil, app: (any HTTPApplication)? = nil, _ configure: (inout SocketIOOptions) -> Void = { _ in },
  _ body: (SocketIO, MemoryMode) async throws -> Void
) async throws {
  let mode = try mode ?? MemoryMode()
  var options = SocketIOOptions()
  configure(&options)
  let io = try SocketIO(app: app, mode: mode, options: options)
  do { try await body(io, mode) } catch {
    await io.stop()
    throw error
  }
  let report = await io.stop()
  #expect(report == ShutdownReport())
}
