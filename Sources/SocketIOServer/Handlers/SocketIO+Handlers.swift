public import SocketIOCodec

// `On` says how handlers take their arguments and acknowledge. `namespace` is the name of a namespace or a pattern in
// which `*` stands for any characters; see `NamespacePattern`.

extension SocketIO {
  /// Handles an event with a closure or function that may suspend.
  ///
  /// - Parameters:
  ///   - event: the name of the event. `connect`, `disconnect` and other names that the protocol reserves are refused:
  ///     the server does not start, and says which.
  ///   - namespace: where the event is emitted; begins with a slash, and `*` in it stands for any characters.
  ///   - handler: gets the client and the arguments.
  public func on<each Argument: Decodable & Sendable>(
    _ event: String, namespace: String = "/",
    _ handler: @escaping @Sendable (Socket, repeat each Argument) async throws -> Void
  ) {
    on(On(event, handler), namespace: namespace)
  }

  /// Handles an event with a closure or function that may suspend, and acknowledges with what it returns.
  public func on<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
    _ event: String, namespace: String = "/",
    _ handler: @escaping @Sendable (Socket, repeat each Argument) async throws -> Reply
  ) {
    on(On(event, handler), namespace: namespace)
  }

  /// Handles an event with a closure or function that does not suspend.
  public func on<each Argument: Decodable & Sendable>(
    _ event: String, namespace: String = "/",
    _ handler: @escaping @Sendable (Socket, repeat each Argument) throws -> Void
  ) {
    on(On(event, handler), namespace: namespace)
  }

  /// Handles an event with a closure or function that does not suspend, and acknowledges with what it returns.
  public func on<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
    _ event: String, namespace: String = "/",
    _ handler: @escaping @Sendable (Socket, repeat each Argument) throws -> Reply
  ) {
    on(On(event, handler), namespace: namespace)
  }

  /// Handles an event with a closure that gets the arguments as they came, however many there are.
  public func on(
    _ event: String, namespace: String = "/",
    arguments handler: @escaping @Sendable (Socket, Arguments) async throws -> Arguments
  ) {
    on(On(event, arguments: handler), namespace: namespace)
  }

  /// Handles an event without decoding its arguments: the fastest way, for handlers that pass them on.
  public func on(_ event: String, namespace: String = "/", raw handler: @escaping RawEventHandler) {
    on(On(event, raw: handler), namespace: namespace)
  }

  /// Handles an event. A second handler for it replaces the first.
  public func on(_ handler: On, namespace: String = "/") {
    guard !ReservedEvents.contains(handler.event) else {
      return registry.refuse(ReservedEvents.error(handler.event, namespace))
    }
    registry.update(namespace) { $0.events[handler.event] = handler.handler }
  }

  /// Handles what clients send without naming an event: `socket.send(…)` in JavaScript.
  public func onMessage<Message: Decodable & Sendable>(
    namespace: String = "/", _ handler: @escaping @Sendable (Socket, Message) async throws -> Void
  ) {
    on(On("message", handler), namespace: namespace)
  }

  /// Handles what clients send without naming an event, and acknowledges with what the handler returns.
  public func onMessage<Message: Decodable & Sendable, Reply: Encodable & Sendable>(
    namespace: String = "/", _ handler: @escaping @Sendable (Socket, Message) async throws -> Reply
  ) {
    on(On("message", handler), namespace: namespace)
  }

  /// Handles the event `json`: JSON that clients send without naming an event.
  public func onJSON<Message: Decodable & Sendable>(
    namespace: String = "/", _ handler: @escaping @Sendable (Socket, Message) async throws -> Void
  ) {
    on(On("json", handler), namespace: namespace)
  }

  /// Handles the event `json`, and acknowledges with what the handler returns.
  public func onJSON<Message: Decodable & Sendable, Reply: Encodable & Sendable>(
    namespace: String = "/", _ handler: @escaping @Sendable (Socket, Message) async throws -> Reply
  ) {
    on(On("json", handler), namespace: namespace)
  }

  /// Handles every event of a namespace that has no handler of its own.
  ///
  /// - Parameter handler: gets the client, the name of the event and the arguments; what it returns acknowledges the
  ///   event, and `nil` does not.
  public func onAny(
    namespace: String = "/", _ handler: @escaping @Sendable (Socket, String, Arguments) async throws -> Arguments?
  ) {
    registry.update(namespace) { $0.catchAll = { try await handler($0.socket, $0.name, $0.arguments) } }
  }

  /// Handles new clients of a namespace. Throw ``ConnectionRefused`` to turn a client away.
  ///
  /// What is emitted to the client meanwhile reaches it right after it has learnt that it is connected.
  ///
  /// - Parameter handler: gets the client and what it sent to authenticate itself; `.null` if nothing.
  public func onConnect(
    namespace: String = "/", _ handler: @escaping @Sendable (Socket, SocketValue) async throws -> Void
  ) {
    registry.update(namespace) { $0.connect = .asynchronous(handler) }
  }

  /// Handles new clients of a namespace with a closure that does not suspend.
  public func onConnect(namespace: String = "/", _ handler: @escaping @Sendable (Socket, SocketValue) throws -> Void) {
    registry.update(namespace) { $0.connect = .synchronous(handler) }
  }

  /// Handles clients that have left a namespace; emitting to them does nothing any more.
  public func onDisconnect(
    namespace: String = "/", _ handler: @escaping @Sendable (Socket, DisconnectReason) async throws -> Void
  ) {
    registry.update(namespace) { $0.disconnect = handler }
  }

  // MARK: Errors

  /// Handles the errors that handlers of a namespace throw. The event that failed is acknowledged with no values.
  public func onError(
    namespace: String = "/", _ handler: @escaping @Sendable (Socket, HandlerFailure) async -> Void
  ) {
    registry.update(namespace) { $0.failure = { await Self.consume(handler, $0, $1) } }
  }

  /// Handles the errors that handlers of a namespace throw, and acknowledges the event that failed with what it returns.
  public func onError<Reply: Encodable & Sendable>(
    namespace: String = "/", _ handler: @escaping @Sendable (Socket, HandlerFailure) async -> Reply
  ) {
    registry.update(namespace) { $0.failure = { try Arguments(replying: await handler($0, $1)) } }
  }

  /// Handles the errors of all namespaces that have no error handler of their own. Without one, errors are logged.
  public func onErrorDefault(_ handler: @escaping @Sendable (Socket, HandlerFailure) async -> Void) {
    registry.setDefaultFailureHandler { await Self.consume(handler, $0, $1) }
  }

  /// Handles the errors of all namespaces that have no error handler of their own, and acknowledges with what it
  /// returns.
  public func onErrorDefault<Reply: Encodable & Sendable>(
    _ handler: @escaping @Sendable (Socket, HandlerFailure) async -> Reply
  ) {
    registry.setDefaultFailureHandler { try Arguments(replying: await handler($0, $1)) }
  }

  private static func consume(
    _ handler: @Sendable (Socket, HandlerFailure) async -> Void, _ socket: Socket, _ failure: HandlerFailure
  ) async -> Arguments? {
    await handler(socket, failure)
    return []
  }

  // MARK: Middleware

  /// Puts something before the connect handlers of the namespaces that a name or pattern names; by default of all.
  ///
  /// Several are asked in the order in which they were registered. What one throws turns the client away:
  /// ``ConnectionRefused`` with its message and data, any other error with a general message.
  public func interceptConnections(namespace: String = "*", _ middleware: @escaping ConnectionMiddleware) {
    registry.intercept(namespace, connections: middleware)
  }

  /// Puts something before the event handlers of the namespaces that a name or pattern names; by default of all.
  ///
  /// Several are asked in the order in which they were registered. Events behind middleware are handled by tasks that
  /// may suspend, so raw and synchronous handlers lose their speed there.
  public func interceptEvents(namespace: String = "*", _ middleware: @escaping EventMiddleware) {
    registry.intercept(namespace, events: middleware)
  }

  // MARK: Namespaces

  /// Registers the handlers of a class-based namespace. Handlers that were registered with functions win.
  public func onNamespace(_ namespace: some SocketNamespace) {
    let name = namespace.namespace.name
    let events = namespace.events
    for handler in events where ReservedEvents.contains(handler.event) {
      registry.refuse(ReservedEvents.error(handler.event, name))
    }
    registry.update(name) { $0.object = (namespace, events.filter { !ReservedEvents.contains($0.event) }) }
  }

  /// Lets clients join namespaces whose names satisfy a condition, although nothing was registered for them.
  ///
  /// They come to exist with their first client and vanish with their last; at most
  /// ``SocketIOOptions/maxDynamicNamespaces`` exist at a time. Handlers registered for patterns, such as
  /// `/tenant-*` or `*`, handle their events.
  public func acceptNamespaces(where condition: @escaping @Sendable (String) -> Bool) {
    registry.accept(condition)
  }
}
