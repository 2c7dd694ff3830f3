/// A handler for the events of a name.
///
/// It takes the arguments as the types it names. An event with fewer arguments, or with arguments of other types, is an
/// error of the handler; further arguments are ignored. What the handler returns acknowledges the event if the client
/// asks for it; a handler that returns nothing acknowledges with no values, one that returns ``Arguments`` with several.
/// Closures and references to functions and methods are handlers alike:
///
/// ```swift
/// On("greet") { (socket: Socket, name: String) in "Hello \(name)" }
/// On("greet", greet)
/// ```
public struct On: Sendable {
  let event: String
  let handler: EventHandler

  /// Handles an event with a function that may suspend.
  public init<each Argument: Decodable & Sendable>(
    _ event: String, _ handler: @escaping @Sendable (Socket, repeat each Argument) async throws -> Void
  ) {
    self.event = event
    self.handler = .asynchronous { event in
      var decoder = ArgumentDecoder(event.arguments)
      try await handler(event.socket, repeat try decoder.next((each Argument).self))
      return []
    }
  }

  /// Handles an event with a function that may suspend, and acknowledges with what it returns.
  public init<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
    _ event: String, _ handler: @escaping @Sendable (Socket, repeat each Argument) async throws -> Reply
  ) {
    self.event = event
    self.handler = .asynchronous { event in
      var decoder = ArgumentDecoder(event.arguments)
      return try Arguments(
        replying: try await handler(event.socket, repeat try decoder.next((each Argument).self)))
    }
  }

  /// Handles an event with a function that does not suspend.
  public init<each Argument: Decodable & Sendable>(
    _ event: String, _ handler: @escaping @Sendable (Socket, repeat each Argument) throws -> Void
  ) {
    self.event = event
    self.handler = .synchronous { event in
      var decoder = ArgumentDecoder(event.arguments)
      try handler(event.socket, repeat try decoder.next((each Argument).self))
      return []
    }
  }

  /// Handles an event with a function that does not suspend, and acknowledges with what it returns.
  public init<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
    _ event: String, _ handler: @escaping @Sendable (Socket, repeat each Argument) throws -> Reply
  ) {
    self.event = event
    self.handler = .synchronous { event in
      var decoder = ArgumentDecoder(event.arguments)
      return try Arguments(replying: try handler(event.socket, repeat try decoder.next((each Argument).self)))
    }
  }

  /// Handles an event with a function that gets the arguments as they came, however many there are.
  public init(_ event: String, arguments handler: @escaping @Sendable (Socket, Arguments) async throws -> Arguments) {
    self.event = event
    self.handler = .asynchronous { try await handler($0.socket, $0.arguments) }
  }

  /// Handles an event without decoding its arguments: the fastest way, for handlers that pass them on.
  public init(_ event: String, raw handler: @escaping RawEventHandler) {
    self.event = event
    self.handler = .raw(handler)
  }
}

/// Lists the handlers of a ``SocketNamespace``.
@resultBuilder
public enum EventBuilder {
  /// One handler.
  public static func buildExpression(_ handler: On) -> [On] { [handler] }
  /// Handlers that were listed elsewhere.
  public static func buildExpression(_ handlers: [On]) -> [On] { handlers }
  /// Handlers one after the other.
  public static func buildBlock(_ parts: [On]...) -> [On] { parts.flatMap { $0 } }
  /// Handlers under a condition.
  public static func buildOptional(_ part: [On]?) -> [On] { part ?? [] }
  /// Handlers of the first branch.
  public static func buildEither(first part: [On]) -> [On] { part }
  /// Handlers of the second branch.
  public static func buildEither(second part: [On]) -> [On] { part }
  /// Handlers made in a loop.
  public static func buildArray(_ parts: [[On]]) -> [On] { parts.flatMap { $0 } }
}
