#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The listening sockets that a service manager opened for this process and gave to it: systemd's socket activation
/// (`sd_listen_fds(3)`), without its library.
///
/// The manager holds the sockets, so clients can connect while the program is started anew, and a port below 1024 needs
/// no rights here.
public struct SocketActivation: Sendable {
  /// One socket.
  public struct Socket: Sendable, Hashable {
    /// The name that the manager gives it (`FileDescriptorName=`); by default that of the socket unit.
    public let name: String?
    /// To be listened on.
    public let address: SocketAddress
  }
  /// The sockets, in the order of the manager's configuration.
  public let sockets: [Socket]

  /// The first descriptor that is passed on.
  private static let firstDescriptor: Int32 = 3

  /// Takes the sockets that are meant for this process.
  ///
  /// - Returns: `nil` if it was started without any.
  /// - Throws: ``AsyncModeError`` with the code `listenFailed` if what was passed on is no listening stream socket.
  public static func received() throws(AsyncModeError) -> SocketActivation? {
    guard let pid = value("LISTEN_PID"), Int32(pid) == getpid() else { return nil }
    guard let text = value("LISTEN_FDS"), let count = Int32(text), (1...1024).contains(count) else { return nil }
    let names = value("LISTEN_FDNAMES")?.split(separator: ":", omittingEmptySubsequences: false).map(String.init) ?? []
    var sockets: [Socket] = []
    for index in 0..<count {
      let descriptor = firstDescriptor + index
      // What this process starts shall not have them.
      guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
        throw AsyncModeError(
          .listenFailed, "LISTEN_FDS is \(count), but the descriptor \(descriptor) is not open", errorNumber: errno)
      }
      let name = Int(index) < names.count && !names[Int(index)].isEmpty ? names[Int(index)] : nil
      sockets.append(Socket(name: name, address: .inherited(descriptor: descriptor)))
    }
    return SocketActivation(sockets: sockets)
  }

  private static func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
