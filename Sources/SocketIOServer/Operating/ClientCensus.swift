internal import AsyncModes
internal import EngineIO
internal import Synchronization

/// How near clients are to what one of them may use: the most that any has, at one moment.
struct ClientCensus: Sendable {
  var waitingEvents = 0
  var rooms = 0
  var namespaces = 0
  var pendingAcknowledgements = 0

  mutating func add(_ other: ClientCensus) {
    waitingEvents = max(waitingEvents, other.waitingEvents)
    rooms = max(rooms, other.rooms)
    namespaces = max(namespaces, other.namespaces)
    pendingAcknowledgements = max(pendingAcknowledgements, other.pendingAcknowledgements)
  }
}

extension ServerContext {
  /// Looks at every client of this executor.
  func census() -> ClientCensus {
    var census = ClientCensus()
    for socket in sockets { census.add(socket.usage) }
    return census
  }
}

extension SocketIO {
  /// How near clients are to the limits.
  func limitMetrics() async -> [ServerMetric] {
    guard let core else { return [] }
    var census = ClientCensus()
    for part in await core.collect({ [$0.census()] }) { census.add(part) }
    let listeners = state.withLock { $0.listeners }
    let workers = mode.workers
    return [
      ("connections", listeners.map(\.openConnections).max() ?? 0, options.listen.maxConnections),
      ("waiting_events", census.waitingEvents, options.maxQueuedEvents),
      ("rooms", census.rooms, options.maxRoomsPerClient),
      ("namespaces", census.namespaces, options.maxNamespacesPerClient),
      ("pending_acknowledgements", census.pendingAcknowledgements, options.maxPendingAcknowledgements),
      ("dynamic_namespaces", core.dynamicNamespaces.count, options.maxDynamicNamespaces),
      ("worker_threads", workers.threadCount, workers.maxThreads),
      ("worker_queue", workers.queuedCount, workers.maxQueued),
    ].flatMap { name, use, limit -> [ServerMetric] in
      [
        .gauge("socketio_limit_use", "The present use of a limit", use, [("limit", name)]),
        .gauge("socketio_limit", "A limit", limit, [("limit", name)]),
      ]
    }
    .sorted { $0.name > $1.name }
  }
}
