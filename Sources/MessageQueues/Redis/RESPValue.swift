/// A reply of a Redis server (RESP2 and RESP3).
public enum RESPValue: Sendable, Hashable {
  /// Text of one line.
  case simple(String)
  /// An error, such as `NOPERM this user has no permissions`.
  case error(String)
  /// A number.
  case integer(Int64)
  /// Bytes.
  case bulk([UInt8])
  /// Bytes that were more than the decoder takes; they were thrown away.
  case oversized(Int)
  /// Nothing.
  case null
  /// A truth value.
  case boolean(Bool)
  /// A number with a fraction.
  case double(Double)
  /// Values; maps have names and values in turn.
  case array([RESPValue])
  /// Values that answer no command.
  case push([RESPValue])

  /// The text of a simple reply or of bytes.
  public var text: String? {
    switch self {
    case .simple(let text): text
    case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
    default: nil
    }
  }
}
