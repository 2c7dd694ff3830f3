public import SocketIOCodec

/// A class-based namespace: the handlers of one namespace in one type.
///
/// ```swift
/// struct Chat: SocketNamespace {
///   let namespace: Namespace
///
///   var events: [On] {
///     On("say", say)
///     On("ping") { (socket: Socket) in "pong" }
///   }
///
///   func connected(_ socket: Socket, auth: SocketValue) { socket.join("lobby") }
///
///   func say(_ socket: Socket, _ text: String) throws {
///     try namespace.emit("said", text, to: ["lobby"])
///   }
/// }
///
/// io.onNamespace(Chat(namespace: io.namespace("/chat")))
/// ```
/// Handlers that were registered with functions win over those of the type.
public protocol SocketNamespace: Sendable {
  /// The namespace that the type handles, to emit in and to ask of.
  var namespace: Namespace { get }

  /// The handlers of events. Read when the type is registered.
  @EventBuilder var events: [On] { get }

  /// A client wants to join; throw ``ConnectionRefused`` to turn it away.
  func connected(_ socket: Socket, auth: SocketValue) async throws

  /// A client has left.
  func disconnected(_ socket: Socket, reason: DisconnectReason) async throws
}

extension SocketNamespace {
  /// Lets the client in.
  public func connected(_ socket: Socket, auth: SocketValue) async throws {}

  /// Does nothing.
  public func disconnected(_ socket: Socket, reason: DisconnectReason) async throws {}
}

/// A class-based namespace that sees all of its events before its handlers do, those without a handler too.
public protocol InterceptingNamespace: SocketNamespace {
  /// Handles an event.
  ///
  /// - Parameters:
  ///   - event: the event.
  ///   - next: the handler; it does nothing and returns `nil` if there is none for the event.
  /// - Returns: what acknowledges the event; `nil` if it is not acknowledged.
  func handle(_ event: SocketEvent, next: EventAction) async throws -> Arguments?
}
