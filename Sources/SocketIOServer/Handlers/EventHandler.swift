internal import SocketIOCodec

/// An event handler in the form that the server calls.
enum EventHandler: Sendable {
  /// Takes the text of the arguments; may not suspend.
  case raw(RawEventHandler)
  /// Takes values; may not suspend.
  case synchronous(@Sendable (SocketEvent) throws -> Arguments?)
  /// Takes values; may suspend.
  case asynchronous(EventAction)
}

/// A handler that takes the arguments of an event as the JSON text they came as, without the brackets around them.
///
/// It costs no allocation. The text has been checked to be JSON and is gone when the handler returns; attachments are
/// not given. The acknowledgement is `nil` if the client asked for none.
public typealias RawEventHandler = @Sendable (Socket, borrowing RawSpan, Acknowledgement?) throws -> Void

extension EventHandler {
  /// The handler as one that may suspend, so that something can stand before it.
  var action: EventAction {
    switch self {
    case .asynchronous(let body): body
    case .synchronous(let body): { event in try body(event) }
    case .raw(let body):
      { event in
        var text: [UInt8] = []
        var attachments: [[UInt8]] = []
        for (index, value) in event.arguments.enumerated() {
          if index > 0 { text.append(UInt8(ascii: ",")) }
          JSONText.append(value, to: &text, attachments: &attachments)
        }
        try body(event.socket, text.span.bytes, event.acknowledgement)
        return nil
      }
    }
  }

  /// The handler behind what was put before it; the first of them is asked first.
  func behind(_ middleware: [EventMiddleware]) -> EventHandler {
    guard !middleware.isEmpty else { return self }
    return .asynchronous(middleware.before(action))
  }
}

extension Array where Element == EventMiddleware {
  /// The action behind all of these; the first is asked first.
  func before(_ action: @escaping EventAction) -> EventAction {
    reversed().reduce(action) { next, middleware in { event in try await middleware(event, next) } }
  }
}
