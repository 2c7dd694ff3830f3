/// What the network of a ``MemoryMode`` is like.
public struct MemoryNetwork: Sendable {
  /// Bytes that one direction of a connection holds before its writer has to wait, as the buffers of a kernel do.
  /// Default: 64 KiB.
  public var bufferBytes = 64 << 10
  /// Bytes that arrive at a time. With 1 every message comes in the smallest pieces there are. Default: 64 KiB.
  public var chunkBytes = 64 << 10

  /// Creates a network with the defaults.
  public init() {}

  /// Creates a network.
  public init(bufferBytes: Int = 64 << 10, chunkBytes: Int = 64 << 10) {
    self.bufferBytes = bufferBytes
    self.chunkBytes = chunkBytes
  }
}
