internal import CAsyncModes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The socket calls of the system that every runtime needs, with errors instead of -1.
public enum SystemSocket {
  static func check(_ result: Int32) throws(SystemError) -> Int32 {
    guard result >= 0 else { throw SystemError(errno) }
    return result
  }

  static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) throws(SystemError) {
    var value = value
    _ = try check(setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)))
  }

  /// The text of an `errno`.
  public static func message(_ error: SystemError) -> String {
    String(cString: strerror(error.number))
  }

  /// Creates a listening socket that does not block.
  ///
  /// - Parameters:
  ///   - address: where to listen. A socket file that nobody listens on any more is replaced.
  ///   - options: backlog and file mode.
  ///   - isShared: whether further sockets are to be bound to the same port (`SO_REUSEPORT`).
  /// - Throws: ``AsyncModeError`` with the code `listenFailed`.
  public static func listening(
    on address: SocketAddress, options: ListenOptions, isShared: Bool
  ) throws(AsyncModeError) -> Int32 {
    do throws(SystemError) {
      if case .inherited(let descriptor) = address.kind {
        var isListening: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        _ = try check(getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &length))
        guard isListening != 0 else { throw SystemError(EINVAL) }
        let copy = try check(fcntl(descriptor, F_DUPFD_CLOEXEC, 3))
        _ = try check(fcntl(copy, F_SETFL, fcntl(copy, F_GETFL) | O_NONBLOCK))
        return copy
      }
      let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
      let descriptor = try check(socket(address.family, type, 0))
      do throws(SystemError) {
        try set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        if isShared { try set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) }
        if address.family == AF_INET6 {
          try set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, address.host == "::" ? 0 : 1)
        }
        if let path = address.path { removeStaleSocket(path, address) }
        _ = try check(address.withSockAddr { bind(descriptor, $0, $1) })
        if let path = address.path { _ = try check(chmod(path, mode_t(options.unixSocketMode))) }
        _ = try check(listen(descriptor, Int32(options.backlog)))
        return descriptor
      } catch {
        close(descriptor)
        throw error
      }
    } catch {
      let advice =
        switch error.number {
        case EADDRINUSE: "; another program listens there, or choose another port"
        case EINVAL where address.host == nil && address.path == nil: "; it is no listening stream socket"
        case EACCES: "; this user may not, ports below 1024 need the capability net_bind_service"
        case EADDRNOTAVAIL: "; no interface of this machine has that address"
        default: ""
        }
      throw AsyncModeError(
        .listenFailed, "cannot listen on \(address): \(message(error))\(advice)", errorNumber: error.number)
    }
  }

  /// A socket file is left behind by a process that was killed; nobody answers on it.
  private static func removeStaleSocket(_ path: String, _ address: SocketAddress) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
    let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard probe >= 0 else { return }
    defer { close(probe) }
    if address.withSockAddr({ connect(probe, $0, $1) }) != 0, errno == ECONNREFUSED { unlink(path) }
  }

  /// Accepts one connection, or answers `nil` if none waits.
  public static func accept(_ listener: Int32) throws(SystemError) -> (descriptor: Int32, peer: SocketAddress?)? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    while true {
      let descriptor = withUnsafeMutablePointer(to: &storage) { pointer in
        async_modes_accept(listener, pointer, &length)
      }
      if descriptor >= 0 { return (descriptor, length > 2 ? SocketAddress(storage) : nil) }
      switch errno {
      case EAGAIN: return nil
      // Errors of the connection that was about to be accepted, not of the listener: accept(2).
      case EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, EHOSTUNREACH, ENETUNREACH, EPERM: continue
      default: throw SystemError(errno)
      }
    }
  }

  /// Applies the options of a connected socket; what the kind of socket does not know is left alone.
  public static func configure(_ descriptor: Int32, _ options: ConnectionOptions, family: Int32?) {
    guard family != AF_UNIX else { return }
    if options.noDelay { try? set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1) }
    if options.keepAlive { try? set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1) }
  }

  /// Begins an outgoing connection that does not block.
  ///
  /// - Returns: the socket; when it becomes writable ``connectionError(_:)`` says how it went.
  public static func connecting(to address: SocketAddress) throws(SystemError) -> Int32 {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = try check(socket(address.family, type, 0))
    if address.withSockAddr({ connect(descriptor, $0, $1) }) != 0, errno != EINPROGRESS {
      let error = SystemError(errno)
      close(descriptor)
      throw error
    }
    return descriptor
  }

  /// The error that a socket has met, or `nil`.
  public static func connectionError(_ descriptor: Int32) -> SystemError? {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &value, &length) == 0 else { return SystemError(errno) }
    return value == 0 ? nil : SystemError(value)
  }

  /// The address that a socket is bound to.
  public static func localAddress(_ descriptor: Int32) -> SocketAddress? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    return result == 0 ? SocketAddress(storage) : nil
  }

  /// Lets closing a socket reset the connection instead of ending it in good order.
  public static func resetOnClose(_ descriptor: Int32) {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
  }
}
