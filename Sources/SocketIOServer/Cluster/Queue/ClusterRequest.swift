internal import AsyncModes
internal import ClusterCodec
internal import SocketIOCodec

/// A question to other servers, and what has been answered so far. Confined to the queue's executor.
final class ClusterRequest {
  enum Kind { case sockets, rooms, serverEvent, call }

  let kind: Kind
  /// The servers that have not answered.
  var missing: Set<String>
  let asked: Int
  var timer = TimerID.none
  var clients: [ClusterClient] = []
  var rooms: Set<String> = []
  var answers: [Arguments] = []
  /// The clients of other servers that were asked, and those that have answered.
  var awaited: Set<String> = []
  var results = CallResults()
  /// Answers of clients whose server does not tell which client it was.
  var anonymous = 0
  /// Whether the one client that is asked may be connected to a server of Python, which does not tell whom it asks.
  var mayBeAnonymous = false
  private var finish: ((ClusterRequest) -> Void)?

  init(_ kind: Kind, _ missing: Set<String>, _ finish: @escaping (ClusterRequest) -> Void) {
    self.kind = kind
    self.missing = missing
    asked = missing.count
    self.finish = finish
  }

  var isComplete: Bool {
    guard missing.isEmpty else { return false }
    guard kind == .call else { return true }
    return awaited.allSatisfy { results.answers[$0] != nil || results.failures[$0] != nil }
      && (!mayBeAnonymous || !awaited.isEmpty || anonymous > 0)
  }

  func end() {
    let finish = finish
    self.finish = nil
    finish?(self)
  }
}
