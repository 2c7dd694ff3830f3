import SocketIOCodec
import SocketIOServer
import Synchronization

/// What happens in the chat: each room is a room of the Socket.IO server, with names and history kept beside it.
final class ChatRooms: Sendable {
  /// What a browser sends to say something.
  struct Post: Decodable, Sendable {
    var text: String?
    var image: [UInt8]?
    var imageType: String?
  }

  /// Somebody in a room.
  private struct Person {
    var name: String
    var room: String
  }

  private struct State {
    var people: [SocketID: Person] = [:]
    var history: [String: [SocketValue]] = [:]
    var lastNumber: Int64 = 0
  }

  private let io: SocketIO
  private let state = Mutex(State())

  private static let maxNameLength = 24
  private static let maxTextLength = 2000
  private static let maxHistory = 50
  private static let maxRooms = 1000
  private static let imageTypes: Set<String> = ["image/png", "image/jpeg", "image/gif", "image/webp"]

  init(_ io: SocketIO) { self.io = io }

  func register() {
    io.on("join") { [self] (socket: Socket, name: String, room: String) throws -> SocketValue in
      try join(socket, name, room)
    }
    io.on("post") { [self] (socket: Socket, post: Post) throws -> SocketValue in try self.post(socket, post) }
    io.on("typing") { [self] (socket: Socket, isTyping: Bool) in
      guard let person = person(socket.id) else { return }
      socket.emit(
        "typing", values: [.string(person.name), .bool(isTyping)], to: .room(Self.group(person.room)),
        skipping: [socket.id])
    }
    io.onDisconnect { [self] socket, _ in leave(socket.id) }
  }

  private func person(_ id: SocketID) -> Person? { state.withLock { $0.people[id] } }

  /// Enters a room under a name; answers with the name that was free and the history.
  private func join(_ socket: Socket, _ wantedName: String, _ wantedRoom: String) throws -> SocketValue {
    let name = Self.clean(wantedName, fallback: "Guest")
    let room = Self.clean(wantedRoom, fallback: "lobby").lowercased()
    leave(socket.id)
    let joined: (name: String, history: [SocketValue])? = state.withLock { state in
      guard state.history[room] != nil || state.history.count < Self.maxRooms else { return nil }
      let taken = Set(state.people.values.filter { $0.room == room }.map { $0.name })
      var free = name
      var number = 2
      while taken.contains(free) {
        free = "\(name) \(number)"
        number += 1
      }
      state.people[socket.id] = Person(name: free, room: room)
      return (free, state.history[room, default: []])
    }
    guard let joined else { return ["error": "There are too many rooms already."] }
    socket.join(Self.group(room))
    announce(room)
    notice(room, "\(joined.name) has come in.")
    return ["name": .string(joined.name), "room": .string(room), "history": .array(joined.history)]
  }

  /// Says something to the room; the answer tells the sender that everybody has been sent it.
  private func post(_ socket: Socket, _ post: Post) throws -> SocketValue {
    guard let person = person(socket.id) else { return ["error": "Join a room first."] }
    var message: SocketObject = ["author": .string(person.name)]
    if let image = post.image {
      guard let type = post.imageType, Self.imageTypes.contains(type) else {
        return ["error": "Only PNG, JPEG, GIF and WebP images can be sent."]
      }
      message.append("image", .binary(image))
      message.append("imageType", .string(type))
    } else {
      let text = String((post.text ?? "").prefix(Self.maxTextLength))
      guard text.contains(where: { !$0.isWhitespace }) else { return ["error": "There is nothing to send."] }
      message.append("text", .string(text))
    }
    let number: Int64 = state.withLock { state in
      state.lastNumber += 1
      message.append("number", .int(state.lastNumber))
      // Images are not kept: a history of pictures would be memory that strangers decide about.
      if post.image == nil {
        state.history[person.room, default: []].append(.object(message))
        if state.history[person.room, default: []].count > Self.maxHistory {
          state.history[person.room]?.removeFirst()
        }
      }
      return state.lastNumber
    }
    socket.emit("message", values: [.object(message)], to: .room(Self.group(person.room)))
    return ["number": .int(number)]
  }

  private func leave(_ id: SocketID) {
    guard let person = state.withLock({ $0.people.removeValue(forKey: id) }) else { return }
    io.leave(Self.group(person.room), members: id.description)
    announce(person.room)
    notice(person.room, "\(person.name) has left.")
    state.withLock { state in
      if !state.people.values.contains(where: { $0.room == person.room }), person.room != "lobby" {
        state.history[person.room] = nil
      }
    }
  }

  /// Tells a room who is in it.
  private func announce(_ room: String) {
    let names = state.withLock { state in
      state.people.values.filter { $0.room == room }.map { $0.name }.sorted()
    }
    io.emit("people", values: [.array(names.map { .string($0) })], to: [Self.group(room)])
  }

  private func notice(_ room: String, _ text: String) {
    io.emit("notice", values: [.string(text)], to: [Self.group(room)])
  }

  /// The room of the Socket.IO server that stands for a room of the chat; no client's id looks like it.
  private static func group(_ room: String) -> String { "chat:" + room }

  /// A name without spaces at its ends and control characters, and not too long.
  private static func clean(_ text: String, fallback: String) -> String {
    let visible = String(text.unicodeScalars.filter { $0.properties.generalCategory != .control }.map(Character.init))
    let words = visible.split(whereSeparator: { $0.isWhitespace }).joined(separator: " ")
    return words.isEmpty ? fallback : String(words.prefix(maxNameLength))
  }
}
