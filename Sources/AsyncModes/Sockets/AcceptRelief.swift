public import Logging

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What a listener does when the system lets it accept no more: most often, no descriptor is left.
///
/// The connection that waits would be reported again at once, and the loop would spin on it. A descriptor that is held
/// in reserve is given up for a moment to take the connection, and close it.
public final class AcceptRelief: @unchecked Sendable {
  // @unchecked: confined to the executor of the listener.

  private let executor: IOExecutor
  private let address: SocketAddress
  private let logger: Logger
  private var reserve: Int32
  private var lastLog: MonotonicInstant?

  /// How long a listener that could not be relieved is to wait before it accepts again.
  public static let pause = Duration.milliseconds(100)

  /// Sets a descriptor aside.
  public init(executor: IOExecutor, address: SocketAddress, logger: Logger) {
    self.executor = executor
    self.address = address
    self.logger = logger
    reserve = Self.spareDescriptor()
  }

  deinit { close() }

  private static func spareDescriptor() -> Int32 { Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC) }

  /// Closes one waiting connection, and says so in the log, once a second at most.
  ///
  /// - Returns: whether there is one less to be accepted; if not, the listener has to wait for ``pause``.
  public func relieve(_ listener: Int32, _ error: SystemError) -> Bool {
    let now = executor.now
    if lastLog.map({ $0.advanced(by: .seconds(1)) <= now }) ?? true {
      lastLog = now
      logger.error(
        "connections are refused: \(SystemSocket.message(error)); raise the limit of open files (ulimit -n)",
        metadata: ["address": "\(address)"])
    }
    guard error.number == EMFILE || error.number == ENFILE else { return false }
    if reserve < 0 { reserve = Self.spareDescriptor() }
    guard reserve >= 0 else { return false }
    Glibc.close(reserve)
    defer { reserve = Self.spareDescriptor() }
    guard let taken = try? SystemSocket.accept(listener) else { return false }
    Glibc.close(taken.descriptor)
    return true
  }

  /// Gives the descriptor back.
  public func close() {
    if reserve >= 0 { Glibc.close(reserve) }
    reserve = -1
  }
}
