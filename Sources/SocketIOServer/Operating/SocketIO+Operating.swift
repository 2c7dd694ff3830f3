internal import AsyncModes
internal import EngineIO
internal import EngineIOCodec
internal import MessageQueues
internal import Synchronization

// What those ask who operate a server. To be called before the server runs; whoever can reach the server can ask, so a
// proxy in front should keep these paths to itself, or the server listen on a second address for them.
extension SocketIO {
  /// Answers whether the process is alive, and whether it is ready for clients.
  ///
  /// Alive: 200 as long as it answers. Ready: 200, or 503 with the reason while the server is stopping, or while its
  /// message queue is away, so that a balancer sends new clients to other servers.
  ///
  /// - Parameters:
  ///   - alive: Default: `/healthz`.
  ///   - ready: Default: `/readyz`.
  public func serveHealth(alive: String = "/healthz", ready: String = "/readyz") {
    mount(TextService(path: alive, mode: mode) { (200, "ok\n") }, at: alive)
    mount(
      TextService(path: ready, mode: mode) { [weak self] in
        if let reason = self?.unreadiness ?? nil { return (503, reason + "\n") }
        return (200, "ready\n")
      }, at: ready)
  }

  /// Why the server is not ready for clients, or `nil` if it is.
  public var unreadiness: String? {
    if state.withLock({ $0.isStopping }) { return "the server is stopping" }
    if let queue = queueHealth, queue.state != .connected { return "the message queue is \(queue.state)" }
    return nil
  }

  /// Serves what the server has counted, and its present use of limits, in the text format of Prometheus.
  ///
  /// Nothing is counted for it that is not counted anyway; a request for it looks at every session once.
  ///
  /// - Parameter path: Default: `/metrics`.
  public func serveMetrics(at path: String = "/metrics") {
    let type = "text/plain; version=0.0.4; charset=utf-8"
    mount(
      TextService(path: path, type: type, mode: mode) { [weak self] in
        guard let self else { return (503, "") }
        return (200, await self.metrics())
      }, at: path)
  }

  /// Measures how long the handlers of events take, from now on, for ``metricValues()``: a histogram for each of the first
  /// 200 pairs of namespace and event, and one for all others.
  ///
  /// Handlers are then run as behind any other middleware; see ``interceptEvents(namespace:_:)``. Middleware that is
  /// registered later is measured with them.
  public func measureHandlers() {
    let latencies = HandlerLatencies()
    let isFirst = state.withLock { state in
      guard state.latencies == nil else { return false }
      state.latencies = latencies
      return true
    }
    if isFirst { interceptEvents { event, next in try await latencies.measure(event, next) } }
  }

  /// What ``serveMetrics(at:)`` serves.
  public func metrics() async -> String { PrometheusText(await metricValues()).text }

  /// What the server has counted, and its present use of limits; figures of one name follow each other.
  public func metricValues() async -> [ServerMetric] {
    let census = await engine.census()
    var metrics = census.sessions.sorted { $0.key.description < $1.key.description }.map { kind, count in
      ServerMetric.gauge(
        "socketio_sessions", "Sessions that are open", count,
        [("transport", kind.transport.rawValue), ("revision", "\(kind.revision.rawValue)")])
    }
    metrics += [
      .gauge("socketio_outgoing_bytes", "Bytes that wait for all clients", census.outgoingBytes),
      .gauge("socketio_outgoing_bytes_largest", "Bytes that wait for the slowest client", census.largestOutgoingBytes),
      .gauge("socketio_outgoing_bytes_limit", "Bytes that may wait for a client", options.engine.maxOutgoingBytes),
    ]
    metrics += figures(of: await engine.counters())
    metrics += figures(of: await counters())
    for name in Set(core?.namespaceNames ?? []).sorted() {
      metrics.append(
        .gauge("socketio_clients", "Clients of a namespace", await clientCount(namespace: name), [("namespace", name)]))
    }
    metrics += await limitMetrics()
    let (listeners, latencies) = state.withLock { ($0.listeners, $0.latencies) }
    metrics += [
      .counter("socketio_worker_refused", "Blocking work that was refused", mode.workers.refusedCount),
      .counter(
        "socketio_refused_connections", "Connections that were closed at once for a limit",
        listeners.reduce(0) { $0 + $1.refusedConnections }),
    ]
    if let link = queueLink {
      metrics += figures(of: link.queue.health, link.queue.counters)
      metrics.append(
        .counter("socketio_queue_missed", "Messages of other servers that did not come here", link.missedMessages))
    }
    return metrics + (latencies?.metrics ?? [])
  }

