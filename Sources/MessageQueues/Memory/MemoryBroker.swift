internal import AsyncModes
internal import Synchronization

/// A message queue inside this process, for servers that share one; `memory://NAME` names it.
public final class MemoryBroker: Sendable {
  private struct State {
    var sessions: [MemorySession] = []
    var isDown = false
  }
  private let state = Mutex(State())
  private static let named = Mutex<[String: MemoryBroker]>([:])

  /// Messages that may wait for one subscriber; beyond it the subscriber's session is lost, as brokers do.
  static let maxWaiting = 100_000

  /// Creates a broker that has no name.
  public init() {}

  /// The broker of a name, the same one for everybody in this process.
  public static func named(_ name: String) -> MemoryBroker {
    named.withLock { brokers in
      let broker = brokers[name] ?? MemoryBroker()
      brokers[name] = broker
      return broker
    }
  }

  /// Whether the broker is away: all sessions are lost and none can be opened. For tests of what a server does then.
  public var isDown: Bool {
    get { state.withLock { $0.isDown } }
    set {
      let lost = state.withLock { state in
        state.isDown = newValue
        defer { if newValue { state.sessions = [] } }
        return newValue ? state.sessions : []
      }
      for session in lost { session.executor.post { session.lose("it is down") } }
    }
  }

  func add(_ session: MemorySession) -> Bool {
    state.withLock { state in
      if !state.isDown { state.sessions.append(session) }
      return !state.isDown
    }
  }

  func remove(_ session: MemorySession) {
    state.withLock { state in state.sessions.removeAll { $0 === session } }
  }

  func publish(_ payload: SharedBytes, on channel: String) {
    // Posted under the lock, so that all subscribers get all payloads in the same order.
    state.withLock { state in
      state.sessions.removeAll { session in
        guard session.waiting.add(1, ordering: .relaxed).newValue <= Self.maxWaiting else {
          session.executor.post { session.lose("it was given messages faster than it took them") }
          return true
        }
        session.executor.post { session.deliver(payload, channel) }
        return false
      }
    }
  }
}
