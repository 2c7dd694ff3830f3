/// Writes bytes one behind the other into a buffer that is known to be large enough; what does not fit is left out.
struct RawWriter {
  private let buffer: UnsafeMutableRawBufferPointer
  private var count = 0

  init(_ buffer: UnsafeMutableRawBufferPointer) { self.buffer = buffer }

  /// What was written.
  var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[..<count]) }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count <= buffer.count - count, let target = buffer.baseAddress, let source = bytes.baseAddress else {
      return
    }
    (target + count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }

  mutating func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// The decimal digits of a number that is not negative.
  mutating func append(_ number: Int) {
    var divisor = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0, count < buffer.count {
      buffer[count] = UInt8(truncatingIfNeeded: 0x30 + number / divisor % 10)
      count += 1
      divisor /= 10
    }
  }
}
