internal import Synchronization

/// How long handlers take, by namespace and event.
final class HandlerLatencies: Sendable {
  struct Key: Hashable {
    let namespace: String
    let event: String
  }
  private let histograms = Mutex<[Key: LatencyHistogram]>([:])

  /// Events beyond this many are counted under one name: what clients send must not fill the memory.
  private static let limit = 200
  private static let others = Key(namespace: "", event: "")

  /// Measures a handler, whatever becomes of it.
  func measure(_ event: SocketEvent, _ next: EventAction) async throws -> Arguments? {
    let start = ContinuousClock.now
    defer {
      let (seconds, attoseconds) = start.duration(to: .now).components
      let microseconds = Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000)
      record(Key(namespace: event.socket.namespace, event: event.name), microseconds)
    }
    return try await next(event)
  }

  private func record(_ key: Key, _ microseconds: Int) {
    histograms.withLock { histograms in
      let isFull = histograms[key] == nil && histograms.count >= Self.limit
      histograms[isFull ? Self.others : key, default: LatencyHistogram()].record(microseconds: microseconds)
    }
  }

  var metrics: [ServerMetric] {
    histograms.withLock { $0 }
      .sorted { ($0.key.namespace, $0.key.event) < ($1.key.namespace, $1.key.event) }
      .map {
        ServerMetric(
          "socketio_handler", "How long handlers took", .histogram($0.value),
          [("namespace", $0.key.namespace), ("event", $0.key.event)])
      }
  }
}
