#if Hummingbird
  import ArgumentParser
  import AsyncModes
  import Hummingbird
  import SocketIOHummingbird
  import SocketIOServer
  import NIOCore
  import StructuredConcurrency

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// Socket.IO in a Hummingbird application, which listens and runs everything.
  @main
  struct HummingbirdMount: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "hummingbird-mount", abstract: "Socket.IO in a Hummingbird application.")

    @Option(help: "The port to listen on.") var port = 5000

    func run() async throws {
      let mode = try StructuredConcurrencyMode(configuration: ModeConfiguration())
      let io = try SocketIO(mode: mode)
      io.on("echo") { (_: Socket, text: String) in text }

      let router = Router()
      router.get("/") { _, _ in "Served by Hummingbird\n" }
      router.post("/announce") { request, _ in
        let text = String(buffer: try await request.body.collect(upTo: 10_000))
        try io.emit("announcement", text)
        return HTTPResponse.Status.noContent
      }
      let app = Application(
        router: router, server: .socketIO(io, on: mode),
        configuration: .init(address: .hostname("127.0.0.1", port: port)),
        onServerRunning: { channel in
          print("ready 127.0.0.1:\(channel.localAddress?.port ?? 0)")
          fflush(nil)
        },
        eventLoopGroupProvider: .shared(mode.eventLoopGroup))
      try await app.runService()
      await io.stop()
    }
  }
#else
  @main
  struct HummingbirdMount {
    static func main() { print("Build with the package trait Hummingbird: swift run --traits default,Hummingbird") }
  }
#endif
