internal import AsyncModes
internal import EngineIO
internal import EngineIOCodec

/// What one executor knows of a namespace: its sockets there, and their rooms. Confined to the executor.
final class NamespaceShard {
  let name: String
  @exclusivity(unchecked) var handlers: NamespaceHandlers
  /// Everybody in the namespace.
  let everyone: Room
  @exclusivity(unchecked) private(set) var rooms: [String: Room] = [:]
  @exclusivity(unchecked) private(set) var sockets: [SocketID: Socket] = [:]
  /// Whether it exists only because clients asked for it.
  var isDynamic = false
  @exclusivity(unchecked) private var broadcastStamp: UInt32 = 0

  private let index: RoomIndex?

  init(name: String, handlers: NamespaceHandlers, index: RoomIndex?) {
    self.index = index
    self.name = name
    self.handlers = handlers
    everyone = Room(name: "")
  }

  func add(_ socket: Socket) {
    sockets[socket.id] = socket
    index?.insert("", name)
    index?.insert(socket.id.description, name)
    socket.memberships.append(Membership(room: everyone, place: everyone.add(socket)))
  }

  /// Takes a socket out of the namespace and all of its rooms.
  func remove(_ socket: Socket) {
    guard sockets.removeValue(forKey: socket.id) != nil else { return }
    index?.remove("", name)
    index?.remove(socket.id.description, name)
    for membership in socket.memberships { leave(membership) }
    socket.memberships = []
  }

  func join(_ socket: Socket, _ name: String) {
    guard sockets[socket.id] != nil, socket.membership(in: name) == nil else { return }
    if rooms[name] == nil { index?.insert(name, self.name) }
    let room = rooms[name] ?? Room(name: name)
    rooms[name] = room
    socket.memberships.append(Membership(room: room, place: room.add(socket)))
  }

  func leave(_ socket: Socket, _ name: String) {
    guard let index = socket.membership(in: name) else { return }
    leave(socket.memberships[index])
    socket.memberships.swapAt(index, socket.memberships.count - 1)
    socket.memberships.removeLast()
  }

  func close(_ name: String) {
    guard let room = rooms[name] else { return }
    for socket in room.members { leave(socket, name) }
  }

  private func leave(_ membership: Membership) {
    let room = membership.room
    room.remove(at: membership.place)
    guard room.isEmpty, room !== everyone else { return }
    rooms[room.name] = nil
    index?.remove(room.name, name)
  }

  /// Calls `body` once for each socket that a broadcast is meant for.
  func forEach(in recipients: Audience, _ body: (Socket) -> Void) {
    switch recipients.rooms.count {
    case 0: visit(everyone.members, recipients, body)
    case 1:
      if let room = rooms[recipients.rooms[0]] {
        visit(room.members, recipients, body)
      } else {
        single(recipients, 0, body)
      }
    default:
      broadcastStamp &+= 1
      let stamp = broadcastStamp
      let once = { (socket: Socket) in
        guard socket.broadcastStamp != stamp else { return }
        socket.broadcastStamp = stamp
        body(socket)
      }
      for (index, name) in recipients.rooms.enumerated() {
        if let room = rooms[name] { visit(room.members, recipients, once) } else { single(recipients, index, once) }
      }
    }
  }

  /// The id of a socket is a room that only it is in.
  private func single(_ recipients: Audience, _ index: Int, _ body: (Socket) -> Void) {
    guard let id = SocketID(recipients.rooms[index]), let socket = sockets[id], isMeant(socket, recipients) else {
      return
    }
    body(socket)
  }

  private func visit(_ members: ContiguousArray<Socket>, _ recipients: Audience, _ body: (Socket) -> Void) {
    let isForAll = recipients.skipped.isEmpty && recipients.exceptRooms.isEmpty
    // The array holds its members, so none of them needs a reference of its own while it is visited.
    withExtendedLifetime(members) {
      for index in members.indices {
        Unmanaged.passUnretained(members[index])._withUnsafeGuaranteedRef { socket in
          if isForAll || isMeant(socket, recipients) { body(socket) }
        }
      }
    }
  }

  private func isMeant(_ socket: Socket, _ recipients: Audience) -> Bool {
    !recipients.skipped.contains(socket.id)
      && !recipients.exceptRooms.contains { socket.membership(in: $0) != nil || socket.id.description == $0 }
  }
}

/// A socket's place in a room.
struct Membership {
  let room: Room
  var place: Int
}
