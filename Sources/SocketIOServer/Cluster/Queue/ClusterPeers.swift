internal import AsyncModes
internal import ClusterCodec

/// The other servers on the queue: those of this package tell that they are there, those of Python do not.
struct ClusterPeers {
  private var lastHeard: [String: MonotonicInstant] = [:]
  private let timeout: Duration
  /// More servers than this do not share a queue; what claims to be another one is ignored.
  private static let limit = 10_000

  init(timeout: Duration) { self.timeout = timeout }

  /// The ids of those that were heard of lately.
  mutating func alive(at now: MonotonicInstant) -> Set<String> {
    lastHeard = lastHeard.filter { $0.value.advanced(by: timeout) > now }
    return Set(lastHeard.keys)
  }

  mutating func heard(_ presence: ClusterPresence, _ origin: String, at now: MonotonicInstant) {
    switch presence {
    case .goodbye: lastHeard[origin] = nil
    case .hello, .alive:
      if lastHeard[origin] != nil || lastHeard.count < Self.limit { lastHeard[origin] = now }
    }
  }

  /// Whether a server has been heard of.
  func knows(_ origin: String) -> Bool { lastHeard[origin] != nil }
}
