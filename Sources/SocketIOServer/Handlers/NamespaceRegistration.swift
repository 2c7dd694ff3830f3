/// What a program registered for a namespace, or for all that a pattern names.
struct NamespaceRegistration: Sendable {
  let pattern: NamespacePattern
  var events: [String: EventHandler] = [:]
  var catchAll: EventAction?
  var connect: ConnectHandler?
  var disconnect: DisconnectHandler?
  var failure: FailureHandler?
  /// The class-based namespace, and its handlers.
  var object: (namespace: any SocketNamespace, events: [On])?

  init(_ pattern: NamespacePattern) { self.pattern = pattern }
}

extension NamespaceHandlers {
  /// Puts together what was registered, the closest fit first. Functions win over class-based namespaces, and the
  /// catch-all of a closer fit over the handlers of a looser one.
  init(_ registrations: [NamespaceRegistration], defaultFailure: FailureHandler?) {
    var table: [String: EventHandler] = [:]
    for registration in registrations where catchAll == nil {
      table.merge(registration.events) { old, _ in old }
      catchAll = registration.catchAll
    }
    for registration in registrations {
      connect = connect ?? registration.connect
      disconnect = disconnect ?? registration.disconnect
      failure = failure ?? registration.failure
    }
    for (object, events) in registrations.compactMap(\.object) {
      connect = connect ?? .asynchronous { try await object.connected($0, auth: $1) }
      disconnect = disconnect ?? { try await object.disconnected($0, reason: $1) }
      guard catchAll == nil else { continue }
      guard let intercepting = object as? any InterceptingNamespace else {
        for handler in events where table[handler.event] == nil { table[handler.event] = handler.handler }
        continue
      }
      for handler in events where table[handler.event] == nil {
        let next = handler.handler.action
        table[handler.event] = .asynchronous { try await intercepting.handle($0, next: next) }
      }
      catchAll = { event in try await intercepting.handle(event) { _ in nil } }
    }
    failure = failure ?? defaultFailure
    for (name, handler) in table { self.events[name] = handler }
  }

  /// Puts middleware before the handlers.
  mutating func put(_ connections: [ConnectionMiddleware], _ events: [EventMiddleware]) {
    if !connections.isEmpty { connect = (connect ?? .synchronous { _, _ in }).behind(connections) }
    guard !events.isEmpty else { return }
    for name in self.events.names { self.events[name] = self.events[name]?.behind(events) }
    if let catchAll { self.catchAll = events.before(catchAll) }
  }
}
