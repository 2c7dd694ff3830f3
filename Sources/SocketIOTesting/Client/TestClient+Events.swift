public import SocketIOCodec
public import SocketIOServer

/// Sending and receiving.
extension TestClient {
  /// Emits an event.
  ///
  /// - Throws: ``TestClientError`` with the code `notConnected`.
  public func emit(_ event: String, _ values: SocketValue..., namespace: String = "/") async throws {
    try await emit(event, values, namespace, nil)
  }

  /// Emits an event with arguments of any encodable types; `[UInt8]` is sent as binary data.
  ///
  /// - Throws: ``TestClientError`` with the code `notConnected`, or `EncodingError`.
  public func emit<each Argument: Encodable & Sendable>(
    _ event: String, _ arguments: repeat each Argument, namespace: String = "/"
  ) async throws {
    let values = try Arguments(encoding: repeat each arguments).values
    try await emit(event, values, namespace, nil)
  }

  /// Emits the event `message`, or `json`.
  ///
  /// - Throws: ``TestClientError`` with the code `notConnected`.
  public func send(_ value: SocketValue, json: Bool = false, namespace: String = "/") async throws {
    try await emit(json ? "json" : "message", [value], namespace, nil)
  }

  /// Emits an event and waits for its acknowledgement.
  ///
  /// - Returns: the values of the acknowledgement.
  /// - Throws: ``TestClientError`` with the code `notConnected`, `closed` if the connection ends first, or `noAnswer`
  ///   after a minute of the system's time.
  @discardableResult
  public func call(_ event: String, _ values: SocketValue..., namespace: String = "/") async throws -> Arguments {
    try await ask(event, values, namespace).value
  }

  /// Emits an event with arguments of any encodable types and waits for its acknowledgement.
  @discardableResult
  public func call<each Argument: Encodable & Sendable>(
    _ event: String, _ arguments: repeat each Argument, namespace: String = "/"
  ) async throws -> Arguments {
    let values = try Arguments(encoding: repeat each arguments).values
    return try await ask(event, values, namespace).value
  }

  /// Emits an event that asks for an acknowledgement, and does not wait for it: time may have to pass first.
  ///
  /// - Throws: ``TestClientError`` with the code `notConnected`.
  public func ask(_ event: String, _ values: SocketValue..., namespace: String = "/") async throws -> TestReply {
    try await ask(event, values, namespace)
  }

  private func ask(_ event: String, _ values: [SocketValue], _ namespace: String) async throws -> TestReply {
    let reply = TestReply(event: event)
    try await emit(event, values, namespace, reply.answer)
    return reply
  }

  private func emit(
    _ event: String, _ values: [SocketValue], _ namespace: String, _ answer: Answer<Arguments>?
  ) async throws {
    let isSent = try await act { $0.emit(event, values, namespace, answer) }
    guard isSent else {
      throw TestClientError(
        .notConnected, "\"\(event)\" cannot be emitted: the client is not connected to \(namespace)")
    }
  }

  /// Takes the events that came in a namespace since the last call, in their order; those of others stay.
  public func received(namespace: String = "/") async throws -> [ReceivedEvent] {
    try await look { $0.takeReceived(namespace) }
  }

  // MARK: Acknowledging what the server asks

  /// Answers an event for which the server awaits an acknowledgement.
  ///
  /// - Throws: ``TestClientError`` with the code `notConnected` if the client has left the namespace.
  public func acknowledge(_ event: ReceivedEvent, _ values: SocketValue...) async throws {
    guard let id = event.id else { return }
    try await act { peer in
      guard peer.isConnected(event.namespace) else {
        throw TestClientError(
          .notConnected, "\"\(event.name)\" cannot be answered: the client is not connected to \(event.namespace)")
      }
      peer.acknowledge(id, values, event.namespace)
    }
  }

  /// Answers all events of a name for which the server awaits an acknowledgement, as they come.
  public func onAsk(_ event: String, _ reply: @escaping @Sendable (Arguments) -> Arguments) async throws {
    try await act { $0.answers[event] = reply }
  }

  // MARK: Leaving

  /// Leaves a namespace.
  ///
  /// - Throws: ``TestClientError`` with the code `notConnected`.
  public func disconnect(namespace: String = "/") async throws {
    try await act { peer in
      guard peer.isConnected(namespace) else {
        throw TestClientError(.notConnected, "the client is not connected to \(namespace)")
      }
      peer.disconnect(namespace)
    }
  }

  /// Closes the connection in good order, with all namespaces.
  public func close() async throws { try await act { $0.engine?.close() } }
}

/// An acknowledgement that is awaited.
public final class TestReply: Sendable {
  let answer = Answer<Arguments>()
  private let event: String

  init(event: String) { self.event = event }

  /// What has come; `nil` if nothing has yet.
  public var arguments: Arguments? { try? answer.result?.get() }

  /// Waits for the acknowledgement.
  ///
  /// - Throws: ``TestClientError`` with the code `closed` or `noAnswer`.
  public var value: Arguments {
    get async throws {
      try await answer.value(
        within: TestClient.patience,
        TestClientError(.noAnswer, "the server did not acknowledge \"\(event)\"; does time have to pass?"))
    }
  }
}
