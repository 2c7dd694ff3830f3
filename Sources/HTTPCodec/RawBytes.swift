#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension UnsafeRawBufferPointer {
  /// The place of the first line feed at or behind `start`.
  func firstLineFeed(from start: Int) -> Int? { firstIndex(of: 0x0a, in: start..<Swift.max(start, count)) }

  /// The place of the first byte of a value within a range.
  func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
    guard !range.isEmpty, let base = baseAddress,
      let found = memchr(base + range.lowerBound, Int32(byte), range.count)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }

  /// Whether these are the bytes of a text.
  func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount, let base = baseAddress else { return false }
    return memcmp(base, text.utf8Start, count) == 0
  }

  /// Whether the bytes of a range are those of a text in lower case, but for the case of ASCII letters.
  func equalsIgnoringCase(_ range: Range<Int>, _ text: StaticString) -> Bool {
    guard range.count == text.utf8CodeUnitCount, let base = baseAddress else { return false }
    let (left, right) = (base + range.lowerBound, UnsafeRawPointer(text.utf8Start))
    guard range.count >= 8 else {
      for index in 0..<range.count where left.byte(index).asciiLowercased != right.byte(index) { return false }
      return true
    }
    // Eight at a time; the last eight may overlap those before.
    var index = 0
    while true {
      let word = left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      guard word.asciiLowercased == right.loadUnaligned(fromByteOffset: index, as: UInt64.self) else { return false }
      if index + 8 == range.count { return true }
      index = Swift.min(index + 8, range.count - 8)
    }
  }
}

extension UInt64 {
  /// Eight bytes with the ASCII letters among them made lower case.
  @inline(__always)
  fileprivate var asciiLowercased: UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    // The top bit of a byte tells whether it is at or behind A, and whether it is behind Z.
    let low = self & (ones &* 0x7f)
    let isUpper = (low &+ ones &* (0x80 - 0x41)) ^ (low &+ ones &* (0x80 - 0x5b))
    return self | (isUpper & ~self & (ones &* 0x80)) &>> 2
  }
}

extension UnsafeRawPointer {
  @inline(__always)
  fileprivate func byte(_ index: Int) -> UInt8 { load(fromByteOffset: index, as: UInt8.self) }
}
