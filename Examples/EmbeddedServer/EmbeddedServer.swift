import ArgumentParser
import AsyncModeSelection
import AsyncModes
import SocketIOServer

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A hand-written server on the runtime framework that serves a protocol of its own and Socket.IO on one port.
///
/// ```
///   bytes ─► Doorman ─┬─ "STATUS" ─► one line, and goodbye
///                     └─ anything else ─► the handler of the Socket.IO server
/// ```
@main
struct EmbeddedServer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embedded-server", abstract: "A protocol of its own and Socket.IO on one port.")

  @Option(help: "The port to listen on.") var port = 5000
  @Option(help: "libuv, structured, threads or auto.") var asyncMode = "auto"
  @Option(help: "The number of executors; without it one for each core.") var executors: Int?

  func run() async throws {
    let selection = try AsyncModeSelection.select(
      AsyncModeChoice(asyncMode), configuration: ModeConfiguration(executorCount: executors))
    let io = try SocketIO(mode: selection.mode)
    io.on("echo") { (_: Socket, text: String) in text }

    // The server listens itself; whatever is no STATUS goes to Socket.IO.
    let listener = try await selection.mode.listen(
      on: try .ip("127.0.0.1", port: port), options: ListenOptions()
    ) { connection in
      Doorman(connection, io)
    }
    print("Runtime: \(selection.reason).")
    print("ready \(listener.address)")
    fflush(nil)
    await StopSignals.wait()
    await listener.close()
    await io.stop()
  }
}

/// Looks at the first bytes of a connection and gives it to whom it is for.
final class Doorman: ConnectionHandler {
  let connection: Connection
  private let io: SocketIO
  private var seen: [UInt8] = []
  private static let status = Array("STATUS\n".utf8)

  init(_ connection: Connection, _ io: SocketIO) {
    self.connection = connection
    self.io = io
    connection.setDeadline(after: .seconds(10))
  }

  func received(_ bytes: inout MutableRawSpan) {
    bytes.withUnsafeBytes { seen.append(contentsOf: $0) }
    if seen.starts(with: Self.status) {
      connection.write("up\n".utf8Span.span.bytes)
      connection.close()
    } else if !Self.status.starts(with: seen) {
      let handler = io.handler(for: connection)
      connection.setHandler(handler)
      seen.withUnsafeMutableBytes { raw in
        var bytes = MutableRawSpan(_unsafeBytes: raw)
        handler.received(&bytes)
      }
    }
  }

  func closed(_ reason: CloseReason) {}
}
