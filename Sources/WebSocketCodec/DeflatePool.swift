internal import Synchronization

/// The streams of zlib that the WebSockets of one executor share, as far as they keep no window from message to message.
/// Confined to the executor.
///
/// It also remembers the last frame that was compressed for many: the recipients of a broadcast get the same bytes.
public final class DeflatePool {
  private let configuration: PerMessageDeflate.Configuration
  private var deflaters: [Int: Deflater] = [:]
  private var sharedInflater: Inflater?
  private var last: (frame: [UInt8], windowBits: Int, compressed: [UInt8])?

  /// Creates a pool; memory is taken when it is first used.
  public init(_ configuration: PerMessageDeflate.Configuration) { self.configuration = configuration }

  /// A compressor whose window is empty.
  func deflater(windowBits: Int) -> Deflater? {
    if let deflater = deflaters[windowBits], deflater.reset() { return deflater }
    let deflater = configuration.makeDeflater(windowBits: windowBits)
    deflaters[windowBits] = deflater
    return deflater
  }

  /// A decompressor whose window is empty; it reads what was compressed with any window.
  func inflater() -> Inflater? {
    if let sharedInflater, sharedInflater.reset() { return sharedInflater }
    sharedInflater = Inflater(windowBits: 15)
    return sharedInflater
  }

  /// The compressed form of a frame that goes to many.
  func frame(_ frame: [UInt8], payloadOffset: Int, opcode: WebSocketOpcode, windowBits: Int) -> [UInt8]? {
    if let last, last.windowBits == windowBits, last.frame.isSameStorage(as: frame) { return last.compressed }
    guard let deflater = deflater(windowBits: windowBits) else { return nil }
    var content: [UInt8] = []
    let isDone = frame.withUnsafeBytes {
      deflater.compress(UnsafeRawBufferPointer(rebasing: $0[payloadOffset...]), to: &content)
    }
    guard isDone else {
      deflaters[windowBits] = nil
      return nil
    }
    var compressed: [UInt8] = []
    compressed.reserveCapacity(content.count + 10)
    WebSocketEncoder.appendHeader(opcode: opcode, payloadCount: content.count, isCompressed: true, to: &compressed)
    compressed += content
    last = (frame, windowBits, compressed)
    return compressed
  }
}

extension [UInt8] {
  /// Whether two arrays are the same memory; as long as one is held, nothing else can be there.
  fileprivate func isSameStorage(as other: [UInt8]) -> Bool {
    count == other.count
      && withUnsafeBytes { mine in other.withUnsafeBytes { mine.baseAddress == $0.baseAddress } }
  }
}

/// The memory that all WebSockets of a server may take for the windows that they keep from message to message.
public final class DeflateBudget: Sendable {
  private let maximum: Int
  private let used = Atomic<Int>(0)

  /// Creates a budget of so many bytes.
  public init(bytes: Int) { maximum = bytes }

  /// The bytes that are taken.
  public var usedBytes: Int { used.load(ordering: .relaxed) }

  /// Takes the memory that one WebSocket will need.
  ///
  /// - Returns: `nil` if there is not so much left; otherwise the memory is given back when nobody holds the result.
  public func reserve(for parameters: PerMessageDeflate.Parameters, _ configuration: PerMessageDeflate.Configuration)
    -> DeflateReservation?
  {
    let bytes = parameters.keptBytes(memoryLevel: configuration.memoryLevel)
    guard used.add(bytes, ordering: .relaxed).newValue <= maximum else {
      release(bytes)
      return nil
    }
    return DeflateReservation(self, bytes)
  }

  func release(_ bytes: Int) { used.subtract(bytes, ordering: .relaxed) }
}

/// Memory that was taken from a ``DeflateBudget``.
public final class DeflateReservation: Sendable {
  private let budget: DeflateBudget
  private let bytes: Int

  init(_ budget: DeflateBudget, _ bytes: Int) {
    self.budget = budget
    self.bytes = bytes
  }

  deinit { budget.release(bytes) }
}
