internal import Logging
internal import Synchronization

/// Everything that a program has registered, before and after the server came to be.
final class HandlerRegistry: Sendable {
  private struct State {
    var registrations: [NamespaceRegistration] = []
    var defaultFailure: FailureHandler?
    var connectionMiddleware: [(pattern: NamespacePattern, body: ConnectionMiddleware)] = []
    var eventMiddleware: [(pattern: NamespacePattern, body: EventMiddleware)] = []
    var conditions: [@Sendable (String) -> Bool] = []
    var serverHandlers: [String: ServerHandler] = [:]
    var faults: [SocketIOError] = []
    var changed: (@Sendable () -> Void)?
    var logger = Logger(label: "socketio")
  }
  private let state = Mutex(State())

  /// What handles an event of another server.
  typealias ServerHandler = @Sendable (Arguments) async -> Arguments

  /// Calls `changed` after each change from now on, and where registrations that make no sense are logged.
  func observe(_ logger: Logger, _ changed: @escaping @Sendable () -> Void) {
    state.withLock { state in
      state.changed = changed
      state.logger = logger
    }
    changed()
  }

  private func change(_ body: (inout State) -> Void) {
    let changed = state.withLock { state in
      body(&state)
      return state.changed
    }
    changed?()
  }

  // MARK: Registering

  /// Changes what is registered for a name or pattern.
  func update(_ name: String, _ body: (inout NamespaceRegistration) -> Void) {
    let pattern = NamespacePattern(name)
    if let fault = pattern.fault { return refuse(fault) }
    change { state in
      let known = state.registrations.firstIndex { $0.pattern == pattern }
      if known == nil { state.registrations.append(NamespaceRegistration(pattern)) }
      body(&state.registrations[known ?? state.registrations.count - 1])
    }
  }

  func setServerHandler(of event: String, _ handler: @escaping ServerHandler) {
    state.withLock { $0.serverHandlers[event] = handler }
  }

  func serverHandler(of event: String) -> ServerHandler? { state.withLock { $0.serverHandlers[event] } }

  func setDefaultFailureHandler(_ handler: @escaping FailureHandler) { change { $0.defaultFailure = handler } }

  func intercept(_ name: String, connections middleware: @escaping ConnectionMiddleware) {
    let pattern = NamespacePattern(name)
    if let fault = pattern.fault { return refuse(fault) }
    change { $0.connectionMiddleware.append((pattern, middleware)) }
  }

  func intercept(_ name: String, events middleware: @escaping EventMiddleware) {
    let pattern = NamespacePattern(name)
    if let fault = pattern.fault { return refuse(fault) }
    change { $0.eventMiddleware.append((pattern, middleware)) }
  }

  func accept(_ condition: @escaping @Sendable (String) -> Bool) { change { $0.conditions.append(condition) } }

  /// Keeps a registration that makes no sense: the server says so at once, and does not start.
  func refuse(_ fault: SocketIOError) {
    let logger = state.withLock { state in
      state.faults.append(fault)
      return state.logger
    }
    logger.error("\(fault.message)")
  }

  /// Whether everything that was registered makes sense.
  ///
  /// - Throws: the first ``SocketIOError``.
  func validate() throws(SocketIOError) {
    if let fault = state.withLock({ $0.faults.first }) { throw fault }
  }

  // MARK: Asking

  /// The namespaces that exist from the start.
  var names: [String] {
    state.withLock { state in state.registrations.map(\.pattern).filter(\.isExact).map(\.text) }
  }

  /// Whether a namespace may come to exist because a client asks for it.
  func accepts(_ name: String, besides patterns: [NamespacePattern]) -> Bool {
    guard !patterns.contains(where: { $0.matches(name) }) else { return true }
    let (registered, conditions) = state.withLock { state in
      (state.registrations.contains { !$0.pattern.isEverything && $0.pattern.matches(name) }, state.conditions)
    }
    return registered || conditions.contains { $0(name) }
  }

  /// The handlers of a namespace, put together.
  func handlers(of name: String) -> NamespaceHandlers {
    state.withLock { state in
      let fitting = state.registrations.filter { $0.pattern.matches(name) }
        .enumerated().sorted { ($1.element.pattern.closeness, $0.offset) < ($0.element.pattern.closeness, $1.offset) }
        .map(\.element)
      var handlers = NamespaceHandlers(fitting, defaultFailure: state.defaultFailure)
      handlers.put(
        state.connectionMiddleware.filter { $0.pattern.matches(name) }.map(\.body),
        state.eventMiddleware.filter { $0.pattern.matches(name) }.map(\.body))
      return handlers
    }
  }
}
