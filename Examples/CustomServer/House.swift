import AsyncModes
import Synchronization

/// What the executors have in common: the halls, and who has which name.
final class House: Sendable {
  /// The runtime.
  let mode: any AsyncMode
  /// What is allowed.
  let limits: Limits
  /// One hall for each executor, at the index of the executor.
  let halls: [Hall]
  /// The room of everybody who has a name. Only coming, going and asking take this lock; talking does not.
  private let people = Mutex<[String: String]>([:])

  init(mode: any AsyncMode, limits: Limits) {
    self.mode = mode
    self.limits = limits
    halls = mode.executors.map(Hall.init)
  }

  /// Gives a name to somebody in a room, and takes the old one back; answers whether it was free.
  func claim(_ name: String, insteadOf old: String?, in room: String) -> Bool {
    people.withLock { people in
      guard people[name] == nil || name == old else { return false }
      if let old { people[old] = nil }
      people[name] = room
      return true
    }
  }

  /// Takes a name back.
  func release(_ name: String) { people.withLock { $0[name] = nil } }

  /// Who is in a room.
  func names(in room: String) -> [String] {
    people.withLock { people in people.filter { $0.value == room } }.keys.sorted()
  }

  /// The rooms, and how many are in each.
  func rooms() -> [String: Int] {
    people.withLock { people in Dictionary(people.values.map { ($0, 1) }, uniquingKeysWith: +) }
  }

  /// Says a line in a room, on all executors: it is made once, and each executor is posted one job.
  ///
  /// The own executor gets a job too: writing may cut off guests, and that they have left is said after this line.
  func tell(_ room: String, _ line: String, except guest: Guest? = nil) {
    let bytes = SharedBytes(Array((line + "\n").utf8))
    let skipped = guest.map { ObjectIdentifier($0) }
    for hall in halls { hall.executor.post { hall.deliver(bytes, to: room, except: skipped) } }
  }

  /// Says a line to everybody.
  func tellEverybody(_ line: String) {
    let bytes = SharedBytes(Array((line + "\n").utf8))
    for hall in halls { hall.executor.post { hall.deliver(bytes) } }
  }
}
