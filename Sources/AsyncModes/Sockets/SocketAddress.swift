#if canImport(Glibc)
  public import Glibc
#elseif canImport(Musl)
  public import Musl
#endif

/// Where a socket listens or connects to.
public struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
  enum Kind: Hashable {
    case ip(host: String, port: Int, isIPv6: Bool)
    case unix(path: String)
    case inherited(descriptor: Int32)
  }
  let kind: Kind

  /// An IPv4 or IPv6 address in its numeric form.
  ///
  /// - Throws: ``AsyncModeError`` with the code `invalidOption` if `host` is no numeric address or `port` is not from 0
  ///   to 65535.
  public static func ip(_ host: String, port: Int) throws(AsyncModeError) -> SocketAddress {
    guard (0...65_535).contains(port) else {
      throw AsyncModeError(.invalidOption, "port is \(port), but must be from 0 to 65535")
    }
    var four = in_addr()
    var six = in6_addr()
    if inet_pton(AF_INET, host, &four) == 1 {
      return SocketAddress(kind: .ip(host: host, port: port, isIPv6: false))
    }
    if inet_pton(AF_INET6, host, &six) == 1 {
      return SocketAddress(kind: .ip(host: host, port: port, isIPv6: true))
    }
    throw AsyncModeError(.invalidOption, "\"\(host)\" is not a numeric IP address; resolve(host:port:) looks names up")
  }

  /// A Unix-domain socket.
  ///
  /// - Throws: ``AsyncModeError`` with the code `invalidOption` if the path is empty or longer than 107 bytes.
  public static func unix(path: String) throws(AsyncModeError) -> SocketAddress {
    guard (1...107).contains(path.utf8.count), !path.utf8.contains(0) else {
      throw AsyncModeError(.invalidOption, "the path of a Unix-domain socket must have 1 to 107 bytes, not \"\(path)\"")
    }
    return SocketAddress(kind: .unix(path: path))
  }

  /// A listening socket that this process was started with, as by systemd's socket activation.
  public static func inherited(descriptor: Int32) -> SocketAddress {
    SocketAddress(kind: .inherited(descriptor: descriptor))
  }

  /// The numeric host, or `nil` for other kinds of addresses.
  public var host: String? {
    if case .ip(let host, _, _) = kind { host } else { nil }
  }

  /// The port, or `nil` for other kinds of addresses.
  public var port: Int? {
    if case .ip(_, let port, _) = kind { port } else { nil }
  }

  /// The path of a Unix-domain socket, or `nil` for other kinds of addresses.
  public var path: String? {
    if case .unix(let path) = kind { path } else { nil }
  }

  /// The address as people write it.
  public var description: String {
    switch kind {
    case .ip(let host, let port, let isIPv6): isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    case .inherited(let descriptor): "descriptor \(descriptor)"
    }
  }
}

extension SocketAddress {
  /// The address family of the system.
  public var family: Int32 {
    switch kind {
    case .ip(_, _, let isIPv6): isIPv6 ? AF_INET6 : AF_INET
    case .unix: AF_UNIX
    case .inherited: AF_UNSPEC
    }
  }

  /// Calls `body` with the address in the form that the system takes.
  public func withSockAddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var storage = sockaddr_storage()
    let length = withUnsafeMutableBytes(of: &storage) { raw -> Int in
      switch kind {
      case .ip(let host, let port, false):
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        raw.storeBytes(of: address, as: sockaddr_in.self)
        return MemoryLayout<sockaddr_in>.size
      case .ip(let host, let port, true):
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = in_port_t(truncatingIfNeeded: port).bigEndian
        inet_pton(AF_INET6, host, &address.sin6_addr)
        raw.storeBytes(of: address, as: sockaddr_in6.self)
        return MemoryLayout<sockaddr_in6>.size
      case .unix(let path):
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        raw.storeBytes(of: sa_family_t(AF_UNIX), as: sa_family_t.self)
        raw[offset...].copyBytes(from: path.utf8)
        return offset + path.utf8.count + 1
      case .inherited: return 0
      }
    }
    return withUnsafePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
    }
  }

  /// Reads an address that the system has filled in; `nil` for unnamed peers and unknown families.
  init?(_ storage: sockaddr_storage) {
    var storage = storage
    let kind = withUnsafeBytes(of: &storage) { raw -> Kind? in
      switch Int32(raw.load(as: sa_family_t.self)) {
      case AF_INET:
        let address = raw.load(as: sockaddr_in.self)
        return withUnsafePointer(to: address.sin_addr) { Self.numeric(AF_INET, $0) }.map {
          .ip(host: $0, port: Int(in_port_t(bigEndian: address.sin_port)), isIPv6: false)
        }
      case AF_INET6:
        let address = raw.load(as: sockaddr_in6.self)
        return withUnsafePointer(to: address.sin6_addr) { Self.numeric(AF_INET6, $0) }.map {
          .ip(host: $0, port: Int(in_port_t(bigEndian: address.sin6_port)), isIPv6: true)
        }
      case AF_UNIX:
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        let end = offset + 108
        let path = raw[offset..<min(end, raw.count)].prefix { $0 != 0 }
        return path.isEmpty ? nil : .unix(path: String(decoding: path, as: UTF8.self))
      default: return nil
      }
    }
    guard let kind else { return nil }
    self.kind = kind
  }

  private static func numeric(_ family: Int32, _ address: UnsafeRawPointer) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
      inet_ntop(family, address, buffer.baseAddress, socklen_t(buffer.count)).map { String(cString: $0) }
    }
  }
}
