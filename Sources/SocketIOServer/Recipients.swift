/// Whom an event goes to.
public enum Recipients: Sendable, Hashable {
  /// The client whose event is being handled.
  case sender
  /// Everybody in the namespace, the sender included.
  case everyone
  /// Everybody in the namespace but the sender.
  case others
  /// The members of a room, the sender included if it is one. The id of a client is a room too.
  case room(String)
  /// The members of any of several rooms; who is in more than one gets the event once.
  case rooms([String])
  /// One client, which may be connected anywhere.
  case client(SocketID)
}

extension Recipients {
  /// Whether nobody is meant. An audience without rooms is the whole namespace, which an empty list does not mean.
  var isEmpty: Bool { if case .rooms(let rooms) = self { rooms.isEmpty } else { false } }

  /// Whom an operation is meant for; `nil` stands for the sender alone.
  func audience(from sender: SocketID, skipping skipped: [SocketID], except: [String]) -> Audience? {
    switch self {
    case .sender: nil
    case .everyone: Audience(skipping: skipped, except: except)
    case .others: Audience(skipping: skipped + [sender], except: except)
    case .room(let room): Audience(rooms: [room], skipping: skipped, except: except)
    case .rooms(let rooms): Audience(rooms: rooms, skipping: skipped, except: except)
    case .client(let id): Audience(rooms: [id.description], skipping: skipped, except: except)
    }
  }
}
