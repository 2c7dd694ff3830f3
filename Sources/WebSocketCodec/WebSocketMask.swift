/// Masks and unmasks (RFC 6455, section 5.3), eight bytes at a time.
enum WebSocketMask {
  /// Applies a mask in place.
  ///
  /// - Parameter mask: the four bytes of the mask as they lie in memory.
  /// - Returns: the mask as it must be applied to the bytes that follow.
  static func apply(_ mask: UInt32, to bytes: UnsafeMutableRawBufferPointer) -> UInt32 {
    guard let base = bytes.baseAddress, mask != 0 else { return rotate(mask, by: bytes.count) }
    let wide = UInt64(mask) | UInt64(mask) << 32
    var index = 0
    let count = bytes.count
    if count >= 32 {
      let vector = SIMD4<UInt64>(repeating: wide)
      while index &+ 32 <= count {
        let value = base.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self) ^ vector
        base.storeBytes(of: value, toByteOffset: index, as: SIMD4<UInt64>.self)
        index &+= 32
      }
    }
    while index &+ 8 <= count {
      let value = base.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ wide
      base.storeBytes(of: value, toByteOffset: index, as: UInt64.self)
      index &+= 8
    }
    var rest = wide
    while index < count {
      let value = base.load(fromByteOffset: index, as: UInt8.self) ^ UInt8(truncatingIfNeeded: rest)
      base.storeBytes(of: value, toByteOffset: index, as: UInt8.self)
      rest >>= 8
      index &+= 1
    }
    return rotate(mask, by: count)
  }

  private static func rotate(_ mask: UInt32, by count: Int) -> UInt32 {
    let bits = UInt32(truncatingIfNeeded: count & 3) &* 8
    return bits == 0 ? mask : mask >> bits | mask << (32 &- bits)
  }
}
