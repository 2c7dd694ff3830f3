/// The opening handshake (RFC 6455, section 4.2).
public enum WebSocketHandshake {
  private static let suffix = Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The content of `Sec-WebSocket-Accept` for the content of `Sec-WebSocket-Key`.
  ///
  /// - Returns: 28 characters, or `nil` if the key is not the base64 form of 16 bytes.
  public static func accept(key: borrowing RawSpan) -> [UInt8]? {
    key.withUnsafeBytes { key in
      guard key.count == 24, key[22] == UInt8(ascii: "="), key[23] == UInt8(ascii: "="),
        key[..<22].allSatisfy({ alphabet.contains($0) })
      else { return nil }
      return base64(SHA1.hash(Array(key) + suffix))
    }
  }

  private static func base64(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(28)
    var index = 0
    while index < bytes.count {
      let first = Int(bytes[index])
      let second = index + 1 < bytes.count ? Int(bytes[index + 1]) : 0
      let third = index + 2 < bytes.count ? Int(bytes[index + 2]) : 0
      let bits = first << 16 | second << 8 | third
      result.append(alphabet[bits >> 18])
      result.append(alphabet[bits >> 12 & 63])
      result.append(index + 1 < bytes.count ? alphabet[bits >> 6 & 63] : UInt8(ascii: "="))
      result.append(index + 2 < bytes.count ? alphabet[bits & 63] : UInt8(ascii: "="))
      index += 3
    }
    return result
  }
}
