internal import SocketIOCodec

/// The messages of Node's Redis adapter (`@socket.io/redis-adapter`, and `socket.io-redis` before it) and of its emitters.
///
/// Broadcasts, joins, leaves, disconnects and events for servers go both ways, and servers of Node can ask clients here for
/// acknowledgements. What that adapter has no form for, or none that says enough, goes to the servers of this package
/// alone, on a channel of their own in the form of ``PythonFormat``: their own questions for acknowledgements, listing
/// clients and rooms, and being there.
public struct NodeFormat: ClusterFormat {
  /// The id of this server.
  public let origin: String
  /// What the names of channels begin with; `socket.io` unless the servers of Node were told otherwise.
  public let key: String
  private let own: PythonFormat
  /// How own broadcasts begin.
  private let ownBeginning: [UInt8]
  private let maxDepth: Int

  /// What a request asks for; the adapter's `RequestType`.
  private enum Request: Int64 {
    case remoteJoin = 2
    case remoteLeave = 3
    case remoteDisconnect = 4
    case serverSideEmit = 6
    case broadcast = 7
  }

  /// What an answer says.
  private enum Response: Int64 {
    case clientCount = 8
    case acknowledgement = 9
  }

  /// What the room of a return address begins with whose owner is a server of Node; the namespace follows.
  private static let node = "node:"

  /// Creates a format.
  public init(origin: String, key: String, maxDepth: Int = 128) {
    self.origin = origin
    self.key = key
    self.maxDepth = maxDepth
    own = PythonFormat(origin: origin, channel: key + "-swift", form: .json)
    var beginning: [UInt8] = [0x93]
    MessagePack.append(.string(origin), to: &beginning)
    ownBeginning = beginning
  }

  /// The channel that servers of this package have for themselves.
  public var channels: [String] { [own.channel] }

  /// One channel for each namespace and each room, and one for the requests of each namespace.
  public var prefixes: [String] { [key + "#", key + "-request#"] }

  // MARK: Writing

  /// Writes a message.
  public func encode(_ message: ClusterMessage) -> [(channel: String, payload: [UInt8])] {
    switch message {
    case .emit(let emit) where emit.acknowledgement == nil: return [broadcast(emit)]
    case .join(let target, let rooms):
      return [request(.remoteJoin, target.namespace, ["opts": options(target), "rooms": texts(rooms)])]
    case .leave(let target, let rooms):
      return [request(.remoteLeave, target.namespace, ["opts": options(target), "rooms": texts(rooms)])]
    case .closeRoom(let room, let namespace):
      let members = ClusterTarget(namespace: namespace, rooms: [room])
      return [request(.remoteLeave, namespace, ["opts": options(members), "rooms": texts([room])])]
    case .disconnect(let target, let closes):
      return [request(.remoteDisconnect, target.namespace, ["opts": options(target), "close": .bool(closes)])]
    case .serverEvent(let namespace, let event, let arguments, nil) where !arguments.contains(where: \.hasBinary):
      return [request(.serverSideEmit, namespace, ["data": .array([.string(event)] + arguments)])]
    case .awaiting(let address, let clients) where address.room.hasPrefix(Self.node):
      return [response(.clientCount, address, ["clientCount": .int(Int64(clients.count))])]
    case .acknowledged(let address, _, _, let arguments) where address.room.hasPrefix(Self.node):
      return [response(.acknowledgement, address, ["packet": .array(arguments)])]
    default: return own.encode(message)
    }
  }

  private func response(
    _ kind: Response, _ address: ClusterReturnAddress, _ members: SocketObject
  ) -> (channel: String, payload: [UInt8]) {
    var object: SocketObject = ["type": .int(kind.rawValue), "requestId": .string(address.id)]
    for (name, value) in members { object[name] = value }
    var payload: [UInt8] = []
    MessagePack.append(.object(object), to: &payload)
    return ("\(key)-response#\(address.room.dropFirst(Self.node.utf8.count))#", payload)
  }

  private func broadcast(_ emit: ClusterEmit) -> (channel: String, payload: [UInt8]) {
    let (namespace, rooms) = (emit.target.namespace, emit.target.rooms)
    var payload: [UInt8] = []
    MessagePack.append(
      [
        .string(origin),
        ["type": 2, "data": .array([.string(emit.event)] + emit.arguments), "nsp": .string(namespace)],
        ["rooms": texts(rooms), "except": texts(emit.target.except), "flags": [:]],
      ], to: &payload)
    return ("\(key)#\(namespace)#" + (rooms.count == 1 ? "\(rooms[0])#" : ""), payload)
  }

  private func request(
    _ kind: Request, _ namespace: String, _ members: SocketObject
  ) -> (channel: String, payload: [UInt8]) {
    var object: SocketObject = ["uid": .string(origin), "type": .int(kind.rawValue)]
    for (name, value) in members { object[name] = value }
    var text: [UInt8] = []
    var attachments: [[UInt8]] = []
    JSONText.append(.object(object), to: &text, attachments: &attachments)
    return ("\(key)-request#\(namespace)#", text)
  }

  private func options(_ target: ClusterTarget) -> SocketValue {
    ["rooms": texts(target.rooms), "except": texts(target.except)]
  }

  private func texts(_ texts: [String]) -> SocketValue { .array(texts.map { .string($0) }) }

  // MARK: Reading

