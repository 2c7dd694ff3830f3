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
    var digits = 1
    var limit = 10
    while digits < 18, number >= limit {
      digits += 1
      limit *= 10
    }
    guard digits <= buffer.count - count else { return }
    var rest = number
    for index in stride(from: count + digits - 1, through: count, by: -1) {
      buffer[index] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
      rest /= 10
    }
    count += digits
  }
}