  private func figures(of counters: EngineCounters) -> [ServerMetric] {
    [
      .counter("socketio_opened_sessions", "Sessions that were opened", counters.openedSessions),
      .counter("socketio_upgrades", "Upgrades from polling to WebSocket", counters.upgrades),
      .counter("socketio_ping_timeouts", "Sessions that did not answer the heartbeat", counters.pingTimeouts),
      .counter(
        "socketio_protocol_errors", "Sessions ended because the client broke the rules", counters.protocolErrors),
      .counter("socketio_refused_requests", "Requests that were refused", counters.refusedRequests),
      .counter("socketio_slow_clients", "Sessions ended because the client read too slowly", counters.slowClients),
      .counter(
        "socketio_dropped_messages", "Messages dropped because the client read too slowly", counters.droppedMessages),
      .counter("socketio_lost_messages", "Messages that waited when their session ended", counters.lostMessages),
      .counter("socketio_lost_bytes", "Bytes that waited for clients that were cut off", counters.lostBytes),
      .counter("socketio_received_packets", "Packets that came from clients", counters.receivedPackets),
      .counter("socketio_received_bytes", "Bytes of packets that came from clients", counters.receivedBytes),
      .counter("socketio_sent_packets", "Packets that were taken for clients", counters.sentPackets),
      .counter("socketio_sent_bytes", "Bytes of packets that were taken for clients", counters.sentBytes),
      .counter(
        "socketio_refused_by_address", "Sessions refused because an address had too many", counters.refusedByAddress),
    ]
  }

  private func figures(of counters: ServerCounters) -> [ServerMetric] {
    [
      .counter("socketio_received_events", "Events that came from clients", counters.receivedEvents),
      .counter("socketio_malformed_packets", "Packets that violated the protocol", counters.malformedPackets),
      .counter("socketio_failed_handlers", "Handlers that threw", counters.failedHandlers),
      .counter("socketio_dropped_events", "Events dropped because too many waited", counters.droppedEvents),
      .counter("socketio_refused_clients", "Clients that connect handlers turned away", counters.refusedConnections),
      .counter(
        "socketio_missed_acknowledgements", "Acknowledgements that did not come in time",
        counters.missedAcknowledgements),
      .counter(
        "socketio_refused_joins", "Joins refused because the client was in too many rooms", counters.refusedJoins),
      .counter(
        "socketio_dropped_volatile_events", "Volatile events a client was not ready for", counters.droppedVolatileEvents
      ),
    ]
  }

  private func figures(of health: MessageQueueHealth, _ counters: MessageQueueCounters) -> [ServerMetric] {
    [
      .gauge("socketio_queue_connected", "Whether the message queue is connected", health.state == .connected ? 1 : 0),
      .gauge("socketio_queue_waiting_messages", "Messages that wait for the queue", health.queuedMessages),
      .gauge("socketio_queue_waiting_bytes", "Bytes that wait for the queue", health.queuedBytes),
      .counter("socketio_queue_published", "Messages handed to the queue", counters.published),
      .counter("socketio_queue_received", "Messages that came from the queue", counters.received),
      .counter("socketio_queue_skipped", "Messages that concerned nobody here", counters.skipped),
      .counter("socketio_queue_malformed", "Messages that could not be read", counters.malformed + counters.oversized),
      .counter("socketio_queue_dropped", "Messages thrown away because too many waited", counters.dropped),
      .counter("socketio_queue_unconfirmed", "Messages that may have been lost with a session", counters.unconfirmed),
      .counter("socketio_queue_losses", "Sessions with the queue that were lost", counters.losses),
    ]
  }
}