  /// Reads a message.
  public func decode(
    _ payload: RawSpan, on channel: String, hasMember: (_ namespace: String, _ rooms: [String]) -> Bool
  ) -> ClusterDecoding {
    if channel == own.channel { return own.decode(payload, on: channel, hasMember: hasMember) }
    if channel.hasPrefix(key + "-request#") {
      return request(payload, namespace(channel.dropFirst(key.count + 9)), hasMember)
    }
    guard channel.hasPrefix(key + "#") else { return .skipped }
    let isOwn = payload.withUnsafeBytes { $0.starts(with: ownBeginning) }
    if isOwn { return .ownEcho }
    // The room that stands in the name of the channel tells whether the rest has to be read.
    let rest = channel.dropFirst(key.count + 1)
    let name = namespace(rest)
    let room = rest.dropFirst(name.count + 1).dropLast()
    if !room.isEmpty, !hasMember(name, [String(room)]) { return .skipped }
    do throws(MessagePack.Malformed) {
      return broadcast(try MessagePack.parse(payload, maxDepth: maxDepth), hasMember)
    } catch {
      return .malformed(error.message)
    }
  }

  /// What stands in front of the next `#`.
  private func namespace(_ rest: Substring) -> String { String(rest.prefix { $0 != "#" }) }

  private func broadcast(
    _ message: SocketValue, _ hasMember: (_ namespace: String, _ rooms: [String]) -> Bool
  ) -> ClusterDecoding {
    guard case .array(let parts) = message, parts.count == 3, let packet = parts[1].objectValue,
      case .array(let data)? = packet["data"], let event = data.first?.stringValue
    else { return .malformed("a broadcast has no packet with an event") }
    guard let target = target(packet["nsp"]?.stringValue ?? "/", parts[2].objectValue ?? [:]) else {
      return .malformed("the rooms of a broadcast are no texts")
    }
    guard hasMember(target.namespace, target.rooms) else { return .skipped }
    return .message(.emit(ClusterEmit(target: target, event: event, arguments: Array(data.dropFirst()))))
  }

  private func target(_ namespace: String, _ options: SocketObject) -> ClusterTarget? {
    guard let rooms = strings(options["rooms"]), let except = strings(options["except"]) else { return nil }
    return ClusterTarget(namespace: namespace, rooms: rooms, except: except)
  }

  private func strings(_ value: SocketValue?) -> [String]? {
    // Emitters of other languages write an empty text where there is nothing.
    guard let value, !value.isNull, value != "" else { return [] }
    guard case .array(let values) = value else { return nil }
    let texts = values.compactMap(\.stringValue)
    return texts.count == values.count ? texts : nil
  }

  /// Requests are JSON, or MessagePack where they have bytes.
  private func request(
    _ payload: RawSpan, _ namespace: String, _ hasMember: (_ namespace: String, _ rooms: [String]) -> Bool
  ) -> ClusterDecoding {
    let isJSON = payload.byteCount > 0 && payload.withUnsafeBytes { $0[0] == UInt8(ascii: "{") }
    let value: SocketValue
    do {
      value =
        isJSON ? try JSONText.parse(payload, maxDepth: maxDepth) : try MessagePack.parse(payload, maxDepth: maxDepth)
    } catch {
      return .malformed("a request cannot be read: \(error)")
    }
    guard let members = value.objectValue, let type = members["type"]?.intValue else {
      return .malformed("a request has no type")
    }
    if members["uid"]?.stringValue == origin { return .ownEcho }
    guard let kind = Request(rawValue: type) else { return .skipped }
    if kind == .serverSideEmit {
      guard case .array(let data)? = members["data"], let event = data.first?.stringValue else {
        return .malformed("an event for servers has no name")
      }
      return .message(.serverEvent(namespace: namespace, event: event, arguments: Array(data.dropFirst()), nil))
    }
    if kind == .broadcast { return question(members, namespace, hasMember) }
    // Older releases name one client; what names nobody must not come to stand for everybody.
    var target = ClusterTarget(namespace: namespace)
    if let options = members["opts"]?.objectValue {
      guard let named = self.target(namespace, options) else {
        return .malformed("the rooms of a request are no texts")
      }
      target = named
    } else if let client = members["sid"]?.stringValue {
      target.rooms = [client]
    } else {
      return .malformed("a request names no clients")
    }
    if kind == .remoteDisconnect {
      return .message(.disconnect(target, closesConnection: members["close"]?.boolValue ?? false))
    }
    guard let rooms = members["rooms"].flatMap(strings) ?? members["room"]?.stringValue.map({ [$0] }), !rooms.isEmpty
    else {
      return .malformed("a request names no rooms")
    }
    return .message(kind == .remoteJoin ? .join(target, rooms: rooms) : .leave(target, rooms: rooms))
  }

  /// An event whose acknowledgements a server of Node awaits.
  private func question(
    _ members: SocketObject, _ namespace: String, _ hasMember: (_ namespace: String, _ rooms: [String]) -> Bool
  ) -> ClusterDecoding {
    guard let id = members["requestId"]?.stringValue, let uid = members["uid"]?.stringValue,
      case .array(let data)? = members["packet"]?.objectValue?["data"], let event = data.first?.stringValue,
      let target = target(namespace, members["opts"]?.objectValue ?? [:])
    else { return .malformed("an event that awaits answers lacks its name, its rooms or its id") }
    guard hasMember(namespace, target.rooms) else { return .skipped }
    return .message(
      .emit(
        ClusterEmit(
          target: target, event: event, arguments: Array(data.dropFirst()),
          acknowledgement: ClusterReturnAddress(origin: uid, id: id, room: Self.node + namespace))))
  }
}
