internal import AsyncModes

/// The acknowledgements that a socket awaits, in the order of their ids.
struct PendingAcknowledgements {
  typealias Handler = @Sendable (Result<Arguments, SocketIOError>) -> Void

  private struct Entry {
    let id: Int64
    let handler: Handler
    let timer: TimerID
  }
  private var entries: [Entry] = []
  private var nextID: Int64 = 0

  var count: Int { entries.count }

  /// The id of the next acknowledgement.
  mutating func makeID() -> Int64 {
    defer { nextID += 1 }
    return nextID
  }

  mutating func add(_ id: Int64, _ timer: TimerID, _ handler: @escaping Handler) {
    entries.append(Entry(id: id, handler: handler, timer: timer))
  }

  /// Takes out the one with an id; `nil` if it is unknown or was answered already.
  mutating func take(_ id: Int64) -> (handler: Handler, timer: TimerID)? {
    guard let index = entries.firstIndex(where: { $0.id == id }) else { return nil }
    let entry = entries.remove(at: index)
    return (entry.handler, entry.timer)
  }

  /// Takes out all.
  mutating func takeAll() -> [(handler: Handler, timer: TimerID)] {
    defer { entries = [] }
    return entries.map { ($0.handler, $0.timer) }
  }
}
