public import EngineIO
internal import EngineIOCodec
public import SocketIOCodec
internal import Synchronization

/// Server-side sessions in memory: the user has a cookie with an id that nobody can guess, the server the values.
///
/// ```swift
/// let sessions = MemorySessionStore()
/// routes.get("/login") { request in
///   let session = sessions.create(["user": "Anna"])
///   var answer = ApplicationResponse(text: "Welcome\n")
///   answer.response.headerFields[.setCookie] = sessions.cookie(for: session.id)
///   return answer
/// }
/// options.sessions = sessions
/// ```
public final class MemorySessionStore: SessionStore {
  fileprivate struct Entry {
    var values: [String: SocketValue]
    var usedAt: ContinuousClock.Instant
    var stamp: UInt64
  }
  fileprivate struct State {
    var entries: [String: Entry] = [:]
    /// Who was used when, the oldest first; only the note with an entry's own stamp counts.
    var uses: [(id: String, stamp: UInt64)] = []
    var firstUse = 0
    var stamp: UInt64 = 0
    var evicted = 0
    var random = SystemRandomNumberGenerator()
  }
  /// The name of the cookie. Default: `session`.
  public let cookieName: String
  /// How long a session lasts after it was last used. Default: 31 days.
  public let lifetime: Duration
  /// Sessions that are kept; at this number the one that was not used for longest goes. Default: 100,000.
  public let limit: Int
  private let now: @Sendable () -> ContinuousClock.Instant
  private let state = Mutex(State())

  /// Creates a store without sessions.
  ///
  /// - Parameter now: the clock.
  /// - Throws: ``SocketIOError`` with the code `invalidOption`.
  public init(
    cookieName: String = "session", lifetime: Duration = .seconds(31 * 86_400), limit: Int = 100_000,
    now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
  ) throws {
    let isToken =
      !cookieName.isEmpty && cookieName.utf8.allSatisfy { $0 > 32 && $0 < 127 && !"=;,\"".utf8.contains($0) }
    guard isToken else {
      throw SocketIOError(.invalidOption, "cookieName is \"\(cookieName)\", but must be the name of a cookie")
    }
    guard lifetime > .zero else {
      throw SocketIOError(.invalidOption, "lifetime is \(lifetime), but must be longer than zero")
    }
    guard limit > 0 else { throw SocketIOError(.invalidOption, "limit is \(limit), but must be positive") }
    self.cookieName = cookieName
    self.lifetime = lifetime
    self.limit = limit
    self.now = now
  }

  /// The sessions can be changed.
  public var canSave: Bool { true }
  /// The number of sessions that are kept.
  public var count: Int { state.withLock { $0.entries.count } }
  /// Sessions that were given up because too many were there.
  public var evicted: Int { state.withLock { $0.evicted } }

  /// Creates a session with an id of its own.
  public func create(_ values: [String: SocketValue] = [:]) -> StoredSession {
    let time = now()
    return state.withLock { state in
      let id = EngineIOSessionID(random: (state.random.next(), state.random.next()), executorIndex: 0).description
      state.entries[id] = Entry(values: values, usedAt: time, stamp: 0)
      state.touch(id, time)
      state.expire(before: time - lifetime, limit: limit)
      return StoredSession(id: id, values: values)
    }
  }

  /// The session with an id; `nil` if there is none or it has expired.
  public func session(id: String) -> StoredSession? {
    let time = now()
    return state.withLock { state -> StoredSession? in
      guard let entry = state.entries[id] else { return nil }
      guard entry.usedAt > time - lifetime else {
        state.entries[id] = nil
        return nil
      }
      state.touch(id, time)
      return StoredSession(id: id, values: entry.values)
    }
  }

  /// The session of the user who sent a request.
  public func session(for request: EngineRequest) -> StoredSession? {
    request.cookie(cookieName).flatMap { session(id: $0) }
  }

  /// Stores the values of a session; one that has been ended meanwhile stays so.
  public func save(_ session: StoredSession) { state.withLock { $0.entries[session.id]?.values = session.values } }

  /// Ends a session.
  public func remove(id: String) { state.withLock { $0.entries[id] = nil } }

  /// The value of the `Set-Cookie` field that gives a session to a browser.
  ///
  /// - Parameters:
  ///   - id: the id of the session.
  ///   - isSecure: whether it is sent over HTTPS only.
  public func cookie(for id: String, isSecure: Bool = false) -> String {
    "\(cookieName)=\(id); Path=/; HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
  }
}

extension MemorySessionStore.State {
  /// Notes that a session was used.
  fileprivate mutating func touch(_ id: String, _ time: ContinuousClock.Instant) {
    stamp += 1
    entries[id]?.stamp = stamp
    entries[id]?.usedAt = time
    uses.append((id, stamp))
    // Notes that do not count any more are swept out before they outnumber the sessions.
    if uses.count > 2 * entries.count + 64 {
      uses = uses[firstUse...].filter { entries[$0.id]?.stamp == $0.stamp }
      firstUse = 0
    }
  }

  /// Drops what has not been used since a time, and the oldest of what is too much.
  fileprivate mutating func expire(before time: ContinuousClock.Instant, limit: Int) {
    while firstUse < uses.count {
      let oldest = uses[firstUse]
      if let entry = entries[oldest.id], entry.stamp == oldest.stamp {
        guard entry.usedAt <= time || entries.count > limit else { return }
        if entry.usedAt > time { evicted += 1 }
        entries[oldest.id] = nil
      }
      firstUse += 1
    }
  }
}
