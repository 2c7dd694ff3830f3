import ArgumentParser
import AsyncModeSelection
import AsyncModes
import EngineIO
import HTTPServing
import HTTPTypes
import SocketIOCodec
import SocketIOServer

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A server whose options tests choose: `--set NAME=VALUE` for each. Socket.IO is on `/socket.io/`, bare Engine.IO on
/// `/engine.io/`, and `/counters` says what was counted.
@main
struct OptionServer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "option-server", abstract: "A server whose options tests choose.")

  @Option(help: "The port to listen on.") var port = 5000
  @Option(help: "libuv, structured, threads or auto.") var asyncMode = "auto"
  @Option(help: "The number of executors.") var executors = 2
  @Option(help: "A folder whose files are served.") var files: String?
  @Option(help: "An option and its value, as NAME=VALUE.") var set: [String] = []

  func run() async throws {
    var options = SocketIOOptions()
    options.engine.pingInterval = .seconds(2)
    for setting in set { try options.apply(setting) }
    let counters = Counters()
    var files = try files.map { try StaticFiles($0, at: "/files/") }
    files?.types["swift"] = "text/x-swift"
    let routes: HTTPRoutes = {
      var routes = HTTPRoutes(fallback: files)
      // Content that is made as it is taken, or breaks off in the middle.
      for (path, isWhole) in [("/stream", true), ("/broken", false)] {
        routes.get(path) { _ in
          ApplicationResponse(
            HTTPResponse(status: .ok),
            streaming: StreamedContent(count: 3_000_000) { offset in
              [UInt8](repeating: UInt8(offset / 10_000 % 251), count: isWhole || offset < 1_000_000 ? 10_000 : 0)
            })
        }
      }
      routes.get("/counters") { _ in ApplicationResponse(text: await counters.text()) }
      return routes
    }()
    let io = try SocketIO(
      app: routes, asyncMode: AsyncModeChoice(asyncMode), executors: executors, options: options)
    var bare = options.engine
    bare.path = "/engine.io/"
    let engine = try EngineServer(mode: io.mode, configuration: bare, application: EngineEcho())
    io.mount(engine, at: bare.path)
    await counters.count([io.engine, engine], options.http.connectionLimit)
    io.on("echo", arguments: { _, arguments in arguments })
    // The handler of the manual's first pages.
    io.on("my event") { (_: Socket, json: SocketValue) -> Arguments in
      var text: [UInt8] = []
      var attachments: [[UInt8]] = []
      JSONText.append(json, to: &text, attachments: &attachments)
      print("received my event: \(String(decoding: text, as: UTF8.self))")
      fflush(nil)
      return ["one", 2]
    }
    io.on("broadcast") { (socket: Socket, data: SocketValue) in
      socket.emit("broadcast", values: [data], to: .everyone)
    }
    io.on("flood") { (socket: Socket, count: Int, size: Int) in
      let data = SocketValue.string(String(repeating: "x", count: size))
      for _ in 0..<count { socket.emit("flood", values: [data]) }
    }
    io.on("patient") { (socket: Socket, count: Int, size: Int) in
      let data = SocketValue.string(String(repeating: "x", count: size))
      for _ in 0..<count where try await socket.waitUntilWritable() { socket.emit("flood", values: [data]) }
    }
    try await io.run(port: port) { listener in
      print("ready \(listener.address)")
      fflush(nil)
    }
  }
}

/// What the servers have counted.
actor Counters {
  private var servers: [EngineServer] = []
  private var limit: AddressLimit?

  func count(_ servers: [EngineServer], _ limit: AddressLimit?) {
    self.servers = servers
    self.limit = limit
  }

  func text() async -> String {
    var sum = EngineCounters()
    var sessions = 0
    for server in servers {
      sum = sum + (await server.counters())
      sessions += await server.sessionCount()
    }
    let values = [
      ("sessions", sessions), ("openedSessions", sum.openedSessions), ("upgrades", sum.upgrades),
      ("pingTimeouts", sum.pingTimeouts), ("protocolErrors", sum.protocolErrors),
      ("refusedRequests", sum.refusedRequests), ("slowClients", sum.slowClients),
      ("droppedMessages", sum.droppedMessages), ("lostMessages", sum.lostMessages), ("lostBytes", sum.lostBytes),
      ("requeuedPackets", sum.requeuedPackets), ("refusedByAddress", sum.refusedByAddress),
      ("uncompressedWebSockets", sum.uncompressedWebSockets), ("refusedConnections", limit?.refusals ?? 0),
    ]
    return "{" + values.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
  }
}
