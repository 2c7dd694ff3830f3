/// A way in which the messages of a cluster are written.
public protocol ClusterFormat: Sendable {
  /// The id of this server, which its messages carry.
  var origin: String { get }

  /// The channels that messages come on.
  var channels: [String] { get }

  /// What the names of further channels begin with.
  var prefixes: [String] { get }

  /// Writes a message.
  ///
  /// - Returns: the payloads to publish, in their order, each with its channel. A format may need several for one
  ///   message, and none for a message that it has no form for.
  func encode(_ message: ClusterMessage) -> [(channel: String, payload: [UInt8])]

  /// The id of the server that has published a payload, if its messages are counted: see ``ClusterMessage/presence``.
  func sender(of payload: RawSpan, on channel: String) -> String?

  /// Reads a message.
  ///
  /// - Parameters:
  ///   - payload: what came.
  ///   - channel: the channel it came on.
  ///   - hasMember: whether a room of a namespace has a member here; no rooms stand for the whole namespace. If there is
  ///     none, the content of an event is not decoded.
  func decode(
    _ payload: RawSpan, on channel: String, hasMember: (_ namespace: String, _ rooms: [String]) -> Bool
  ) -> ClusterDecoding
}

extension ClusterFormat {
  /// None.
  public var prefixes: [String] { [] }

  /// Nobody's messages are counted.
  public func sender(of payload: RawSpan, on channel: String) -> String? { nil }
}

/// What was read.
public enum ClusterDecoding: Sendable, Hashable {
  /// A message for this server.
  case message(ClusterMessage)
  /// A message that this server has published itself.
  case ownEcho
  /// A message that concerns nobody here, or a kind of message that this server does not know.
  case skipped
  /// An event that concerns nobody here, but whose sender waits to be told whom it was sent to.
  case nobodyAsked(ClusterReturnAddress)
  /// What cannot be read.
  case malformed(String)
}
