import SocketIOCodec
import SocketIOServer

/// What clients are told.
struct Note: Codable, Sendable {
  var data: String
  var count: Int
}

/// A text for a room.
struct RoomText: Codable, Sendable {
  var room: String
  var data: String
}

extension SessionKey<Int> {
  static let receiveCount = SessionKey("receive_count")
}

/// The events of the demo page.
struct Playground: SocketNamespace {
  let namespace: Namespace

  struct Text: Codable, Sendable { var data: String }
  struct RoomName: Codable, Sendable { var room: String }

  var events: [On] {
    On("my_event") { (socket: Socket, text: Text) in
      try answer(socket, text.data)
    }
    On("my_broadcast_event") { (socket: Socket, text: Text) in
      try socket.emit("my_response", Note(data: text.data, count: count(socket)), to: .everyone)
    }
    On("join") { (socket: Socket, place: RoomName) async throws in
      socket.join(place.room)
      try answer(socket, "In rooms: \(await socket.rooms.sorted().joined(separator: ", "))")
    }
    On("leave") { (socket: Socket, place: RoomName) async throws in
      socket.leave(place.room)
      try answer(socket, "In rooms: \(await socket.rooms.sorted().joined(separator: ", "))")
    }
    On("close_room") { (socket: Socket, place: RoomName) in
      let note = Note(data: "Room \(place.room) is closing.", count: try count(socket))
      try socket.emit("my_response", note, to: .room(place.room))
      namespace.closeRoom(place.room)
    }
    On("my_room_event") { (socket: Socket, text: RoomText) in
      try socket.emit("my_response", Note(data: text.data, count: count(socket)), to: .room(text.room))
    }
    On("disconnect_request") { (socket: Socket) in
      // Once the client has confirmed that it heard, it may go.
      let note = Note(data: "Disconnected!", count: try count(socket))
      socket.emit("my_response", values: [try SocketValue(encoding: note)]) { _ in socket.disconnect() }
    }
    On("my_ping") { (socket: Socket) in try socket.emit("my_pong") }
  }

  func connected(_ socket: Socket, auth: SocketValue) async throws {
    try socket.emit("my_response", Note(data: "Connected", count: 0))
  }

  private func answer(_ socket: Socket, _ text: String) throws {
    try socket.emit("my_response", Note(data: text, count: count(socket)))
  }

  /// How many events have come from the client.
  private func count(_ socket: Socket) throws -> Int {
    let count = (socket.session[.receiveCount] ?? 0) + 1
    try socket.session.set(count, for: .receiveCount)
    return count
  }
}
