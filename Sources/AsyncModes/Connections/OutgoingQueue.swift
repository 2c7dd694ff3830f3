/// What the kernel has not taken yet, oldest first, in chunks of our own or shared ones.
struct OutgoingQueue {
  private var chunks: [[UInt8]] = []
  private var head = 0
  private var headOffset = 0
  private var isTailOwned = false
  private(set) var count = 0

  /// Own chunks are filled up to this before a new one is begun; smaller shared buffers are copied into them.
  private static let chunkSize = 16 << 10
  private static let sharedSize = 2 << 10

  var isEmpty: Bool { count == 0 }

  mutating func append(_ source: UnsafeRawBufferPointer) {
    guard !source.isEmpty else { return }
    count += source.count
    if isTailOwned, let last = chunks.indices.last, chunks[last].count + source.count <= Self.chunkSize {
      chunks[last].append(contentsOf: source)
    } else {
      chunks.append(Array(source))
      isTailOwned = true
    }
  }

  mutating func append(_ shared: SharedBytes) {
    guard shared.count > Self.sharedSize else {
      shared.storage.withUnsafeBytes { append($0) }
      return
    }
    count += shared.count
    chunks.append(shared.storage)
    isTailOwned = false
  }

  /// Calls `body` with the oldest contiguous bytes.
  func withFirst<Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Int) throws(Failure) -> Int {
    guard head < chunks.count else { return 0 }
    let offset = headOffset
    let first = chunks[head]
    let span = first.span.bytes
    return try span.withUnsafeBytes { bytes throws(Failure) in
      try body(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
    }
  }

  /// Drops bytes from the front that were written.
  mutating func removeFirst(_ written: Int) {
    var rest = min(written, count)
    count -= rest
    if count == 0 {
      self = OutgoingQueue()
      return
    }
    while rest > 0 {
      let available = chunks[head].count - headOffset
      guard rest >= available else {
        headOffset += rest
        break
      }
      rest -= available
      chunks[head] = []
      head += 1
      headOffset = 0
    }
    if head >= 64, head * 2 >= chunks.count {
      chunks.removeFirst(head)
      head = 0
    }
  }
}
