/// What a NATS server sends.
public enum NATSMessage: Sendable, Equatable {
  /// What the server says of itself, as JSON; the first thing, and again when it changes.
  case info([UInt8])
  /// A message for a subscription.
  case message(subject: String, subscription: Int, payload: [UInt8])
  /// A message that is larger than what is taken, and was thrown away.
  case oversized(subject: String, subscription: Int, bytes: Int)
  /// The server wants to know whether this side is there.
  case ping
  /// The answer to a ping.
  case pong
  /// Something was understood.
  case ok
  /// Something was not; the text is without its quotes.
  case error(String)
}
