/// The opening handshake (RFC 6455, section 4.2).
public enum WebSocketHandshake {
  private static let suffix: StaticString = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
  private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

  /// The content of `Sec-WebSocket-Accept` for the content of `Sec-WebSocket-Key`.
  ///
  /// - Returns: 28 characters, or `nil` if the key is not the base64 form of 16 bytes.
  public static func accept(key: borrowing RawSpan) -> [UInt8]? {
    key.withUnsafeBytes { key in
      guard key.count == 24, key[22] == UInt8(ascii: "="), key[23] == UInt8(ascii: "="),
        key[..<22].allSatisfy(isBase64)
      else { return nil }
      let hash = SHA1.hash(count: key.count + suffix.utf8CodeUnitCount) { message in
        message.copyMemory(from: key)
        suffix.withUTF8Buffer {
          UnsafeMutableRawBufferPointer(rebasing: message[key.count...]).copyMemory(from: UnsafeRawBufferPointer($0))
        }
      }
      return base64(hash)
    }
  }

  private static func isBase64(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
      true
    default: false
    }
  }

  /// The 20 bytes of a hash: 27 characters, and one that fills up.
  private static func base64(_ hash: SHA1.Hash) -> [UInt8] {
    alphabet.withUTF8Buffer { alphabet in
      Array(unsafeUninitializedCapacity: 28) { characters, count in
        // Three times 48 bits, which are eight characters.
        func write(_ bits: UInt64, at place: Int) {
          for index in 0..<8 {
            characters.initializeElement(at: place + index, to: alphabet[Int(bits >> UInt64(42 - 6 * index) & 63)])
          }
        }
        write(UInt64(hash.0) << 16 | UInt64(hash.1 >> 16), at: 0)
        write(UInt64(hash.1 & 0xffff) << 32 | UInt64(hash.2), at: 8)
        write(UInt64(hash.3) << 16 | UInt64(hash.4 >> 16), at: 16)
        // Sixteen bits are left.
        let rest = (hash.4 & 0xffff) << 2
        for index in 0..<3 {
          characters.initializeElement(at: 24 + index, to: alphabet[Int(rest >> UInt32(12 - 6 * index) & 63)])
        }
        characters.initializeElement(at: 27, to: UInt8(ascii: "="))
        count = 28
      }
    }
  }
}
