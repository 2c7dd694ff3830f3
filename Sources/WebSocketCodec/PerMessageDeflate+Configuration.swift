extension PerMessageDeflate {
  /// What a server offers.
  public struct Configuration: Sendable, Hashable {
    /// Messages below this many bytes are sent uncompressed. Default: 1024.
    public var threshold = 1024
    /// Whether the server keeps its window from message to message: better compression, more memory, and no frame can
    /// be shared by the recipients of a broadcast. Default: false.
    public var serverContextTakeover = false
    /// Whether clients may keep theirs. Default: false.
    public var clientContextTakeover = false
    /// The window of the server's compressor as a power of two, 9 to 15. Default: 15.
    public var serverMaxWindowBits = 15
    /// The window that clients which can choose are asked for, as a power of two, 9 to 15. Default: 15.
    public var clientMaxWindowBits = 15
    /// The effort of zlib, from 1, the fastest, to 9, the smallest result. Default: 6.
    public var compressionLevel = 6
    /// The memory level of zlib, 1 to 9. Default: 8.
    public var memoryLevel = 8
    /// The memory for windows that are kept from message to message, in bytes, over all WebSockets of a server; when it
    /// is used up further ones go uncompressed and are counted. Default: 64 MiB.
    public var maxContextBytes = 64 << 20

    /// Creates a configuration with the defaults.
    public init() {}

    /// What is wrong with the values, beginning with the name of the option; `nil` if nothing is.
    public var problem: String? {
      for (name, value, range) in [
        ("threshold", threshold, 0...Int(Int32.max)), ("serverMaxWindowBits", serverMaxWindowBits, 9...15),
        ("clientMaxWindowBits", clientMaxWindowBits, 9...15), ("compressionLevel", compressionLevel, 1...9),
        ("memoryLevel", memoryLevel, 1...9), ("maxContextBytes", maxContextBytes, 0...Int.max),
      ] where !range.contains(value) {
        return "\(name) is \(value), but must be from \(range.lowerBound) to \(range.upperBound)"
      }
      return nil
    }

    func makeDeflater(windowBits: Int) -> Deflater? {
      Deflater(windowBits: windowBits, level: compressionLevel, memoryLevel: memoryLevel)
    }
  }
}
