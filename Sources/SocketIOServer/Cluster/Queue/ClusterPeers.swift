internal import AsyncModes
internal import ClusterCodec

/// The other servers on the queue: those of this package tell that they are there, those of Python do not.
struct ClusterPeers {
  private struct Peer {
    var lastHeard: MonotonicInstant
    /// How much it had published when it last told, that news included, and what has come of it since.
    var told: Int64?
    var received: Int64 = 0
  }
  private var peers: [String: Peer] = [:]
  private let timeout: Duration
  /// More servers than this do not share a queue; what claims to be another one is ignored.
  private static let limit = 10_000

  init(timeout: Duration) { self.timeout = timeout }

  /// The ids of those that were heard of lately.
  mutating func alive(at now: MonotonicInstant) -> Set<String> {
    peers = peers.filter { $0.value.lastHeard.advanced(by: timeout) > now }
    return Set(peers.keys)
  }

  /// A payload of a server has come, whatever is in it.
  mutating func received(from origin: String) { peers[origin]?.received += 1 }

  /// A server tells how it is.
  ///
  /// - Parameter sent: how many payloads it has published before this one.
  /// - Returns: how many of them have not come here.
  mutating func heard(_ presence: ClusterPresence, _ origin: String, sent: Int64?, at now: MonotonicInstant) -> Int {
    if peers[origin] == nil {
      guard presence != .goodbye, peers.count < Self.limit else { return 0 }
      peers[origin] = Peer(lastHeard: now)
    }
    guard var peer = peers[origin] else { return 0 }
    peer.lastHeard = now
    var missed: Int64 = 0
    if let sent, sent < .max / 2 {
      // The news itself was counted as received.
      if let told = peer.told { missed = max(0, sent + 1 - told - peer.received) }
      peer.told = sent + 1
      peer.received = 0
    } else {
      // What does not tell is not among what is counted.
      peer.received -= 1
    }
    peers[origin] = presence == .goodbye ? nil : peer
    return Int(missed)
  }

  /// Whether a server has been heard of.
  func knows(_ origin: String) -> Bool { peers[origin] != nil }
}
