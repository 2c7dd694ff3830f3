/// The type of a packet.
public enum SocketIOPacketType: UInt8, Sendable, Hashable {
  /// Joins a namespace.
  case connect = 0
  /// Leaves a namespace.
  case disconnect = 1
  /// An event.
  case event = 2
  /// The answer to an event.
  case ack = 3
  /// Refuses to let a client join; called error in protocol 4.
  case connectError = 4
  /// An event with attachments.
  case binaryEvent = 5
  /// An answer with attachments.
  case binaryAck = 6
}

/// The generations of the Socket.IO protocol.
public enum SocketIOProtocol: UInt8, Sendable, Hashable {
  /// Over Engine.IO 3: JavaScript clients 1.x and 2.x.
  case v4 = 4
  /// Over Engine.IO 4: JavaScript clients 3.x and 4.x.
  case v5 = 5
}

/// Limits of what a packet may hold.
public struct SocketIOLimits: Sendable, Hashable {
  /// Attachments of one packet. Default: 10, as in the reference implementation.
  public var maxAttachments = 10
  /// The name of a namespace, in bytes; a client that asks for a longer one is refused. Default: 256.
  public var maxNamespaceBytes = 256
  /// How deep values may be nested. Default: 128.
  public var maxDepth = JSONText.defaultMaxDepth
  /// Attachments that wait for the rest of their packet, in bytes. Default: 10,000,000.
  public var maxPendingBytes = 10_000_000

  /// Creates limits with their defaults.
  public init() {}
}

/// A packet that violates the protocol or a limit: the client's fault.
public struct SocketIOPacketError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong.
  public let message: String

  init(_ message: String) { self.message = message }

  /// What is wrong.
  public var description: String { message }
}

/// A packet whose text has been checked; ranges are in that text.
public struct SocketIOPacketHead: Sendable, Hashable {
  /// The type.
  public var type: SocketIOPacketType
  /// How many attachments follow.
  public var attachmentCount = 0
  /// The namespace; `nil` stands for `/`.
  public var namespace: Range<Int>?
  /// The query behind the namespace, without its question mark; protocol 4 only.
  public var namespaceQuery: Range<Int>?
  /// The id of the acknowledgement.
  public var id: Int64?
  /// The JSON text.
  public var payload: Range<Int>?
  /// The name of the event, between its quotes.
  public var eventName: Range<Int>?
  /// Whether the name has escapes.
  public var isEventNameEscaped = false
  /// The text of the arguments without brackets; empty if there are none.
  public var arguments: Range<Int> = 0..<0

  /// Creates the head of a packet without content.
  public init(type: SocketIOPacketType) { self.type = type }
}
