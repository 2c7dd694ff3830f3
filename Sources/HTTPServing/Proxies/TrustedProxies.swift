public import AsyncModes

/// The proxies in front of a server whose word about a client is believed.
///
/// `Forwarded` (RFC 7239), `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host` can be sent by anybody. They
/// count only in requests that come from one of these addresses; in all others they are ignored. A request that has
/// `Forwarded` is read by that alone.
public struct TrustedProxies: Sendable, Hashable {
  /// Nobody: the default.
  public static let none = TrustedProxies()

  private let ranges: [IPAddressRange]
  private let trustsUnixDomainPeers: Bool

  private init() {
    ranges = []
    trustsUnixDomainPeers = false
  }

  /// Names the proxies.
  ///
  /// - Parameters:
  ///   - addresses: numeric addresses such as `10.1.2.3` or `::1`, or ranges such as `10.0.0.0/8`.
  ///   - unixDomainPeers: whether everybody is trusted who connects over a Unix-domain socket, whose file mode says who
  ///     can.
  /// - Throws: `AsyncModeError` with the code `invalidOption`.
  public init(_ addresses: [String], unixDomainPeers: Bool = false) throws(AsyncModeError) {
    var ranges: [IPAddressRange] = []
    for address in addresses {
      guard let range = IPAddressRange(address) else {
        throw AsyncModeError(
          .invalidOption,
          "trustedProxies has \"\(address)\", but must have numeric addresses or ranges such as 10.0.0.0/8")
      }
      ranges.append(range)
    }
    self.ranges = ranges
    trustsUnixDomainPeers = unixDomainPeers
  }

  /// Whether nobody is trusted.
  package var isEmpty: Bool { ranges.isEmpty && !trustsUnixDomainPeers }

  /// Whether the peer of a connection is trusted.
  func trusts(_ peer: Connection) -> Bool {
    guard !isEmpty else { return false }
    if let address = IPAddress(peer.remoteAddress) { return trusts(address) }
    // The client's end of a Unix-domain socket mostly has no name.
    return trustsUnixDomainPeers && peer.remoteAddress?.host == nil && peer.localAddress?.host == nil
  }

  func trusts(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }
}
