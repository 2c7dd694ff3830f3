import ArgumentParser
import AsyncModeSelection
import AsyncModes
import ClusterCodec
import EngineIO
import MessageQueues
import SocketIOCodec
import SocketIOServer

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// One server of a cluster, whose clients can try out everything that works across servers.
@main
struct ClusterNode: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster-node", abstract: "A server that joins others through a message queue.")

  @Option(help: "The port to listen on.") var port = 5000
  @Option(help: "libuv, structured, threads or auto.") var asyncMode = "auto"
  @Option(help: "The number of executors; without it one for each core.") var executors: Int?
  @Option(help: "The URL of the message queue.") var queue: String
  @Option(help: "The channel that the servers share.") var channel: String?
  @Option(help: "json, pickle or node.") var format = "json"
  @Option(help: "Messages that may wait while the queue is away.") var maxQueued = 10_000
  @Option(help: "How often the subscription is probed, in milliseconds.") var probe = 5000
  @Option(help: "How long a probe may take, in milliseconds.") var probeTimeout = 20_000

  func run() async throws {
    guard
      let form = PythonFormat.Form(rawValue: format).map({ QueueFormat.python($0) }) ?? (format == "node" ? .node : nil)
    else { throw ValidationError("--format is \(format), but must be json, pickle or node") }
    var options = SocketIOOptions()
    options.engine.origins = .any
    // Clients of Python that say goodbye over polling sometimes wait for the next heartbeat.
    options.engine.pingInterval = .seconds(3)
    var messageQueue = QueueOptions(url: queue)
    messageQueue.channel = channel
    messageQueue.format = form
    messageQueue.queue.maxQueuedMessages = maxQueued
    messageQueue.queue.probeInterval = .milliseconds(probe)
    messageQueue.queue.probeTimeout = .milliseconds(probeTimeout)
    messageQueue.presenceInterval = .seconds(1)
    options.messageQueue = messageQueue
    let io = try SocketIO(asyncMode: AsyncModeChoice(asyncMode), executors: executors, options: options)
    handle(io)
    io.serveHealth()
    io.serveMetrics()
    io.measureHandlers()
    try await io.run(port: port) { listener in
      print("ready \(listener.address)")
      fflush(nil)
    }
  }

  private func handle(_ io: SocketIO) {
    let name = "\(port)"
    io.onServerEvent("who") { arguments in [.string(name), arguments[0]] }
    io.on("id") { (socket: Socket) in socket.id.description }
    io.on("name") { (_: Socket) in name }
    io.on(
      "local",
      arguments: { (socket: Socket, _: Arguments) async -> Arguments in
        [.int(Int64(await socket.server?.clientCount(namespace: "/") ?? 0))]
      })
    io.on("join") { (socket: Socket, room: String) in socket.join(room) }
    io.on("leave") { (socket: Socket, room: String) in socket.leave(room) }
    io.on(
      "emit",
      arguments: { socket, arguments in
        let rooms = arguments[0].arrayValue?.compactMap(\.stringValue) ?? []
        let skipped = arguments[1].arrayValue?.compactMap(\.stringValue) ?? []
        socket.server?.emit(
          arguments[2].stringValue ?? "", values: Array(arguments.values.dropFirst(3)), to: rooms, except: skipped)
        return [true]
      })
    io.on("enter") { (socket: Socket, member: String, room: String) in socket.server?.join(room, members: member) }
    io.on("expel") { (socket: Socket, member: String, room: String) in socket.server?.leave(room, members: member) }
    io.on("close") { (socket: Socket, room: String) in socket.server?.closeRoom(room) }
    io.on("kick") { (socket: Socket, member: String) in socket.server?.disconnect(member) }
    io.on(
      "call",
      arguments: { (socket: Socket, arguments: Arguments) async -> Arguments in
        guard let server = socket.server else { return [] }
        let rooms = arguments[0].stringValue.map { [$0] } ?? []
        let results = await server.callAll("question", arguments[1], to: rooms, timeout: .seconds(600))
        var object = SocketObject()
        for (client, answer) in results.answers { object[client] = .array(answer.values) }
        return [.object(object), .int(Int64(results.failures.count))]
      })
    io.on(
      "clients",
      arguments: { (socket: Socket, arguments: Arguments) async throws -> Arguments in
        let rooms = arguments[0].stringValue.map { [$0] } ?? []
        let found = try await socket.server?.sockets(in: rooms) ?? []
        return [.array(found.map { .array([.string($0.id), .array($0.rooms.sorted().map { .string($0) })]) })]
      })
    io.on(
      "servers",
      arguments: { (socket: Socket, arguments: Arguments) async throws -> Arguments in
        let answers = try await socket.server?.callServers("who", arguments[0]) ?? []
        return [.array(answers.map { .array($0.values) })]
      })
    io.on(
      "health",
      arguments: { (socket: Socket, _: Arguments) async -> Arguments in
        guard let link = socket.server?.queueLink else { return [] }
        let queue = link.queue
        let counters = queue.counters
        return [
          .string("\(queue.state)"),
          [
            "published": .int(Int64(counters.published)), "confirmed": .int(Int64(counters.confirmed)),
            "unconfirmed": .int(Int64(counters.unconfirmed)), "dropped": .int(Int64(counters.dropped)),
            "received": .int(Int64(counters.received)), "ownEchoes": .int(Int64(counters.ownEchoes)),
            "skipped": .int(Int64(counters.skipped)), "malformed": .int(Int64(counters.malformed)),
            "oversized": .int(Int64(counters.oversized)), "reconnects": .int(Int64(counters.reconnects)),
            "losses": .int(Int64(counters.losses)), "missed": .int(Int64(link.missedMessages)),
            "queued": .int(Int64(queue.health.queuedMessages)),
          ],
        ]
      })
  }
}
