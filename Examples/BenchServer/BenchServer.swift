import ArgumentParser
import AsyncModeSelection
import AsyncModes
import SocketIOCodec
import SocketIOServer

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The server that benchmarks drive: the least that can be done with an event.
@main
struct BenchServer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-server", abstract: "A Socket.IO server for benchmarks.")

  @Option(help: "The port to listen on.") var port = 5000
  @Option(help: "libuv, structured, threads or auto.") var asyncMode = "auto"
  @Option(help: "The number of executors; without it one for each core.") var executors: Int?

  func run() async throws {
    let io = try SocketIO(asyncMode: AsyncModeChoice(asyncMode), executors: executors)
    io.on(
      "echo",
      raw: { socket, arguments, acknowledgement in
        if let acknowledgement {
          acknowledgement.send(raw: arguments)
        } else {
          socket.emit("echo", raw: arguments)
        }
      })
    io.on(
      "broadcast",
      raw: { socket, arguments, _ in
        socket.emit("broadcast", raw: arguments, to: .everyone)
      })
    // Occupies its thread for so many milliseconds, as a query of a database does.
    io.on("block") { (socket: Socket, milliseconds: UInt32) async throws -> Bool in
      if io.mode.handlersMayBlock {
        usleep(milliseconds * 1000)
      } else {
        try await io.runBlocking { _ = usleep(milliseconds * 1000) }
      }
      return true
    }
    io.on("join") { (socket: Socket, room: String) in socket.join(room) }
    io.on("room") { (socket: Socket, message: RoomMessage) in
      socket.emit(message.event, values: [message.data], to: .room(message.room))
    }
    try await io.run(port: port) { listener in
      print("ready \(listener.address)")
      fflush(nil)
    }
  }

  /// `[name, data]`: emits the event `room` with the data to the room of that name.
  struct RoomMessage: Decodable, Sendable {
    let room: String
    let data: SocketValue
    let event = "room"

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      room = try container.decode(String.self)
      data = try container.decode(SocketValue.self)
    }
  }
}
