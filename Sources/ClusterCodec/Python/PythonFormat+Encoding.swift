internal import SocketIOCodec

extension PythonFormat {
  typealias Fields = [(String, PythonField)]

  /// The members of the messages that stand for a message of the cluster.
  func fields(_ message: ClusterMessage) -> [Fields] {
    switch message {
    case .emit(let emit): return fields(emit)
    case .acknowledged(let address, let namespace, let client, let arguments):
      var fields: Fields = [
        // The id of the server that asked stands where that of the sender stands in all other messages.
        ("from", .text(origin)), ("host_id", .text(address.origin)), ("method", .text("callback")),
        ("sid", .text(address.room)), ("namespace", .text(namespace)),
        ("id", Int64(address.id).map { .number($0) } ?? .text(address.id)),
      ]
      if let client { fields.append(("client", .text(client))) }
      guard form == .json, arguments.contains(where: \.hasBinary) else {
        return [fields + [("args", .tuple(arguments))]]
      }
      // python-socketio cannot write bytes here at all.
      fields += [("args", .tuple([])), ("binary", .flag(true)), ("data", .arguments(arguments))]
      return [fields]
    case .awaiting(let address, let clients):
      return [head("awaiting") + answer(address) + [("clients", .texts(clients))]]
    case .join(let target, let rooms): return fields(target, rooms, "enter_room", "join")
    case .leave(let target, let rooms): return fields(target, rooms, "leave_room", "leave")
    case .closeRoom(let room, let namespace):
      return [head("close_room") + [("room", .text(room)), ("namespace", .text(namespace))]]
    case .disconnect(let target, let closesConnection):
      let close: Fields = closesConnection ? [("close", .flag(true))] : []
      guard !target.rooms.isEmpty, target.except.isEmpty else {
        return [head("disconnect_all") + fields(target) + close]
      }
      return target.rooms.map { room in
        head("disconnect") + [("sid", .text(room)), ("namespace", .text(target.namespace))] + close
      }
    case .fetch(let target, let address): return [head("fetch") + fields(target) + [("id", .text(address.id))]]
    case .fetched(let address, let clients):
      let list = clients.map { client in SocketValue.array([.string(client.id)] + client.rooms.map { .string($0) }) }
      return [head("fetched") + answer(address) + [("clients", .value(.array(list)))]]
    case .listRooms(let namespace, let address):
      return [head("list_rooms") + [("namespace", .text(namespace)), ("id", .text(address.id))]]
    case .rooms(let address, let rooms): return [head("rooms") + answer(address) + [("rooms", .texts(rooms))]]
    case .serverEvent(let namespace, let event, let arguments, let address):
      let id: PythonField = address.map { .text($0.id) } ?? .none
      return [
        head("server_event") + [("namespace", .text(namespace)), ("event", .text(event)), ("id", id)] + data(arguments)
      ]
    case .serverAnswer(let address, let arguments):
      return [head("server_answer") + answer(address) + data(arguments)]
    case .presence(let presence, let origin, let sent):
      let count: Fields = sent.map { [("sent", .number($0))] } ?? []
      return [[("host_id", .text(origin)), ("method", .text("presence")), ("state", .text(presence.rawValue))] + count]
    }
  }

  private func head(_ method: String) -> Fields { [("host_id", .text(origin)), ("method", .text(method))] }

  private func answer(_ address: ClusterReturnAddress) -> Fields {
    [("to", .text(address.origin)), ("id", .text(address.id))]
  }

  private func fields(_ target: ClusterTarget) -> Fields {
    [("namespace", .text(target.namespace)), ("room", .texts(target.rooms)), ("skip_sid", .texts(target.except))]
  }

  private func data(_ arguments: [SocketValue]) -> Fields {
    [
      ("arguments", .number(Int64(arguments.count))),
      ("binary", .flag(arguments.contains(where: \.hasBinary))), ("data", .arguments(arguments)),
    ]
  }

  /// Joining and leaving: in Python's form if it has one, which is so for single clients.
  private func fields(_ target: ClusterTarget, _ rooms: [String], _ method: String, _ general: String) -> [Fields] {
    guard !target.rooms.isEmpty, target.except.isEmpty else {
      return [head(general) + fields(target) + [("rooms", .texts(rooms))]]
    }
    return target.rooms.flatMap { member in
      rooms.map { room in
        head(method) + [("sid", .text(member)), ("room", .text(room)), ("namespace", .text(target.namespace))]
      }
    }
  }

  private func fields(_ emit: ClusterEmit) -> [Fields] {
    let target = emit.target
    func message(_ room: PythonField, _ extra: Fields) -> Fields {
      var callback = PythonField.none
      if let address = emit.acknowledgement {
        callback = .tuple([
          target.rooms.first.map { .string($0) } ?? .null, .string(target.namespace),
          Int64(address.id).map { .int($0) } ?? .string(address.id),
        ])
      }
      let skipped: PythonField = target.except.isEmpty ? .none : .texts(target.except)
      var fields = head("emit")
      fields += [
        ("namespace", .text(target.namespace)), ("room", room), ("skip_sid", skipped), ("callback", callback),
        ("event", .text(emit.event)),
      ]
      fields += extra
      if form == .json {
        // None alone stands for no argument in Python; among ourselves it is told apart.
        if emit.arguments == [.null] { fields.append(("arguments", .number(1))) }
        fields.append(("binary", .flag(emit.arguments.contains(where: \.hasBinary))))
      }
      fields.append(("data", .arguments(emit.arguments)))
      return fields
    }
    switch target.rooms.count {
    case 0: return [message(.none, [])]
    case 1: return [message(.text(target.rooms[0]), [])]
    default:
      if form == .json { return [message(.texts(target.rooms), [])] }
      // python-socketio 4 stops listening for good when it gets a list here, so it gets a message for each room. Our own
      // servers take all rooms from the first one, so that nobody gets the event twice there.
      return target.rooms.enumerated().map { index, room in
        message(.text(room), [("rooms", .texts(target.rooms)), ("part", .number(Int64(index)))])
      }
    }
  }
}
