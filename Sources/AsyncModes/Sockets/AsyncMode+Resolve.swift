#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension AsyncMode {
  /// Looks up the addresses of a host name on a worker thread.
  ///
  /// - Parameters:
  ///   - host: a name, or a numeric address, which needs no lookup.
  ///   - port: the port that the addresses shall have, 0 to 65535.
  /// - Returns: at least one address, in the order in which they are to be tried.
  /// - Throws: ``AsyncModeError`` with the code `connectFailed` if the name is unknown, or `invalidOption`.
  public func resolve(host: String, port: Int) async throws -> [SocketAddress] {
    guard (0...65_535).contains(port) else {
      throw AsyncModeError(.invalidOption, "port is \(port), but must be from 0 to 65535")
    }
    if let numeric = try? SocketAddress.ip(host, port: port) { return [numeric] }
    return try await runBlocking {
      var hints = addrinfo()
      hints.ai_family = AF_UNSPEC
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
      var list: UnsafeMutablePointer<addrinfo>?
      let result = getaddrinfo(host, String(port), &hints, &list)
      defer { if list != nil { freeaddrinfo(list) } }
      var addresses: [SocketAddress] = []
      var entry = list
      while result == 0, let info = entry?.pointee {
        var storage = sockaddr_storage()
        let length = min(Int(info.ai_addrlen), MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutableBytes(of: &storage) {
          $0.copyMemory(from: UnsafeRawBufferPointer(start: info.ai_addr, count: length))
        }
        if let address = SocketAddress(storage) { addresses.append(address) }
        entry = info.ai_next
      }
      guard !addresses.isEmpty else {
        throw AsyncModeError(
          .connectFailed, "cannot find the host \"\(host)\": \(String(cString: gai_strerror(result)))")
      }
      return addresses
    }
  }
}
