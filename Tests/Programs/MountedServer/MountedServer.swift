import ArgumentParser
import AsyncModes
import ConformanceApplication
import NIOCore
import NIOPosix
import SocketIOServer
import StructuredConcurrency

#if Hummingbird
  import Hummingbird
  import SocketIOHummingbird
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The application of `conformance-server` within somebody else's server.
@main
struct MountedServer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mounted-server", abstract: "The application of conformance-server within another server.")

  enum Host: String, ExpressibleByArgument { case nio, hummingbird }

  @Option(help: "What it is mounted in: nio or hummingbird.") var mountedIn: Host
  @Option(help: "The port to listen on.") var port = 5000

  func run() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    let mode = try StructuredConcurrencyMode(eventLoopGroup: group, configuration: ModeConfiguration())
    let io = try SocketIO(mode: mode, options: ConformanceApplication.options())
    try ConformanceApplication.register(on: io)
    switch mountedIn {
    case .nio:
      let server = try await ServerBootstrap(group: group)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try mode.adopt(channel) { connection in io.handler(for: connection) }
          }
        }
        .bind(host: "127.0.0.1", port: port).get()
      ready()
      await StopSignals.wait()
      try await server.close()
    case .hummingbird:
      #if Hummingbird
        let app = Application(
          router: Router(), server: .socketIO(io, on: mode),
          configuration: .init(address: .hostname("127.0.0.1", port: port)),
          onServerRunning: { _ in ready() }, eventLoopGroupProvider: .shared(group))
        try await app.runService()
      #else
        throw ValidationError("this program was built without the package trait Hummingbird")
      #endif
    }
    await io.stop()
    try await group.shutdownGracefully()
  }

  private func ready() {
    print("ready")
    fflush(nil)
  }
}
