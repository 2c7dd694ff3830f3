/// The name of a value in a session, and its type.
///
/// ```swift
/// extension SessionKey<String> { static let user = SessionKey("user") }
///
/// try socket.session.set("Anna", for: .user)
/// let user = socket.session[.user]
/// ```
public struct SessionKey<Value: Codable & Sendable>: Sendable {
  /// The name in the stored session.
  public let name: String

  /// Names a value.
  public init(_ name: String) { self.name = name }
}
