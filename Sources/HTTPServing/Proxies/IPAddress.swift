internal import AsyncModes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// An IP address as a number; IPv4 is mapped into IPv6 (RFC 4291, section 2.5.5.2).
struct IPAddress: Sendable, Hashable {
  let high: UInt64
  let low: UInt64
  let isIPv4: Bool

  /// Reads the numeric form; `nil` if the text is none.
  init?(_ text: String) {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      self.init(ipv4: UInt32(bigEndian: four.s_addr))
      return
    }
    var six = in6_addr()
    guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
    let words = withUnsafeBytes(of: &six) { bytes in
      (
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
    if words.0 == 0, words.1 >> 32 == 0xffff {
      self.init(ipv4: UInt32(truncatingIfNeeded: words.1))
    } else {
      self.init(high: words.0, low: words.1, isIPv4: false)
    }
  }

  /// Reads the host of a socket address; `nil` for other kinds of addresses.
  init?(_ address: SocketAddress?) {
    guard let host = address?.host else { return nil }
    self.init(host)
  }

  private init(ipv4: UInt32) { self.init(high: 0, low: 0xffff_0000_0000 | UInt64(ipv4), isIPv4: true) }

  /// What is counted as one client: the address itself, or for IPv6 the network of 64 bits that a client is given.
  var network: IPAddress { isIPv4 ? self : IPAddress(high: high, low: 0, isIPv4: false) }

  private init(high: UInt64, low: UInt64, isIPv4: Bool) {
    self.high = high
    self.low = low
    self.isIPv4 = isIPv4
  }
}

/// Addresses that begin with the same bits (RFC 4632).
struct IPAddressRange: Sendable, Hashable {
  private let first: IPAddress
  private let highMask: UInt64
  private let lowMask: UInt64

  /// Reads an address, or an address, a slash and the number of bits; `nil` if the text is neither.
  init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = IPAddress(String(parts[0])) else { return nil }
    let width = address.isIPv4 ? 32 : 128
    var bits = width
    if parts.count == 2 {
      guard parts[1].utf8.allSatisfy({ $0 &- 0x30 < 10 }), let number = Int(parts[1]), (0...width).contains(number)
      else { return nil }
      bits = number
    }
    bits += 128 - width
    first = address
    highMask = bits >= 64 ? .max : bits == 0 ? 0 : .max << UInt64(64 - bits)
    lowMask = bits >= 128 ? .max : bits <= 64 ? 0 : .max << UInt64(128 - bits)
  }

  func contains(_ address: IPAddress) -> Bool {
    (first.high ^ address.high) & highMask == 0 && (first.low ^ address.low) & lowMask == 0
  }
}
