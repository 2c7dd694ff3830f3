public import SocketIOCodec
public import SocketIOServer

/// An event that a test client has received.
public struct ReceivedEvent: Sendable, Hashable, CustomStringConvertible {
  /// The name of the event.
  public let name: String
  /// Its arguments.
  public let arguments: Arguments
  /// The namespace it came in.
  public let namespace: String
  /// The number under which the server awaits an acknowledgement, if it does.
  let id: Int64?

  init(name: String, arguments: Arguments, namespace: String, id: Int64?) {
    self.name = name
    self.arguments = arguments
    self.namespace = namespace
    self.id = id
  }

  /// Creates an event to compare with; whether an acknowledgement is awaited does not count.
  public init(_ name: String, _ arguments: SocketValue..., namespace: String = "/") {
    self.init(name: name, arguments: Arguments(arguments), namespace: namespace, id: nil)
  }

  /// Whether the server awaits an acknowledgement; see ``TestClient/acknowledge(_:_:)``.
  public var isAwaitingAcknowledgement: Bool { id != nil }

  /// Whether name, arguments and namespace are the same.
  public static func == (left: Self, right: Self) -> Bool {
    left.name == right.name && left.arguments == right.arguments && left.namespace == right.namespace
  }

  /// Hashes what is compared.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(arguments)
    hasher.combine(namespace)
  }

  /// The event as it is written in tests.
  public var description: String {
    let values = arguments.map { ", \($0)" }.joined()
    return "ReceivedEvent(\"\(name)\"\(values)\(namespace == "/" ? "" : ", namespace: \"\(namespace)\""))"
  }
}
