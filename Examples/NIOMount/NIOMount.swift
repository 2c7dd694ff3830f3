import ArgumentParser
import AsyncModes
import HTTPTypes
import NIOCore
import NIOPosix
import SocketIOServer
import StructuredConcurrency

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Socket.IO in a pipeline of SwiftNIO that the program sets up itself.
@main
struct NIOMount: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nio-mount", abstract: "Socket.IO in a SwiftNIO pipeline of your own.")

  @Option(help: "The port to listen on.") var port = 5000

  func run() async throws {
    // The program's own event loops; the runtime of the Socket.IO server shares them.
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    let mode = try StructuredConcurrencyMode(eventLoopGroup: group, configuration: ModeConfiguration())
    var routes = HTTPRoutes()
    routes.get("/") { _ in ApplicationResponse(text: "Served by Socket.IO on SwiftNIO\n") }
    let io = try SocketIO(app: routes, mode: mode)
    io.on("echo") { (_: Socket, text: String) in text }

    let server = try await ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          // Handlers in front, such as TLS, would be added here.
          try mode.adopt(channel) { connection in io.handler(for: connection) }
        }
      }
      .bind(host: "127.0.0.1", port: port).get()
    print("ready 127.0.0.1:\(server.localAddress?.port ?? port)")
    fflush(nil)
    await StopSignals.wait()
    try await server.close()
    await io.stop()
    try await group.shutdownGracefully()
  }
}
