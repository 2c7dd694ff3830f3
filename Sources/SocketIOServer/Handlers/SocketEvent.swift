public import SocketIOCodec

/// An event that is being handled: what it is called, what came with it, and from whom.
public struct SocketEvent: Sendable {
  /// The client, in the namespace of the event.
  public var socket: Socket
  /// The name of the event; `connect` and `disconnect` while the handlers for those run.
  public var name: String
  /// The arguments.
  public var arguments: Arguments
  /// The answer that the client asked for, or `nil`. What a handler returns is sent by itself; use this to answer at
  /// another time, and return `nil`.
  public var acknowledgement: Acknowledgement?

  /// The event that the calling task handles, or `nil` outside of handlers. Raw handlers have none, for speed.
  @TaskLocal public static var current: SocketEvent?
}

extension Socket {
  /// The client whose event the calling task handles, or `nil` outside of handlers. Raw handlers have none, for speed.
  public static var current: Socket? { SocketEvent.current?.socket }
}

/// Handles an event.
///
/// - Returns: the values that acknowledge it; `nil` if it is not acknowledged, or was already.
public typealias EventAction = @Sendable (SocketEvent) async throws -> Arguments?

/// What stands before the handlers of events: it may look at an event, change it, refuse it by throwing, or do
/// something with what the handler returned.
///
/// - Parameters:
///   - event: the event.
///   - next: the rest of the way to the handler.
public typealias EventMiddleware = @Sendable (_ event: SocketEvent, _ next: EventAction) async throws -> Arguments?

/// What stands before the connect handler: it may prepare a client, or turn it away by throwing ``ConnectionRefused``.
///
/// - Parameters:
///   - socket: the client.
///   - auth: what the client sent to authenticate itself; `.null` if nothing.
public typealias ConnectionMiddleware = @Sendable (_ socket: Socket, _ auth: SocketValue) async throws -> Void
