internal import ClusterCodec
internal import SocketIOCodec

extension ClusterOperation {
  /// The message that tells other servers.
  func message(_ acknowledgement: ClusterReturnAddress? = nil) throws -> ClusterMessage {
    switch self {
    case .emit(let event):
      return .emit(
        ClusterEmit(
          target: ClusterTarget(event.audience, event.namespace), event: event.name, arguments: try event.values(),
          acknowledgement: acknowledgement))
    case .join(let rooms, let audience, let namespace): return .join(ClusterTarget(audience, namespace), rooms: rooms)
    case .leave(let rooms, let audience, let namespace): return .leave(ClusterTarget(audience, namespace), rooms: rooms)
    case .closeRoom(let room, let namespace): return .closeRoom(room, namespace: namespace)
    case .disconnect(let audience, let namespace, let closesConnection):
      return .disconnect(ClusterTarget(audience, namespace), closesConnection: closesConnection)
    }
  }

  /// What another server asks this one to do to its clients; `nil` for messages of other kinds.
  init?(_ message: ClusterMessage) {
    switch message {
    case .emit(let emit): self = .emit(EmittedEvent(emit))
    case .join(let target, let rooms):
      self = .join(rooms: rooms, Audience(target), namespace: target.namespace)
    case .leave(let target, let rooms):
      self = .leave(rooms: rooms, Audience(target), namespace: target.namespace)
    case .closeRoom(let room, let namespace): self = .closeRoom(room, namespace: namespace)
    case .disconnect(let target, let closesConnection):
      self = .disconnect(Audience(target), namespace: target.namespace, closesConnection: closesConnection)
    default: return nil
    }
  }
}

extension EmittedEvent {
  init(_ emit: ClusterEmit) {
    self.init(
      emit.event, .values(emit.arguments), namespace: emit.target.namespace, to: Audience(emit.target))
  }
}

extension ClusterTarget {
  init(_ audience: Audience, _ namespace: String) {
    self.init(
      namespace: namespace, rooms: audience.rooms, except: audience.skipped.map(\.description) + audience.exceptRooms)
  }
}

extension Audience {
  /// The ids of clients that are left out may be of any form; as rooms they name the same clients.
  init(_ target: ClusterTarget) { self.init(rooms: target.rooms, except: target.except) }
}
