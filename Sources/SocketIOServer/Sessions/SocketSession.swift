public import SocketIOCodec
internal import Synchronization

/// What a server remembers about a user for as long as the client is in a namespace.
///
/// It begins as a copy of the user's HTTP session if ``SocketIOOptions/sessions`` knows one, and empty otherwise. With
/// ``SocketIOOptions/manageSession`` changes stay with this client in this namespace; without it they are shared with
/// HTTP handlers and other clients of the user. It may be used from anywhere.
public final class SocketSession: Sendable {
  private struct State {
    var id: String?
    var values: [String: SocketValue] = [:]
    var isModified = false
  }
  private let state = Mutex(State())

  init() {}

  /// All values.
  public var values: [String: SocketValue] { state.withLock { $0.values } }

  /// Whether it was changed since it was loaded or saved.
  public var isModified: Bool { state.withLock { $0.isModified } }

  /// A value by its name; `nil` takes it out.
  public subscript(name: String) -> SocketValue? {
    get { state.withLock { $0.values[name] } }
    set {
      state.withLock { state in
        state.values[name] = newValue
        state.isModified = true
      }
    }
  }

  /// A value; `nil` if there is none, or one of another type.
  public subscript<Value>(key: SessionKey<Value>) -> Value? {
    guard let value = self[key.name] else { return nil }
    return try? SocketValueDecoder().decode(Value.self, from: value)
  }

  /// Sets a value.
  ///
  /// - Throws: `EncodingError` if it cannot be encoded.
  public func set<Value>(_ value: Value, for key: SessionKey<Value>) throws {
    self[key.name] = try SocketValue(encoding: value)
  }

  /// Takes a value out.
  public func remove<Value>(_ key: SessionKey<Value>) { self[key.name] = nil }

  /// Takes over what is stored.
  func load(_ stored: StoredSession?) {
    state.withLock { $0 = State(id: stored?.id, values: stored?.values ?? [:]) }
  }

  /// What is to be stored, if it was changed and belongs to a stored session.
  func takeChanges() -> StoredSession? {
    state.withLock { state in
      guard state.isModified, let id = state.id else { return nil }
      state.isModified = false
      return StoredSession(id: id, values: state.values)
    }
  }
}
