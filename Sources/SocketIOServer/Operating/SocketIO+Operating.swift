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

  /// What ``serveMetrics(at:)`` serves.
  public func metrics() async -> String {
    var text = PrometheusText()
    let census = await engine.census()
    for (kind, count) in census.sessions.sorted(by: { $0.key.description < $1.key.description }) {
      text.gauge(
        "socketio_sessions", "Sessions that are open", count,
        labels: [("transport", kind.transport.rawValue), ("revision", "\(kind.revision.rawValue)")])
    }
    text.gauge("socketio_outgoing_bytes", "Bytes that wait for all clients", census.outgoingBytes)
    text.gauge("socketio_outgoing_bytes_largest", "Bytes that wait for the slowest client", census.largestOutgoingBytes)
    text.gauge("socketio_outgoing_bytes_limit", "Bytes that may wait for a client", options.engine.maxOutgoingBytes)
    appendEngine(await engine.counters(), to: &text)
    appendServer(await counters(), to: &text)
    for name in Set(core?.namespaceNames ?? []).sorted() {
      text.gauge(
        "socketio_clients", "Clients of a namespace", await clientCount(namespace: name), labels: [("namespace", name)])
    }
    let workers = mode.workers
    text.gauge("socketio_worker_threads", "Threads for work that blocks", workers.threadCount)
    text.gauge("socketio_worker_queue", "Blocking work that waits for a thread", workers.queuedCount)
    text.counter("socketio_worker_refused", "Blocking work that was refused", workers.refusedCount)
    let listeners = state.withLock { $0.listeners }
    text.counter(
      "socketio_refused_connections", "Connections that were closed at once for a limit",
      listeners.reduce(0) { $0 + $1.refusedConnections })
    if let queue = queueLink?.queue { append(queue.health, queue.counters, to: &text) }
    return text.text
  }

  private func appendEngine(_ counters: EngineCounters, to text: inout PrometheusText) {
    text.counter("socketio_opened_sessions", "Sessions that were opened", counters.openedSessions)
    text.counter("socketio_upgrades", "Upgrades from polling to WebSocket", counters.upgrades)
    text.counter("socketio_ping_timeouts", "Sessions that did not answer the heartbeat", counters.pingTimeouts)
    text.counter("socketio_protocol_errors", "Sessions ended because the client broke the rules", counters.protocolErrors)
    text.counter("socketio_refused_requests", "Requests that were refused", counters.refusedRequests)
    text.counter("socketio_slow_clients", "Sessions ended because the client read too slowly", counters.slowClients)
    text.counter("socketio_dropped_messages", "Messages dropped because the client read too slowly", counters.droppedMessages)
    text.counter("socketio_lost_messages", "Messages that waited when their session ended", counters.lostMessages)
    text.counter("socketio_lost_bytes", "Bytes that waited for clients that were cut off", counters.lostBytes)
    text.counter("socketio_refused_by_address", "Sessions refused because an address had too many", counters.refusedByAddress)
  }

  private func appendServer(_ counters: ServerCounters, to text: inout PrometheusText) {
    text.counter("socketio_received_events", "Events that came from clients", counters.receivedEvents)
    text.counter("socketio_malformed_packets", "Packets that violated the protocol", counters.malformedPackets)
    text.counter("socketio_failed_handlers", "Handlers that threw", counters.failedHandlers)
    text.counter("socketio_dropped_events", "Events dropped because too many waited", counters.droppedEvents)
    text.counter("socketio_refused_clients", "Clients that connect handlers turned away", counters.refusedConnections)
    text.counter("socketio_missed_acknowledgements", "Acknowledgements that did not come in time", counters.missedAcknowledgements)
    text.counter("socketio_refused_joins", "Joins refused because the client was in too many rooms", counters.refusedJoins)
    text.counter("socketio_dropped_volatile_events", "Volatile events a client was not ready for", counters.droppedVolatileEvents)
  }

  private func append(_ health: MessageQueueHealth, _ counters: MessageQueueCounters, to text: inout PrometheusText) {
    text.gauge("socketio_queue_connected", "Whether the message queue is connected", health.state == .connected ? 1 : 0)
    text.gauge("socketio_queue_waiting_messages", "Messages that wait for the queue", health.queuedMessages)
    text.gauge("socketio_queue_waiting_bytes", "Bytes that wait for the queue", health.queuedBytes)
    text.counter("socketio_queue_published", "Messages handed to the queue", counters.published)
    text.counter("socketio_queue_received", "Messages that came from the queue", counters.received)
    text.counter("socketio_queue_skipped", "Messages that concerned nobody here", counters.skipped)
    text.counter("socketio_queue_malformed", "Messages that could not be read", counters.malformed + counters.oversized)
    text.counter("socketio_queue_dropped", "Messages thrown away because too many waited", counters.dropped)
    text.counter("socketio_queue_unconfirmed", "Messages that may have been lost with a session", counters.unconfirmed)
    text.counter("socketio_queue_losses", "Sessions with the queue that were lost", counters.losses)
  }
}
