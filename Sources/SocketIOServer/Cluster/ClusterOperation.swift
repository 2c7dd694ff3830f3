public import SocketIOCodec

/// Something that is done to the clients of a namespace, wherever in a cluster they are connected.
///
/// Whatever a program asks of clients goes through one of these. The server that is asked applies the operation to its
/// own clients and hands it to its ``ClusterLink``; the link tells the other servers, and each of them applies it with
/// ``LocalNode/apply(_:)``:
///
/// ```
///   emit, join, leave, close, disconnect
///        │
///        ▼
///   ClusterOperation ──► own clients, at once
///        └─────────────► ClusterLink.publish ┄┄► LocalNode.apply ──► the clients of another server
/// ```
public enum ClusterOperation: Sendable {
  /// Emits an event.
  case emit(EmittedEvent)
  /// Lets clients join rooms.
  case join(rooms: [String], Audience, namespace: String)
  /// Lets clients leave rooms.
  case leave(rooms: [String], Audience, namespace: String)
  /// Takes everybody out of a room.
  case closeRoom(String, namespace: String)
  /// Disconnects clients from the namespace, or closes their connections with all of their namespaces.
  case disconnect(Audience, namespace: String, closesConnection: Bool)

  /// The namespace whose clients are meant.
  public var namespace: String {
    switch self {
    case .emit(let event): event.namespace
    case .join(_, _, let namespace), .leave(_, _, let namespace), .closeRoom(_, let namespace),
      .disconnect(_, let namespace, _):
      namespace
    }
  }

  /// Whether other servers shall not be told.
  var isLocal: Bool { if case .emit(let event) = self { event.flags.contains(.local) } else { false } }
}

/// An event on its way to clients.
public struct EmittedEvent: Sendable {
  /// The arguments of an event.
  public enum Content: Sendable {
    /// Values.
    case values([SocketValue])
    /// Valid JSON text of the values, without brackets around them.
    case json([UInt8])
  }

  /// The name of the event.
  public var name: String
  /// Its arguments.
  public var content: Content
  /// The namespace that it is emitted in.
  public var namespace: String
  /// Whom it is meant for.
  public var audience: Audience
  /// How it is sent.
  public var flags: EmitFlags

  /// Creates an event.
  public init(
    _ name: String, _ content: Content, namespace: String = "/", to audience: Audience = Audience(),
    flags: EmitFlags = []
  ) {
    self.name = name
    self.content = content
    self.namespace = namespace
    self.audience = audience
    self.flags = flags
  }

  /// The arguments as values.
  ///
  /// - Throws: `JSONError` if the text is no JSON.
  public func values() throws -> [SocketValue] {
    switch content {
    case .values(let values): values
    case .json(let text): try JSONText.parseElements(text.span.bytes)
    }
  }
}

/// How an event is sent.
public struct EmitFlags: OptionSet, Sendable, Hashable {
  /// The flags as bits.
  public let rawValue: UInt8

  /// Creates flags from their bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// A client that is not ready to be sent to at this moment does not get the event: for news that the next event makes
  /// stale. Each loss is counted in ``ServerCounters/droppedVolatileEvents``.
  public static let volatile = EmitFlags(rawValue: 1)
  /// Only clients of this server get the event, although there may be a cluster.
  public static let local = EmitFlags(rawValue: 2)
}

/// Whom something is meant for: everybody in the rooms, or in the namespace if there are none, but the excepted.
public struct Audience: Sendable, Hashable {
  /// The rooms; the id of a client is a room too. Empty stands for the whole namespace.
  public var rooms: [String]
  /// Clients that are left out.
  public var skipped: [SocketID]
  /// Rooms whose members are left out.
  public var exceptRooms: [String]

  /// Creates an audience.
  public init(rooms: [String] = [], skipping skipped: [SocketID] = [], except exceptRooms: [String] = []) {
    self.rooms = rooms
    self.skipped = skipped
    self.exceptRooms = exceptRooms
  }
}
