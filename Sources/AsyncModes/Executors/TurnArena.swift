/// The bytes that connections of one executor have written in the current turn.
///
/// Connections remember ranges of it instead of buffers of their own. A shared buffer that many connections write one
/// after the other lies here once, and ranges that touch become one, so sixteen broadcasts in one turn cost each
/// recipient two additions for each and one system call for all.
struct TurnArena {
  private(set) var bytes: UnsafeMutableRawBufferPointer = .init(start: nil, count: 0)
  private(set) var count = 0
  private var lastShared: SharedBytes?
  private var lastSharedOffset = 0

  /// More than this, and what was written so far is flushed before the turn ends.
  static let flushThreshold = 1 << 20
  private static let keptCapacity = 1 << 16

  mutating func append(_ source: RawSpan) -> Int {
    source.withUnsafeBytes { append($0) }
  }

  mutating func append(_ source: UnsafeRawBufferPointer) -> Int {
    let offset = count
    if bytes.count - count < source.count { grow(by: source.count) }
    UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<(offset + source.count)]).copyMemory(from: source)
    count += source.count
    return offset
  }

  /// Appends a shared buffer, or answers where it lies if it was the last one appended.
  mutating func append(_ shared: SharedBytes) -> Int {
    shared.storage.withUnsafeBytes { source in
      // The buffer is held by `lastShared`, so an equal address means the same buffer.
      if let last = lastShared, last.count == source.count,
        last.storage.withUnsafeBytes({ $0.baseAddress == source.baseAddress })
      {
        return lastSharedOffset
      }
      lastSharedOffset = append(source)
      lastShared = shared
      return lastSharedOffset
    }
  }

  private mutating func grow(by needed: Int) {
    let capacity = max(bytes.count * 2, count + needed, 4096)
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    bytes.deallocate()
    bytes = larger
  }

  /// Forgets everything, and gives memory back that only a peak needed.
  mutating func reset() {
    count = 0
    lastShared = nil
    if bytes.count > Self.keptCapacity {
      bytes.deallocate()
      bytes = .init(start: nil, count: 0)
    }
  }

  /// Frees the memory; the arena can be used again.
  mutating func release() {
    bytes.deallocate()
    bytes = .init(start: nil, count: 0)
    count = 0
    lastShared = nil
  }
}
