public import SocketIOCodec

/// What the servers of a cluster tell each other, whatever the format on the wire.
public enum ClusterMessage: Sendable, Hashable {
  /// Emits an event to clients.
  case emit(ClusterEmit)
  /// A client has acknowledged an event that another server emitted. Servers of Python do not tell which client.
  case acknowledged(ClusterReturnAddress, namespace: String, client: String?, arguments: [SocketValue])
  /// These clients of one server were given an event that awaits acknowledgements.
  case awaiting(ClusterReturnAddress, clients: [String])
  /// Lets clients join rooms.
  case join(ClusterTarget, rooms: [String])
  /// Lets clients leave rooms.
  case leave(ClusterTarget, rooms: [String])
  /// Takes everybody out of a room.
  case closeRoom(String, namespace: String)
  /// Disconnects clients from a namespace, or closes their connections.
  case disconnect(ClusterTarget, closesConnection: Bool)
  /// Asks every server for its clients.
  case fetch(ClusterTarget, ClusterReturnAddress)
  /// The clients of one server.
  case fetched(ClusterReturnAddress, [ClusterClient])
  /// Asks every server for the names of its rooms.
  case listRooms(namespace: String, ClusterReturnAddress)
  /// The rooms of one server.
  case rooms(ClusterReturnAddress, [String])
  /// An event for the servers themselves; with an address if answers are awaited.
  case serverEvent(namespace: String, event: String, arguments: [SocketValue], ClusterReturnAddress?)
  /// The answer of one server.
  case serverAnswer(ClusterReturnAddress, arguments: [SocketValue])
  /// A server tells that it is there, or that it goes, and how many payloads it has put on the queue before, so that
  /// others know what they have missed; `nil` if it does not tell.
  case presence(ClusterPresence, origin: String, sent: Int64?)
}

/// Which clients: the members of any of the rooms, or everybody in the namespace if there are none, but those in the
/// excepted rooms. The id of a client is a room too.
public struct ClusterTarget: Sendable, Hashable {
  /// The namespace.
  public var namespace: String
  /// The rooms; empty for everybody.
  public var rooms: [String]
  /// Who is left out.
  public var except: [String]

  /// Names clients.
  public init(namespace: String = "/", rooms: [String] = [], except: [String] = []) {
    self.namespace = namespace
    self.rooms = rooms
    self.except = except
  }
}

/// An event for clients.
public struct ClusterEmit: Sendable, Hashable {
  /// Who gets it.
  public var target: ClusterTarget
  /// The name of the event.
  public var event: String
  /// Its arguments.
  public var arguments: [SocketValue]
  /// Where acknowledgements go, if any are awaited.
  public var acknowledgement: ClusterReturnAddress?

  /// Creates an event.
  public init(
    target: ClusterTarget, event: String, arguments: [SocketValue], acknowledgement: ClusterReturnAddress? = nil
  ) {
    self.target = target
    self.event = event
    self.arguments = arguments
    self.acknowledgement = acknowledgement
  }
}

/// Where an answer goes; in an answer that has come, where it comes from.
public struct ClusterReturnAddress: Sendable, Hashable {
  /// The id of the server that asked; in an answer that has come, other than of a client, that of the server that
  /// answered.
  public var origin: String
  /// The id of the question.
  public var id: String
  /// The room that an event was emitted to; python-socketio sends it back.
  public var room: String

  /// Creates an address.
  public init(origin: String, id: String, room: String = "") {
    self.origin = origin
    self.id = id
    self.room = room
  }
}

/// A client, as other servers are told of it.
public struct ClusterClient: Sendable, Hashable {
  /// Its id in the namespace.
  public var id: String
  /// The rooms it is in, without its own.
  public var rooms: [String]

  /// Describes a client.
  public init(id: String, rooms: [String]) {
    self.id = id
    self.rooms = rooms
  }
}

/// What a server tells of itself.
public enum ClusterPresence: String, Sendable, Hashable {
  /// It has come; others are to answer that they are there.
  case hello
  /// It is still there.
  case alive
  /// It goes.
  case goodbye
}
