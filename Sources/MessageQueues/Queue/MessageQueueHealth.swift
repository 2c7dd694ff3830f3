/// How a ``MessageQueue`` stands with its queue.
public enum MessageQueueState: Sendable, Hashable, CustomStringConvertible {
  /// It has not been started.
  case idle
  /// The first session is being opened.
  case connecting
  /// A session stands.
  case connected
  /// The session was lost, or could not be opened so many times in a row; a new one is tried.
  case reconnecting(attempt: Int)
  /// It was closed by this program.
  case closed

  /// The name of the state.
  public var description: String {
    switch self {
    case .idle: "idle"
    case .connecting: "connecting"
    case .connected: "connected"
    case .reconnecting(let attempt): "reconnecting, attempt \(attempt)"
    case .closed: "closed"
    }
  }
}

/// The health of a ``MessageQueue`` at one moment, as an endpoint for monitoring shows it.
public struct MessageQueueHealth: Sendable, Equatable {
  /// The state.
  public var state: MessageQueueState
  /// How long the state has lasted.
  public var duration: Duration
  /// Payloads that wait to be published.
  public var queuedMessages: Int
  /// The same in bytes.
  public var queuedBytes: Int
  /// How long the latest probe took to come back, if one has.
  public var probeRoundTrip: Duration?
  /// Why the latest session was lost or could not be opened, if that has happened.
  public var lastError: MessageQueueError?

  /// Whether a session stands, so that this process hears the others and they hear it.
  public var isHealthy: Bool { state == .connected }
}
