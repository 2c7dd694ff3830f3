/// What a session receives: one channel, or all channels whose names begin alike.
public struct MessageQueueSubscription: Sendable, Hashable, CustomStringConvertible {
  /// The name of the channel, or what the names begin with.
  public let name: String
  /// Whether ``name`` is only the beginning. A driver whose queue cannot do this loses the session with the code
  /// `unsupported`.
  public let isPrefix: Bool

  /// One channel.
  public static func channel(_ name: String) -> Self { Self(name: name, isPrefix: false) }

  /// All channels whose names begin with `prefix`.
  public static func prefix(_ prefix: String) -> Self { Self(name: prefix, isPrefix: true) }

  private init(name: String, isPrefix: Bool) {
    self.name = name
    self.isPrefix = isPrefix
  }

  /// Whether messages of a channel belong to it.
  public func matches(_ channel: String) -> Bool { isPrefix ? channel.hasPrefix(name) : channel == name }

  /// The name, with a star behind a prefix.
  public var description: String { isPrefix ? "\(name)*" : name }
}
