#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Tells the service manager how this process is doing (`sd_notify(3)`), without the library of systemd.
///
/// Nothing happens where no manager asked for it by `NOTIFY_SOCKET`.
public enum ServiceNotification: Sendable {
  /// The service is ready to serve.
  case ready
  /// The service reads its configuration again; ``ready`` follows.
  case reloading
  /// The service is about to end.
  case stopping
  /// A line for those who look at the service.
  case status(String)
  /// The service is alive; see ``watchdogInterval``.
  case alive

  /// How often at least the manager wants to hear that this process is ``alive``, or `nil` if it does not (`WATCHDOG_USEC`
  /// and `WATCHDOG_PID`, `sd_watchdog_enabled(3)`).
  public static var watchdogInterval: Duration? {
    func number(_ name: String) -> Int64? { getenv(name).flatMap { Int64(String(cString: $0)) } }
    guard let microseconds = number("WATCHDOG_USEC"), microseconds > 0 else { return nil }
    guard number("WATCHDOG_PID").map({ $0 == Int64(getpid()) }) ?? true else { return nil }
    return .microseconds(microseconds)
  }

  private var text: String {
    switch self {
    case .ready: return "READY=1"
    case .reloading:
      var time = timespec()
      clock_gettime(CLOCK_MONOTONIC, &time)
      return "RELOADING=1\nMONOTONIC_USEC=\(Int(time.tv_sec) * 1_000_000 + Int(time.tv_nsec) / 1000)"
    case .stopping: return "STOPPING=1"
    case .alive: return "WATCHDOG=1"
    case .status(let line): return "STATUS=\(line.split(separator: "\n").joined(separator: " "))"
    }
  }

  /// Sends the message.
  ///
  /// - Returns: whether there is a manager that took it.
  @discardableResult
  public func send() -> Bool {
    guard let path = getenv("NOTIFY_SOCKET").map({ String(cString: $0) }), path.first == "/" || path.first == "@" else {
      return false
    }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let isAbstract = path.first == "@"
    let isStored = withUnsafeMutableBytes(of: &address.sun_path) { target in
      guard path.utf8.count < target.count else { return false }
      target.copyBytes(from: path.utf8)
      if isAbstract { target[0] = 0 }
      return true
    }
    guard isStored else { return false }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + path.utf8.count + (isAbstract ? 0 : 1))
    let message = Array(text.utf8)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), $0, length) == message.count
      }
    }
  }
}
