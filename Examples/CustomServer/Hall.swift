import AsyncModes

/// The guests whose connections live on one executor, by the room that they are in.
///
/// Everything here is touched on that executor only, so it takes no lock.
final class Hall: @unchecked Sendable {
  // @unchecked: everything mutable is confined to `executor`.

  /// The executor that the guests live on.
  let executor: IOExecutor
  private var rooms: [String: [ObjectIdentifier: Guest]] = [:]

  init(_ executor: IOExecutor) { self.executor = executor }

  /// Somebody is in a room from now on.
  func enter(_ guest: Guest, _ room: String) { rooms[room, default: [:]][ObjectIdentifier(guest)] = guest }

  /// Somebody is in a room no longer; the last one takes the room along.
  func leave(_ guest: Guest, _ room: String) {
    rooms[room]?[ObjectIdentifier(guest)] = nil
    if rooms[room]?.isEmpty == true { rooms[room] = nil }
  }

  /// Writes bytes to everybody in a room. The guests share the buffer, and who does not read loses the connection,
  /// not the others their time.
  func deliver(_ line: SharedBytes, to room: String, except skipped: ObjectIdentifier?) {
    // A copy: a guest who is cut off leaves the room meanwhile.
    let guests = rooms[room] ?? [:]
    for (id, guest) in guests where id != skipped { guest.connection.write(line) }
  }

  /// Writes bytes to everybody.
  func deliver(_ line: SharedBytes) {
    for room in Array(rooms.keys) { deliver(line, to: room, except: nil) }
  }
}
