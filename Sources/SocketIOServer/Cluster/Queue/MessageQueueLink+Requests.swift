internal import AsyncModes
internal import ClusterCodec
internal import MessageQueues
internal import SocketIOCodec
internal import Synchronization

/// Questions to other servers.
extension MessageQueueLink {
  /// The clients of the other servers of this package; servers of Python do not tell.
  ///
  /// - Throws: ``SocketIOError`` with the code `timedOut` if not all of them answer in time.
  public func sockets(in audience: Audience, namespace: String) async throws -> [SocketDescription] {
    let target = ClusterTarget(audience, namespace)
    let result: Result<[SocketDescription], SocketIOError> = await ask(
      .sockets, timeout: options.requestTimeout, { .fetch(target, $0) }
    ) { request in
      if let error = Self.incomplete(request) { return .failure(error) }
      return .success(
        request.clients.map { SocketDescription(id: $0.id, namespace: namespace, rooms: $0.rooms) })
    }
    return try result.get()
  }

  /// The rooms of the other servers of this package that have members.
  ///
  /// - Throws: ``SocketIOError`` with the code `timedOut` if not all of them answer in time.
  public func rooms(namespace: String) async throws -> Set<String> {
    let result: Result<Set<String>, SocketIOError> = await ask(
      .rooms, timeout: options.requestTimeout, { .listRooms(namespace: namespace, $0) }
    ) { request in
      Self.incomplete(request).map { .failure($0) } ?? .success(request.rooms)
    }
    return try result.get()
  }

  /// Emits an event to the clients of the other servers and collects their acknowledgements.
  ///
  /// Servers of Python tell neither how many clients they ask nor who has answered; their answers have names that begin
  /// with `python:`, and they are waited for only if the event goes to one client, or one room, that no other server has.
  public func call(_ event: EmittedEvent, timeout: Duration) async -> CallResults {
    let operation = ClusterOperation.emit(event)
    guard (try? operation.message()) != nil else { return CallResults() }
    let rooms = event.audience.rooms
    let mayBeAnonymous = rooms.count == 1 && core?.hasMember(event.namespace, rooms) == false
    return await ask(
      .call, timeout: timeout, mayBeAnonymous: mayBeAnonymous,
      { address in
        // It was made once above, so it can be made again.
        (try? operation.message(address)) ?? .closeRoom("", namespace: "")
      }
    ) { request in
      var results = request.results
      for client in request.awaited where results.answers[client] == nil {
        results.failures[client] = SocketIOError(
          .timedOut, "no acknowledgement of \"\(event.name)\" by \(client) within \(timeout)")
      }
      return results
    }
  }

  /// Sends an event to the handlers of other servers and collects what they answer.
  ///
  /// - Throws: ``SocketIOError`` with the code `timedOut` if not all of them answer in time.
  func callServers(_ event: String, _ values: [SocketValue], timeout: Duration) async throws -> [Arguments] {
    let result: Result<[Arguments], SocketIOError> = await ask(
      .serverEvent, timeout: timeout,
      { .serverEvent(namespace: "/", event: event, arguments: values, $0) }
    ) { request in
      Self.incomplete(request).map { .failure($0) } ?? .success(request.answers)
    }
    return try result.get()
  }

  private static func incomplete(_ request: ClusterRequest) -> SocketIOError? {
    guard !request.missing.isEmpty else { return nil }
    return SocketIOError(
      .timedOut, "only \(request.asked - request.missing.count) of \(request.asked) other servers answered")
  }

  /// Asks all servers and waits until they have answered, or the time is up.
  private func ask<Answer: Sendable>(
    _ kind: ClusterRequest.Kind, timeout: Duration, mayBeAnonymous: Bool = false,
    _ message: @escaping @Sendable (ClusterReturnAddress) -> ClusterMessage,
    _ answer: @escaping @Sendable (ClusterRequest) -> Answer
  ) async -> Answer {
    await withCheckedContinuation { continuation in
      executor.execute { [self] in
        let request = ClusterRequest(kind, peers.alive(at: executor.now)) { continuation.resume(returning: answer($0)) }
        request.mayBeAnonymous = mayBeAnonymous
        let id = makeRequestID()
        let isHopeless = queue.state == .closed || requests.count >= options.maxPendingRequests
        // An event is told to servers that nobody knows of, too; other questions are for those that answer.
        if kind == .call, !isHopeless, request.isComplete {
          send(message(ClusterReturnAddress(origin: origin, id: id)))
        }
        guard !isHopeless, !request.isComplete else { return request.end() }
        requests[id] = request
        request.timer = executor.schedule(after: timeout) { [weak self] in
          guard let self, let request = requests.removeValue(forKey: id) else { return }
          end(request)
        }
        send(message(ClusterReturnAddress(origin: origin, id: id)))
      }
    }
  }

  func end(_ request: ClusterRequest) {
    executor.cancel(request.timer)
    request.end()
  }

  /// A server has answered.
  func answered(_ message: ClusterMessage) {
    let address: ClusterReturnAddress
    switch message {
    case .acknowledged(let to, _, _, _), .awaiting(let to, _), .fetched(let to, _), .rooms(let to, _),
      .serverAnswer(let to, _):
      address = to
    default: return
    }
    guard let request = requests[address.id] else { return }
    switch (message, request.kind) {
    case (.fetched(_, let clients), .sockets):
      guard request.missing.remove(address.origin) != nil else { return }
      request.clients += clients
    case (.rooms(_, let rooms), .rooms):
      guard request.missing.remove(address.origin) != nil else { return }
      request.rooms.formUnion(rooms)
    case (.serverAnswer(_, let arguments), .serverEvent):
      guard request.missing.remove(address.origin) != nil else { return }
      request.answers.append(Arguments(arguments))
    case (.awaiting(_, let clients), .call):
      guard request.missing.remove(address.origin) != nil else { return }
      request.awaited.formUnion(clients)
    case (.acknowledged(_, _, let client, let arguments), .call):
      if client == nil { request.anonymous += 1 }
      let name = client ?? "python:\(request.anonymous)"
      if request.results.answers.count < 1_000_000 { request.results.answers[name] = Arguments(arguments) }
    default: return
    }
    finishIfComplete(address.id, request)
  }

  private func finishIfComplete(_ id: String, _ request: ClusterRequest) {
    guard request.isComplete else { return }
    requests[id] = nil
    end(request)
  }

  /// A server has gone: it is not waited for any more.
  func forget(_ origin: String) {
    for (id, request) in requests where request.missing.remove(origin) != nil { finishIfComplete(id, request) }
  }
}
