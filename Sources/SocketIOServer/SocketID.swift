internal import EngineIOCodec

/// The id of a client in a namespace: 20 characters that nobody can guess.
///
/// It may be told to other clients; unlike the id of the Engine.IO session it lets nobody act for its owner.
public struct SocketID: Sendable, Hashable, CustomStringConvertible {
  let raw: EngineIOSessionID

  init(raw: EngineIOSessionID) { self.raw = raw }

  /// Reads an id from its text; `nil` if it is none.
  public init?(_ text: String) {
    guard let raw = EngineIOSessionID(text.utf8Span.span.bytes) else { return nil }
    self.raw = raw
  }

  /// The text of the id.
  public var description: String { raw.description }
}
