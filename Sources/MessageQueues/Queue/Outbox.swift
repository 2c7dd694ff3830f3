internal import AsyncModes

/// The payloads that wait to be published, oldest first, within bounds.
struct Outbox {
  struct Item {
    let payload: SharedBytes
    let channel: String
  }
  /// What became of a payload.
  enum Verdict: Equatable { case waits, droppedOldest(Int), droppedNewest, refused }

  private var items: [Item?] = []
  private var head = 0
  private(set) var bytes = 0

  var count: Int { items.count - head }

  mutating func append(_ item: Item, _ options: MessageQueueOptions) -> Verdict {
    func isFull() -> Bool {
      count >= options.maxQueuedMessages || bytes + item.payload.count > options.maxQueuedBytes
    }
    var dropped = 0
    while isFull() {
      switch options.dropPolicy {
      case .newest: return .droppedNewest
      case .error: return .refused
      case .oldest:
        guard popFirst() != nil else { return .droppedNewest }
        dropped += 1
      }
    }
    items.append(item)
    bytes += item.payload.count
    return dropped > 0 ? .droppedOldest(dropped) : .waits
  }

  mutating func popFirst() -> Item? {
    guard head < items.count, let item = items[head] else { return nil }
    items[head] = nil
    head += 1
    bytes -= item.payload.count
    if head == items.count {
      items.removeAll(keepingCapacity: items.capacity <= 1024)
      head = 0
    } else if head >= 1024, head * 2 >= items.count {
      items.removeFirst(head)
      head = 0
    }
    return item
  }

  /// Puts back what ``popFirst()`` has taken out last.
  mutating func putBack(_ item: Item) {
    bytes += item.payload.count
    if head > 0 {
      head -= 1
      items[head] = item
    } else {
      items.insert(item, at: 0)
    }
  }

  /// Throws everything away.
  ///
  /// - Returns: how much that was.
  mutating func removeAll() -> Int {
    defer { self = Outbox() }
    return count
  }
}
