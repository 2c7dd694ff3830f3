/// SHA-1 (RFC 3174) of short inputs: the WebSocket handshake asks for it, as a check against mix-ups, not as a secret.
enum SHA1 {
  typealias Hash = (UInt32, UInt32, UInt32, UInt32, UInt32)

  /// The hash of the bytes that `fill` writes.
  ///
  /// - Parameters:
  ///   - count: the number of bytes.
  ///   - fill: is given memory for them.
  static func hash(count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) -> Hash {
    // With a bit that is set, and the length, in whole blocks of 64 bytes.
    let padded = (count + 9 + 63) & ~63
    var hash: Hash = (0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0)
    withUnsafeTemporaryAllocation(byteCount: padded, alignment: 8) { message in
      fill(UnsafeMutableRawBufferPointer(rebasing: message[..<count]))
      message[count...].initializeMemory(as: UInt8.self, repeating: 0)
      message[count] = 0x80
      message.storeBytes(of: UInt64(count * 8).bigEndian, toByteOffset: padded - 8, as: UInt64.self)
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { words in
        for block in stride(from: 0, to: padded, by: 64) {
          for index in 0..<16 {
            words[index] = UInt32(bigEndian: message.load(fromByteOffset: block + index * 4, as: UInt32.self))
          }
          for index in 16..<80 {
            words[index] = rotate(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1)
          }
          compress(words, &hash)
        }
      }
    }
    return hash
  }

  private static func compress(_ words: UnsafeMutableBufferPointer<UInt32>, _ hash: inout Hash) {
    var (a, b, c, d, e) = hash
    @inline(__always)
    func round(_ range: Range<Int>, _ mix: (UInt32, UInt32, UInt32) -> UInt32) {
      for index in range {
        let next = rotate(a, 5) &+ mix(b, c, d) &+ e &+ words[index]
        (e, d, c, b, a) = (d, c, rotate(b, 30), a, next)
      }
    }
    round(0..<20) { (($0 & $1) | (~$0 & $2)) &+ 0x5a82_7999 }
    round(20..<40) { ($0 ^ $1 ^ $2) &+ 0x6ed9_eba1 }
    round(40..<60) { (($0 & $1) | ($0 & $2) | ($1 & $2)) &+ 0x8f1b_bcdc }
    round(60..<80) { ($0 ^ $1 ^ $2) &+ 0xca62_c1d6 }
    hash = (hash.0 &+ a, hash.1 &+ b, hash.2 &+ c, hash.3 &+ d, hash.4 &+ e)
  }

  @inline(__always)
  private static func rotate(_ value: UInt32, _ bits: UInt32) -> UInt32 { value << bits | value >> (32 &- bits) }
}
