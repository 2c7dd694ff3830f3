public import AsyncModes
internal import HTTPCodec

/// Who sent a request and how, as far as it is known: from the connection, or from a proxy that is trusted.
public struct HTTPClient: Sendable, Hashable {
  /// The address of the client; `nil` if it has none, as over a Unix-domain socket.
  public let address: SocketAddress?
  /// Whether the client's own connection is encrypted.
  public let isSecure: Bool
  /// The host, and the port if one was given, that the client asked for.
  public let host: String?

  init(_ head: HTTPRequestHead, _ connection: Connection, _ proxies: TrustedProxies) {
    guard proxies.trusts(connection) else {
      address = connection.remoteAddress
      isSecure = connection.isSecure
      host = head.value("host")
      return
    }
    if let value = head.value("forwarded") {
      let elements = ForwardedField(value).elements
      let (hops, client) = Self.client(elements.map { $0.source ?? "" }, proxies)
      let element = elements.isEmpty ? nil : elements[elements.count - min(hops, elements.count)]
      address = client ?? connection.remoteAddress
      isSecure = element?.scheme.map { $0.lowercased() == "https" } ?? connection.isSecure
      host = element?.host ?? head.value("host")
      return
    }
    let (hops, client) = Self.client(head.list("x-forwarded-for"), proxies)
    address = client ?? connection.remoteAddress
    // The others are lists only if every proxy appends to them; then the same place is meant.
    isSecure =
      Self.element(head.list("x-forwarded-proto"), hops).map { $0.lowercased() == "https" } ?? connection.isSecure
    host = Self.element(head.list("x-forwarded-host"), hops) ?? head.value("host")
  }

  /// Each proxy appends whom it was asked by: the first from behind that is no proxy of ours is the client.
  private static func client(_ path: [String], _ proxies: TrustedProxies) -> (hops: Int, address: SocketAddress?) {
    var hops = 1
    while hops < path.count, let proxy = address(path[path.count - hops]), proxies.trusts(proxy.number) { hops += 1 }
    return (hops, path.isEmpty ? nil : address(path[path.count - min(hops, path.count)])?.address)
  }

  private static func element(_ list: [String], _ hops: Int) -> String? {
    list.isEmpty ? nil : list[max(0, list.count - hops)]
  }

  /// Reads an address that may have a port behind it and brackets around it.
  private static func address(_ text: String) -> (address: SocketAddress, number: IPAddress)? {
    var host = Substring(text)
    var port = 0
    if host.first == "[", let end = host.firstIndex(of: "]") {
      port = Int(host[host.index(after: end)...].drop { $0 == ":" }) ?? 0
      host = host[..<end].dropFirst()
    } else if let colon = host.firstIndex(of: ":"), host.lastIndex(of: ":") == colon {
      port = Int(host[host.index(after: colon)...]) ?? 0
      host = host[..<colon]
    }
    guard let number = IPAddress(String(host)),
      let address = try? SocketAddress.ip(String(host), port: (0...65_535).contains(port) ? port : 0)
    else { return nil }
    return (address, number)
  }
}

extension HTTPRequestHead {
  /// The elements of a comma-separated field, without spaces around them.
  fileprivate func list(_ name: StaticString) -> [String] {
    guard let value = value(name) else { return [] }
    return value.split(separator: ",").map { element in
      let text = element.drop { $0 == " " || $0 == "\t" }
      return String(text.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
  }
}
