/// Writes frames (RFC 6455, section 5.2). What a server sends is not masked.
public enum WebSocketEncoder {
  /// Writes a frame header.
  ///
  /// - Returns: its length, 2 to 10 bytes.
  @inline(__always)
  public static func writeHeader(
    opcode: WebSocketOpcode, payloadCount: Int, isFinal: Bool = true, isCompressed: Bool = false,
    to bytes: UnsafeMutableRawBufferPointer
  ) -> Int {
    bytes[0] = opcode.rawValue | (isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0)
    if payloadCount < 126 {
      bytes[1] = UInt8(truncatingIfNeeded: payloadCount)
      return 2
    }
    if payloadCount < 1 << 16 {
      bytes[1] = 126
      bytes.storeBytes(of: UInt16(truncatingIfNeeded: payloadCount).bigEndian, toByteOffset: 2, as: UInt16.self)
      return 4
    }
    bytes[1] = 127
    bytes.storeBytes(of: UInt64(payloadCount).bigEndian, toByteOffset: 2, as: UInt64.self)
    return 10
  }

  /// Appends a frame header.
  public static func appendHeader(
    opcode: WebSocketOpcode, payloadCount: Int, isFinal: Bool = true, isCompressed: Bool = false,
    to out: inout [UInt8]
  ) {
    withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { bytes in
      let count = writeHeader(
        opcode: opcode, payloadCount: payloadCount, isFinal: isFinal, isCompressed: isCompressed, to: bytes)
      out.append(contentsOf: bytes[..<count])
    }
  }

  /// Appends a close frame.
  ///
  /// - Parameters:
  ///   - code: `nil` for a close frame without content.
  ///   - reason: cut off after 123 bytes, at the end of a character.
  public static func appendClose(code: UInt16?, reason: String, to out: inout [UInt8]) {
    guard let code else {
      appendHeader(opcode: .close, payloadCount: 0, to: &out)
      return
    }
    var text = reason
    while text.utf8.count > 123 { text.removeLast() }
    appendHeader(opcode: .close, payloadCount: 2 + text.utf8.count, to: &out)
    out.append(UInt8(code >> 8))
    out.append(UInt8(code & 0xff))
    out.append(contentsOf: text.utf8)
  }

  /// Appends a masked frame, as clients send them.
  public static func appendMasked(
    opcode: WebSocketOpcode, _ payload: borrowing RawSpan, mask: UInt32, isFinal: Bool = true, to out: inout [UInt8]
  ) {
    let start = out.count
    appendHeader(opcode: opcode, payloadCount: payload.byteCount, isFinal: isFinal, to: &out)
    out[start + 1] |= 0x80
    withUnsafeBytes(of: mask) { out.append(contentsOf: $0) }
    let content = out.count
    payload.withUnsafeBytes { out.append(contentsOf: $0) }
    out.withUnsafeMutableBytes { bytes in
      _ = WebSocketMask.apply(mask, to: UnsafeMutableRawBufferPointer(rebasing: bytes[content...]))
    }
  }
}
