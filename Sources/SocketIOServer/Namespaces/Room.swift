/// The members of a room, or of a namespace, on one executor.
///
/// A dense array that is walked by broadcasts; a member knows its place in it, so joining and leaving cost the same
/// however many members there are.
final class Room {
  let name: String
  @exclusivity(unchecked) private(set) var members: ContiguousArray<Socket> = []

  init(name: String) { self.name = name }

  var isEmpty: Bool { members.isEmpty }

  /// Adds a member.
  ///
  /// - Returns: its place.
  func add(_ socket: Socket) -> Int {
    members.append(socket)
    return members.count - 1
  }

  /// Removes the member at a place; the last member moves there.
  func remove(at place: Int) {
    let last = members.removeLast()
    guard place < members.count else { return }
    members[place] = last
    last.moved(in: self, to: place)
  }
}
