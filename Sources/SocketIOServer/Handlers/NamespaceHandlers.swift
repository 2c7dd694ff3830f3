internal import SocketIOCodec

/// A handler of connections.
enum ConnectHandler: Sendable {
  case synchronous(@Sendable (Socket, SocketValue) throws -> Void)
  case asynchronous(ConnectionMiddleware)

  /// The handler behind what was put before it.
  func behind(_ middleware: [ConnectionMiddleware]) -> ConnectHandler {
    guard !middleware.isEmpty else { return self }
    return .asynchronous { socket, auth in
      for step in middleware { try await step(socket, auth) }
      try await run(socket, auth)
    }
  }

  func run(_ socket: Socket, _ auth: SocketValue) async throws {
    switch self {
    case .synchronous(let handler): try handler(socket, auth)
    case .asynchronous(let handler): try await handler(socket, auth)
    }
  }
}

/// A handler of errors; what it returns acknowledges the event that failed.
typealias FailureHandler = @Sendable (Socket, HandlerFailure) async throws -> Arguments?

/// A handler of clients that have left.
typealias DisconnectHandler = @Sendable (Socket, DisconnectReason) async throws -> Void

/// The error that a handler threw, and what it was about.
public struct HandlerFailure: Error, Sendable {
  /// What the handler threw.
  public var error: any Error
  /// The event that was being handled: `connect`, `disconnect` or one of the client's.
  public var event: String
  /// The arguments of the event.
  public var arguments: Arguments
}

/// The handlers of one namespace as its events find them: everything that was registered, put together.
struct NamespaceHandlers: Sendable {
  var events = ByteTable<EventHandler>()
  var catchAll: EventAction?
  var connect: ConnectHandler?
  var disconnect: DisconnectHandler?
  var failure: FailureHandler?
}
