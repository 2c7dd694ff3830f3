/// SHA-1 (RFC 3174) of short inputs: the WebSocket handshake asks for it, as a check against mix-ups, not as a secret.
enum SHA1 {
  static func hash(_ input: [UInt8]) -> [UInt8] {
    var message = input
    message.append(0x80)
    while message.count % 64 != 56 { message.append(0) }
    withUnsafeBytes(of: UInt64(input.count * 8).bigEndian) { message.append(contentsOf: $0) }
    var state: (UInt32, UInt32, UInt32, UInt32, UInt32) = (
      0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0
    )
    message.withUnsafeBytes { message in
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { words in
        for block in stride(from: 0, to: message.count, by: 64) {
          for index in 0..<16 {
            words[index] = UInt32(
              bigEndian: message.loadUnaligned(fromByteOffset: block + index * 4, as: UInt32.self))
          }
          for index in 16..<80 {
            words[index] = rotate(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1)
          }
          compress(words, &state)
        }
      }
    }
    var result: [UInt8] = []
    result.reserveCapacity(20)
    for word in [state.0, state.1, state.2, state.3, state.4] {
      withUnsafeBytes(of: word.bigEndian) { result.append(contentsOf: $0) }
    }
    return result
  }

  private static func compress(
    _ words: UnsafeMutableBufferPointer<UInt32>, _ state: inout (UInt32, UInt32, UInt32, UInt32, UInt32)
  ) {
    var (a, b, c, d, e) = state
    for index in 0..<80 {
      let mixed: UInt32
      switch index {
      case 0..<20: mixed = ((b & c) | (~b & d)) &+ 0x5a82_7999
      case 20..<40: mixed = (b ^ c ^ d) &+ 0x6ed9_eba1
      case 40..<60: mixed = ((b & c) | (b & d) | (c & d)) &+ 0x8f1b_bcdc
      default: mixed = (b ^ c ^ d) &+ 0xca62_c1d6
      }
      let next = rotate(a, 5) &+ mixed &+ e &+ words[index]
      (e, d, c, b, a) = (d, c, rotate(b, 30), a, next)
    }
    state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d, state.4 &+ e)
  }

  private static func rotate(_ value: UInt32, _ bits: UInt32) -> UInt32 { value << bits | value >> (32 - bits) }
}
