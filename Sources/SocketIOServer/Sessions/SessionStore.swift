public import EngineIO
public import SocketIOCodec

/// The sessions of users that an HTTP application keeps, as the Socket.IO server needs to see them.
///
/// Server-side sessions, such as those of ``MemorySessionStore``, can be read and changed. Sessions that live in a cookie
/// can only be read: no cookie can be set over a connection that stands. A store of those has ``canSave`` false, and
/// every client keeps a copy of its own.
public protocol SessionStore: Sendable {
  /// Whether sessions can be changed by those who have no HTTP response to answer with.
  var canSave: Bool { get }

  /// The session of the user who sent a request; `nil` if there is none, or it has expired, or is forged.
  func session(for request: EngineRequest) async throws -> StoredSession?

  /// Stores the values of a session.
  func save(_ session: StoredSession) async throws
}

/// The session of a user: its id and its values.
public struct StoredSession: Sendable, Hashable {
  /// The id, which nobody but the user may know.
  public var id: String
  /// The values.
  public var values: [String: SocketValue]

  /// Creates a session.
  public init(id: String, values: [String: SocketValue] = [:]) {
    self.id = id
    self.values = values
  }
}

/// Brings the sessions of users to the handlers of their clients.
struct SessionAccess: Sendable {
  let store: any SessionStore
  /// Whether handlers see what others have changed meanwhile, and the other way round.
  let isShared: Bool

  private func load(_ socket: Socket) async throws {
    socket.session.load(try await store.session(for: socket.request))
  }

  private func save(_ socket: Socket) async throws {
    if isShared, let changed = socket.session.takeChanges() { try await store.save(changed) }
  }

  /// Surrounds handlers with loading and saving. Changes are saved even if the handler throws.
  func surround(_ handlers: inout NamespaceHandlers) {
    let connect = handlers.connect ?? .synchronous { _, _ in }
    handlers.connect = .asynchronous { socket, auth in
      try await load(socket)
      do {
        try await connect.run(socket, auth)
      } catch {
        try await save(socket)
        throw error
      }
      try await save(socket)
    }
    guard isShared else { return }
    handlers.put(
      [],
      [
        { event, next in
          try await load(event.socket)
          let reply: Arguments?
          do {
            reply = try await next(event)
          } catch {
            try await save(event.socket)
            throw error
          }
          try await save(event.socket)
          return reply
        }
      ])
    guard let disconnect = handlers.disconnect else { return }
    handlers.disconnect = { socket, reason in
      try await load(socket)
      try await disconnect(socket, reason)
      try await save(socket)
    }
  }
}
