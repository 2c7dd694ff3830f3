/// A pickle that cannot be read: broken, beyond a limit, or more than plain data. The sender's fault.
public struct PickleError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong.
  public let message: String
  /// Where, in bytes from the start.
  public let offset: Int

  /// What is wrong, and where.
  public var description: String { "\(message) at byte \(offset)" }
}

/// Limits of a pickle.
public struct PickleLimits: Sendable, Hashable {
  /// Values that one pickle may hold. Default: 200,000.
  public var maxValues = 200_000
  /// How deep values may be nested. Default: 128.
  public var maxDepth = 128
  /// The digits of a number that is written as text, or the bytes of one that is not. Default: 1024.
  public var maxNumberBytes = 1024

  /// Texts and bytes of the values that are made of a pickle, which may refer to one text many times. Default: 16 MiB.
  public var maxContentBytes = 16 << 20

  /// Creates limits with their defaults.
  public init() {}
}
