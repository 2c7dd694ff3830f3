internal import Synchronization

/// Which rooms have a member on this server, whichever executor it lives on.
///
/// Changed when a room comes to exist on an executor or ends there, not with each member; kept only by servers with a
/// cluster, which ask it before they decode what others have published.
final class RoomIndex: Sendable {
  private let namespaces = Mutex<[String: [String: Int]]>([:])

  /// A room, or a client by its id, has come to exist on an executor. The empty name counts the clients.
  func insert(_ room: String, _ namespace: String) {
    namespaces.withLock { $0[namespace, default: [:]][room, default: 0] += 1 }
  }

  func remove(_ room: String, _ namespace: String) {
    namespaces.withLock { namespaces in
      guard let count = namespaces[namespace]?[room] else { return }
      namespaces[namespace]?[room] = count > 1 ? count - 1 : nil
      if namespaces[namespace]?.isEmpty == true { namespaces[namespace] = nil }
    }
  }

  /// Whether any of the rooms has a member; no rooms stand for the whole namespace.
  func hasMember(_ namespace: String, _ rooms: [String]) -> Bool {
    namespaces.withLock { namespaces in
      guard let names = namespaces[namespace] else { return false }
      return rooms.isEmpty || rooms.contains { names[$0] != nil }
    }
  }

  /// The rooms that have members, with the ids of clients among them.
  func rooms(in namespace: String) -> [String] {
    namespaces.withLock { ($0[namespace] ?? [:]).keys.filter { !$0.isEmpty } }
  }
}
