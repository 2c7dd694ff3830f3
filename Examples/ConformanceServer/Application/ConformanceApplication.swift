import EngineIO
import EngineIOCodec
import HTTPServing
import SocketIOCodec
public import SocketIOServer

/// What conformance suites expect of a server, whatever it is mounted in: Socket.IO on `/socket.io/`, bare Engine.IO on
/// `/engine.io/`, WebSocket on `/ws-echo`.
public enum ConformanceApplication {
  /// Options by which a suite needs not wait for long.
  ///
  /// - Parameter pingTimeout: how long a client may take to answer a heartbeat.
  public static func options(pingTimeout: Duration = .milliseconds(200)) -> SocketIOOptions {
    var options = SocketIOOptions()
    options.engine.pingInterval = .milliseconds(300)
    options.engine.pingTimeout = pingTimeout
    options.engine.maxPayload = 1_000_000
    options.engine.origins = .any
    options.connectTimeout = .milliseconds(1000)
    return options
  }

  /// Registers handlers and services.
  public static func register(on io: SocketIO) throws {
    var bare = io.options.engine
    bare.path = "/engine.io/"
    io.mount(try EngineServer(mode: io.mode, configuration: bare, application: EngineEcho()), at: bare.path)
    io.mount(WebSocketEcho(), at: "/ws-echo")
    for namespace in ["/", "/custom"] { handle(namespace, on: io) }
    io.onConnect(namespace: "/reject") { _, _ in throw ConnectionRefused("nope", data: ["code": 42]) }
    io.mount(ConnectionReport(), at: "/connection")
  }

  private static func handle(_ namespace: String, on io: SocketIO) {
    io.onConnect(namespace: namespace) { socket, auth in
      if socket.revision == .v4 { socket.emit("auth", values: [auth.isNull ? [:] : auth]) }
    }
    io.on(
      "message", namespace: namespace,
      arguments: { socket, arguments in
        socket.emit("message-back", values: arguments.values)
        return []
      })
    io.on("message-with-ack", namespace: namespace, arguments: { _, arguments in arguments })
    io.on("join", namespace: namespace) { (socket: Socket, room: String) in socket.join(room) }
    io.on("leave", namespace: namespace) { (socket: Socket, room: String) in socket.leave(room) }
    io.on("room", namespace: namespace) { (socket: Socket, room: String, data: SocketValue) in
      socket.emit("room", values: [data], to: .room(room))
    }
    io.on("broadcast", namespace: namespace) { (socket: Socket, data: SocketValue) in
      socket.emit("broadcast", values: [data], to: .everyone)
    }
    io.on("others", namespace: namespace) { (socket: Socket, data: SocketValue) in
      socket.emit("others", values: [data], to: .others)
    }
    io.on("ask", namespace: namespace) { (socket: Socket, data: SocketValue) in
      // The answer comes when it comes; further events of the client do not wait for it.
      socket.emit("question", values: [data]) { result in
        if case .success(let answer) = result { socket.emit("answer", values: answer.values) }
      }
    }
    io.on("kick", namespace: namespace) { (socket: Socket) in socket.disconnect() }
    io.on("kick-transport", namespace: namespace) { (socket: Socket) in socket.disconnectTransport() }
    io.on("fail", namespace: namespace, arguments: { _, _ in throw Failure() })
  }

  /// What the handler of `fail` throws.
  private struct Failure: Error {}
}
