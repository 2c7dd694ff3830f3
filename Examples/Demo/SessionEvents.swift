import SocketIOCodec
import SocketIOServer

extension SessionKey<String> {
  static let user = SessionKey("user")
  static let value = SessionKey("value")
}

/// The events of the page about sessions.
enum SessionEvents {
  /// What the page shows of a session.
  struct View: Codable, Sendable {
    var user: String
    var value: String
  }

  static func register(_ io: SocketIO) {
    io.on("get-session") { (socket: Socket) in
      let session = socket.session
      try socket.emit("refresh-session", View(user: session[.user] ?? "anonymous", value: session[.value] ?? ""))
    }
    io.on("set-session") { (socket: Socket, value: String) in
      try socket.session.set(value, for: .value)
    }
  }
}
