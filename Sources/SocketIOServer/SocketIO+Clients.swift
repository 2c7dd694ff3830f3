internal import AsyncModes
internal import SocketIOCodec

extension SocketIO {
  /// Does something to clients, on this server and on all others of the cluster.
  ///
  /// A server that has no runtime has no clients, and tells the others alone.
  public func perform(_ operation: ClusterOperation) {
    if let core {
      core.perform(operation)
    } else if !operation.isLocal {
      options.cluster?.publish(operation)
    }
  }

  /// Lets a client, or the members of a room, join another room.
  public func join(_ room: String, members: String, namespace: String = "/") {
    perform(.join(rooms: [room], Audience(rooms: [members]), namespace: namespace))
  }

  /// Lets a client, or the members of a room, leave a room.
  public func leave(_ room: String, members: String, namespace: String = "/") {
    perform(.leave(rooms: [room], Audience(rooms: [members]), namespace: namespace))
  }

  /// Takes everybody out of a room.
  public func closeRoom(_ room: String, namespace: String = "/") {
    perform(.closeRoom(room, namespace: namespace))
  }

  /// Disconnects a client, or the members of a room, from a namespace.
  public func disconnect(_ members: String, namespace: String = "/") {
    perform(.disconnect(Audience(rooms: [members]), namespace: namespace, closesConnection: false))
  }

  /// Closes the connections of a client, or of the members of a room, with all of their namespaces.
  public func disconnectTransport(_ members: String, namespace: String = "/") {
    perform(.disconnect(Audience(rooms: [members]), namespace: namespace, closesConnection: true))
  }

  /// Disconnects everybody from a namespace.
  ///
  /// - Parameter closesConnections: whether their connections are closed, with all of their namespaces.
  public func disconnectAll(namespace: String = "/", closesConnections: Bool = false) {
    perform(.disconnect(Audience(), namespace: namespace, closesConnection: closesConnections))
  }

  /// The ids of the clients in a room of this server, or in the namespace if no room is named.
  public func participants(of room: String? = nil, namespace: String = "/") async -> [SocketID] {
    guard let core else { return [] }
    return await core.collect { context in
      var ids: [SocketID] = []
      context.shard(namespace)?.forEach(in: Audience(rooms: room.map { [$0] } ?? [])) { ids.append($0.id) }
      return ids
    }
  }

  /// The clients in the rooms, or in the namespace if there are none, on all servers of the cluster.
  ///
  /// - Throws: what the ``ClusterLink`` throws if other servers do not answer.
  public func sockets(in rooms: [String] = [], namespace: String = "/") async throws -> [SocketDescription] {
    let audience = Audience(rooms: rooms)
    let own = await node.sockets(in: audience, namespace: namespace)
    guard let cluster = options.cluster else { return own }
    return own + (try await cluster.sockets(in: audience, namespace: namespace))
  }

  /// The rooms of a client, on whichever server of the cluster it is, without the one that is its id; `nil` if it is
  /// not connected.
  public func rooms(of client: String, namespace: String = "/") async throws -> [String]? {
    try await sockets(in: [client], namespace: namespace).first { $0.id == client }?.rooms
  }

  /// The number of clients in a namespace of this server.
  public func clientCount(namespace: String = "/") async -> Int {
    await core?.sum { $0.shard(namespace)?.sockets.count ?? 0 } ?? 0
  }

  /// What was counted, over all executors.
  public func counters() async -> ServerCounters {
    guard let core else { return ServerCounters() }
    return await core.collect { [$0.counters] }.reduce(ServerCounters(), +)
  }
}
