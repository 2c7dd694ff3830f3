internal import SocketIOCodec

extension PythonFormat {
  func interpret(
    _ fields: some PythonFields, _ hasMember: (_ namespace: String, _ rooms: [String]) -> Bool
  ) throws -> ClusterDecoding {
    guard let method = fields.text("method") else { return .malformed("the message has no method") }
    let sender = fields.text("host_id")
    if method == "callback" { return try acknowledgement(fields) }
    if sender == origin { return .ownEcho }
    let namespace = fields.text("namespace") ?? "/"
    switch method {
    case "emit": return try event(fields, namespace, hasMember)
    case "disconnect":
      guard let client = try single("sid", fields) else { return .malformed("a disconnect names no client") }
      let target = ClusterTarget(namespace: namespace, rooms: [client])
      return .message(.disconnect(target, closesConnection: try fields.value("close") == .bool(true)))
    case "close_room":
      guard let room = try single("room", fields) else { return .malformed("a close_room names no room") }
      return .message(.closeRoom(room, namespace: namespace))
    case "enter_room", "leave_room":
      guard let client = try single("sid", fields), let room = try single("room", fields) else {
        return .malformed("a \(method) names no client or no room")
      }
      let target = ClusterTarget(namespace: namespace, rooms: [client])
      return .message(method == "enter_room" ? .join(target, rooms: [room]) : .leave(target, rooms: [room]))
    default: return try own(method, fields, namespace, sender ?? "")
    }
  }

  private func single(_ name: String, _ fields: some PythonFields) throws -> String? {
    guard let texts = try fields.texts(name), texts.count == 1 else { return nil }
    return texts[0]
  }

  private func target(_ fields: some PythonFields, _ namespace: String) throws -> ClusterTarget? {
    guard let rooms = try fields.texts("room"), let except = try fields.texts("skip_sid") else { return nil }
    return ClusterTarget(namespace: namespace, rooms: rooms, except: except)
  }

  private func event(
    _ fields: some PythonFields, _ namespace: String, _ hasMember: (_ namespace: String, _ rooms: [String]) -> Bool
  ) throws -> ClusterDecoding {
    guard var target = try target(fields, namespace) else { return .malformed("the rooms of an event are no texts") }
    if let rooms = try fields.texts("rooms"), !rooms.isEmpty {
      guard try fields.value("part") == .int(0) else { return .skipped }
      target.rooms = rooms
    }
    // An empty list of rooms is nobody in Python; no rooms at all are everybody.
    if target.rooms.isEmpty, try fields.value("room")?.arrayValue != nil { return .skipped }
    guard hasMember(namespace, target.rooms) else {
      return try returnAddress(fields).map { .nobodyAsked($0) } ?? .skipped
    }
    guard let name = fields.text("event") else { return .malformed("an event has no name") }
    guard let arguments = try fields.arguments("data", dataMeaning) else { return .malformed("an event has no data") }
    var emit = ClusterEmit(target: target, event: name, arguments: arguments)
    emit.acknowledgement = try returnAddress(fields)
    if emit.acknowledgement?.origin == "" { return .malformed("an event asks for an answer and has no host_id") }
    return .message(.emit(emit))
  }

  /// Where the answer to an event goes, if it asks for one; without an origin if it does not say whose it is.
  private func returnAddress(_ fields: some PythonFields) throws -> ClusterReturnAddress? {
    guard case .array(let callback)? = try fields.value("callback"), callback.count == 3 else { return nil }
    return ClusterReturnAddress(
      origin: fields.text("host_id") ?? "", id: callback[2].idText, room: callback[0].stringValue ?? "")
  }

  private func acknowledgement(_ fields: some PythonFields) throws -> ClusterDecoding {
    guard let host = fields.text("host_id"), let id = try fields.value("id") else {
      return .malformed("an acknowledgement names no event")
    }
    guard host == origin else { return .skipped }
    let isBinary = try fields.value("binary") == .bool(true)
    let arguments = isBinary ? try fields.arguments("data", .arguments) : try fields.value("args")?.arrayValue
    guard let arguments else { return .malformed("an acknowledgement has no list of arguments") }
    return .message(
      .acknowledged(
        ClusterReturnAddress(origin: host, id: id.idText, room: fields.text("sid") ?? ""),
        namespace: fields.text("namespace") ?? "/", client: fields.text("client"), arguments: arguments))
  }

  /// The kinds of messages that python-socketio does not know.
  private func own(
    _ method: String, _ fields: some PythonFields, _ namespace: String, _ sender: String
  ) throws -> ClusterDecoding {
    let malformed = ClusterDecoding.malformed("a message of the kind \"\(method.prefix(64))\" lacks something")
    let id = fields.text("id")
    switch method {
    case "presence":
      guard let state = fields.text("state").flatMap(ClusterPresence.init), !sender.isEmpty else { return malformed }
      var sent: Int64?
      if case .int(let count)? = try fields.value("sent"), count >= 0 { sent = count }
      return .message(.presence(state, origin: sender, sent: sent))
    case "join", "leave":
      guard let target = try target(fields, namespace), let rooms = try fields.texts("rooms") else { return malformed }
      return .message(method == "join" ? .join(target, rooms: rooms) : .leave(target, rooms: rooms))
    case "disconnect_all":
      guard let target = try target(fields, namespace) else { return malformed }
      return .message(.disconnect(target, closesConnection: try fields.value("close") == .bool(true)))
    case "fetch":
      guard let target = try target(fields, namespace), let id else { return malformed }
      return .message(.fetch(target, ClusterReturnAddress(origin: sender, id: id)))
    case "list_rooms":
      guard let id else { return malformed }
      return .message(.listRooms(namespace: namespace, ClusterReturnAddress(origin: sender, id: id)))
    case "server_event":
      guard let event = fields.text("event"), let arguments = try fields.arguments("data", .arguments) else {
        return malformed
      }
      let address = id.map { ClusterReturnAddress(origin: sender, id: $0) }
      return .message(.serverEvent(namespace: namespace, event: event, arguments: arguments, address))
    case "fetched", "rooms", "server_answer", "awaiting":
      guard let to = fields.text("to"), let id else { return malformed }
      guard to == origin else { return .skipped }
      return try answer(method, fields, ClusterReturnAddress(origin: sender, id: id)) ?? malformed
    default: return .skipped
    }
  }

  private func answer(
    _ method: String, _ fields: some PythonFields, _ address: ClusterReturnAddress
  ) throws -> ClusterDecoding? {
    switch method {
    case "fetched":
      guard let list = try fields.value("clients")?.arrayValue else { return nil }
      var clients: [ClusterClient] = []
      for entry in list {
        guard let texts = entry.arrayValue?.compactMap(\.stringValue), let id = texts.first else { return nil }
        clients.append(ClusterClient(id: id, rooms: Array(texts.dropFirst())))
      }
      return .message(.fetched(address, clients))
    case "rooms": return try fields.texts("rooms").map { .message(.rooms(address, $0)) }
    case "server_answer":
      return try fields.arguments("data", .arguments).map { .message(.serverAnswer(address, arguments: $0)) }
    default: return try fields.texts("clients").map { .message(.awaiting(address, clients: $0)) }
    }
  }
}

extension SocketValue {
  /// An id that may be a number or a text.
  fileprivate var idText: String {
    switch self {
    case .int(let number): "\(number)"
    case .string(let text): text
    default: ""
    }
  }
}
