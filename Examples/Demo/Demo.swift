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

/// The example applications of Flask-SocketIO: a page with a button for each feature, and one about sessions.
@main
struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Namespaces, rooms, broadcasts, latency, a background task, and sessions.")

  @Option(help: "The port to listen on.") var port = 5000
  @Option(help: "libuv, structured, threads or auto.") var asyncMode = "auto"
  @Option(help: "The number of executors; without it one for each core.") var executors: Int?
  @Option(help: "A file socket.io.min.js of version 4; without it browsers load the published one.") var client: String?
  @Option(help: "Seconds between the events that the server sends by itself.") var every = 10.0
  @Flag(help: "Let Socket.IO handlers see and change the sessions of HTTP requests, instead of copies.")
  var sharedSessions = false

  func validate() throws {
    guard every > 0 else { throw ValidationError("--every is \(every), but must be more than 0") }
  }

  func run() async throws {
    let sessions = try MemorySessionStore()
    var options = SocketIOOptions()
    options.logger.logLevel = .warning
    options.sessions = sessions
    options.manageSession = !sharedSessions
    options.clientFiles = client
    let routes = try Pages.routes(hasClient: client != nil, sessions: sessions)
    let io = try SocketIO(
      app: routes, asyncMode: AsyncModeChoice(asyncMode), executors: executors, options: options)
    io.onNamespace(Playground(namespace: io.namespace("/test")))
    SessionEvents.register(io)

    io.startBackgroundTask(name: "clock") {
      for count in 1... {
        try await io.sleep(for: .seconds(every))
        try io.emit("my_response", Note(data: "Server generated event", count: count), namespace: "/test")
      }
    }
    try await io.run(port: port) { listener in
      print("Open http://\(listener.address) in two windows, or http://\(listener.address)/sessions.")
      fflush(nil)
    }
  }
}
