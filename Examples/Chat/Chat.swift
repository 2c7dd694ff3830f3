import ArgumentParser
import AsyncModeSelection
import AsyncModes
import Logging
import SocketIOServer

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A chat with rooms, names, a list of who is there, typing notices, images and history.
@main
struct Chat: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat", abstract: "A chat for browsers, served by the Socket.IO server of this package.")

  @Option(help: "The address to listen on.") var host = "127.0.0.1"
  @Option(help: "The port to listen on.") var port = 5000
  @Option(help: "libuv, structured, threads or auto.") var asyncMode = "auto"
  @Option(help: "The number of executors; without it one for each core.") var executors: Int?

  @Option(help: "A file socket.io.min.js of version 4; without it browsers load the published one.") var client: String?

  func run() async throws {
    var options = SocketIOOptions()
    options.logger.logLevel = .warning
    options.clientFiles = client
    let selection = try AsyncModeSelection.select(
      AsyncModeChoice(asyncMode), configuration: ModeConfiguration(executorCount: executors, logger: options.logger))
    print("Runtime: \(selection.reason).")
    let io = try SocketIO(app: ChatPage.routes(hasClient: client != nil), mode: selection.mode, options: options)
    ChatRooms(io).register()
    try await io.run(host: host, port: port) { listener in
      print("Open http://\(listener.address) in two windows. Ctrl-C ends the chat.")
      fflush(nil)
    }
    print("Goodbye.")
  }
}
