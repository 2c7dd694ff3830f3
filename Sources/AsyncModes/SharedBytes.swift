/// An immutable buffer that any number of connections can hold at once.
///
/// A broadcast encodes its frame once into one of these and every recipient's queue refers to it.
public struct SharedBytes: Sendable {
  /// The bytes.
  public let storage: [UInt8]

  /// Takes over an array without copying it.
  @inlinable public init(_ storage: [UInt8]) { self.storage = storage }

  /// The number of bytes.
  @inlinable public var count: Int { storage.count }
}
