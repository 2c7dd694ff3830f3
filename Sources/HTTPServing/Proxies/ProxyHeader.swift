package import AsyncModes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What a proxy says in front of a connection about whose it is (the PROXY protocol of HAProxy, versions 1 and 2).
///
/// Addresses of the destination and the fields behind them (TLV) are passed over.
package enum ProxyHeader: Equatable {
  /// More bytes are needed.
  case incomplete
  /// What comes is no such header.
  case invalid
  /// The header takes `count` bytes. `source` is the client; `nil` if the proxy speaks for itself, as when it checks
  /// whether the server is there, or does not know.
  case complete(count: Int, source: SocketAddress?)

  /// The longest header that is taken, in bytes. A line of version 1 has at most 107; version 2 has room for fields that
  /// proxies add, of which certificates are the longest.
  package static let maxBytes = 4096
  private static let maxLineBytes = 107
  private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]

  /// Reads a header from the first bytes of a connection.
  package static func decode(_ bytes: borrowing RawSpan) -> ProxyHeader {
    bytes.withUnsafeBytes { bytes in
      if bytes.starts(with: signature.prefix(bytes.count)) { return binary(bytes) }
      let word = "PROXY ".utf8
      guard bytes.starts(with: word.prefix(bytes.count)) else { return .invalid }
      return bytes.count < word.count ? .incomplete : line(bytes)
    }
  }

  // MARK: Version 1, section 2.1

  private static func line(_ bytes: UnsafeRawBufferPointer) -> ProxyHeader {
    guard let end = bytes.prefix(maxLineBytes).firstIndex(of: 10) else {
      return bytes.count < maxLineBytes ? .incomplete : .invalid
    }
    guard end > 0, bytes[end - 1] == 13 else { return .invalid }
    let text = String(decoding: bytes[..<(end - 1)], as: UTF8.self)
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count >= 2 else { return .invalid }
    switch words[1] {
    case "UNKNOWN": return .complete(count: end + 1, source: nil)
    case "TCP4", "TCP6":
      guard words.count == 6, let address = IPAddress(String(words[2])), IPAddress(String(words[3])) != nil,
        address.isIPv4 == (words[1] == "TCP4"), let port = port(words[4]), self.port(words[5]) != nil,
        let source = try? SocketAddress.ip(String(words[2]), port: port)
      else { return .invalid }
      return .complete(count: end + 1, source: source)
    default: return .invalid
    }
  }

  private static func port(_ word: Substring) -> Int? {
    guard (1...5).contains(word.utf8.count), word.utf8.allSatisfy({ $0 &- 0x30 < 10 }), let port = Int(word),
      port <= 65_535
    else { return nil }
    return port
  }

  // MARK: Version 2, section 2.2

  private static func binary(_ bytes: UnsafeRawBufferPointer) -> ProxyHeader {
    guard bytes.count >= 16 else { return .incomplete }
    guard bytes[12] >> 4 == 2 else { return .invalid }
    let length = Int(bytes[14]) << 8 | Int(bytes[15])
    let count = 16 + length
    guard count <= maxBytes else { return .invalid }
    guard bytes.count >= count else { return .incomplete }
    let content = UnsafeRawBufferPointer(rebasing: bytes[16..<count])
    switch bytes[12] & 15 {
    case 0: return .complete(count: count, source: nil)
    case 1:
      switch bytes[13] {
      case 0x11:
        guard length >= 12 else { return .invalid }
        return .complete(count: count, source: address(content[..<4], content[8..<10]))
      case 0x21:
        guard length >= 36 else { return .invalid }
        return .complete(count: count, source: address(content[..<16], content[32..<34]))
      // Unix-domain sockets, datagrams, and what is not specified have no address that is of use here.
      default: return .complete(count: count, source: nil)
      }
    default: return .invalid
    }
  }

  private static func address(_ host: Slice<UnsafeRawBufferPointer>, _ port: Slice<UnsafeRawBufferPointer>)
    -> SocketAddress?
  {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let bytes = UnsafeRawBufferPointer(rebasing: host)
    guard inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes.baseAddress, &text, socklen_t(text.count)) != nil
    else { return nil }
    let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return try? SocketAddress.ip(name, port: port.reduce(0) { $0 << 8 | Int($1) })
  }
}
