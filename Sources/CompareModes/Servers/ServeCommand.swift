import ArgumentParser
import AsyncModeSelection
import AsyncModes
import SocketIOServer

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The server under test. It ends when its standard input does.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "serve", shouldDisplay: false)

  @Option var asyncMode: String
  @Option var executors = 1

  func run() async throws {
    _ = raiseOpenFiles()
    let mode = try AsyncModeSelection.select(
      .named(asyncMode), configuration: ModeConfiguration(executorCount: executors, logger: .quiet("server"))
    ).mode
    var options = SocketIOOptions()
    options.logger = .quiet("server")
    let io = try SocketIO(mode: mode, options: options)
    io.on(
      "echo",
      raw: { socket, arguments, acknowledgement in
        if let acknowledgement { acknowledgement.send(raw: arguments) } else { socket.emit("echo", raw: arguments) }
      })
    io.on("broadcast", raw: { socket, arguments, _ in socket.emit("broadcast", raw: arguments, to: .everyone) })
    io.on("compute") { (socket: Socket) -> Int in sortNumbers() }
    io.on("block") { (socket: Socket) async throws -> Bool in
      // What the guide tells handlers to do that have to block.
      if mode.handlersMayBlock { blockTenMilliseconds() } else { try await io.runBlocking { blockTenMilliseconds() } }
      return true
    }
    let echo = try await mode.listen(on: .ip("127.0.0.1", port: 0), options: ListenOptions()) { EchoHandler($0) }
    let listener = try await io.listen(on: .ip("127.0.0.1", port: 0))
    print("ready \(listener.address.port ?? 0) \(echo.address.port ?? 0)")
    fflush(nil)
    try await mode.runBlocking { while getchar() != EOF {} }
    _exit(0)
  }
}

/// Occupies the processor: sorts a thousand numbers, always the same.
private func sortNumbers() -> Int {
  var state: UInt32 = 1
  var numbers = (0..<1000).map { _ in
    state = state &* 1_664_525 &+ 1_013_904_223
    return state
  }
  numbers.sort()
  return Int(numbers[500])
}

/// Occupies the calling thread, as a query of a database does.
private func blockTenMilliseconds() { usleep(10_000) }

/// Sends back what comes.
private final class EchoHandler: ConnectionHandler {
  let connection: Connection
  init(_ connection: Connection) { self.connection = connection }
  func received(_ bytes: inout MutableRawSpan) { connection.write(bytes.bytes) }
  func closed(_ reason: CloseReason) {}
}
