public import Logging
internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A place where connections are accepted.
public protocol Listener: AnyObject, Sendable {
  /// Where it listens; the port is the one that the system gave.
  var address: SocketAddress { get }
  /// Connections that were closed at once because ``ListenOptions/maxConnections`` were open or no descriptor was left.
  var refusedConnections: Int { get }
  /// Stops accepting; what is accepted already goes on. A socket file of our own is removed.
  func close() async
}

/// A listener over descriptors: one for each executor.
public final class DescriptorListener: Listener {
  /// Where it listens.
  public let address: SocketAddress
  private let acceptors: Mutex<[Acceptor]>
  private let shared: AcceptorShared
  /// The socket file that was made here; one that was inherited belongs to somebody else.
  private let ownPath: String?

  /// Connections that were closed at once.
  public var refusedConnections: Int { shared.refused.load(ordering: .relaxed) }

  /// Opens the listening sockets and starts to accept on every executor.
  ///
  /// - Throws: ``AsyncModeError`` with the code `listenFailed` or `invalidOption`.
  public static func open(
    on address: SocketAddress, options: ListenOptions, executors: [PollingExecutor], logger: Logger,
    accept: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) -> DescriptorListener {
    try options.validate()
    // TCP: a socket for each executor, among which the kernel spreads connections. Others share one socket.
    let isSpread = address.host != nil && executors.count > 1
    var descriptors = [try SystemSocket.listening(on: address, options: options, isShared: isSpread)]
    let bound = SystemSocket.localAddress(descriptors[0]) ?? address
    do {
      for _ in executors.dropFirst() {
        if isSpread {
          descriptors.append(try SystemSocket.listening(on: bound, options: options, isShared: true))
        } else {
          descriptors.append(fcntl(descriptors[0], F_DUPFD_CLOEXEC, 3))
        }
      }
    } catch {
      for descriptor in descriptors { Glibc.close(descriptor) }
      throw error
    }
    let shared = AcceptorShared(
      options: options, address: bound, family: bound.family, logger: logger, accept: accept)
    let acceptors = zip(descriptors, executors).map { Acceptor(descriptor: $0, executor: $1, shared: shared) }
    for acceptor in acceptors {
      let failure = await acceptor.executor.run { acceptor.begin() }
      if let failure {
        for acceptor in acceptors { await acceptor.executor.run { acceptor.close() } }
        throw AsyncModeError(
          .listenFailed, "cannot watch \(bound): \(SystemSocket.message(failure))", errorNumber: failure.number)
      }
    }
    return DescriptorListener(bound, acceptors, shared, ownPath: address.path)
  }

  private init(_ address: SocketAddress, _ acceptors: [Acceptor], _ shared: AcceptorShared, ownPath: String?) {
    self.address = address
    self.acceptors = Mutex(acceptors)
    self.shared = shared
    self.ownPath = ownPath
  }

  /// Stops accepting.
  public func close() async {
    let acceptors = acceptors.withLock { acceptors in
      defer { acceptors = [] }
      return acceptors
    }
    if !acceptors.isEmpty, let ownPath { unlink(ownPath) }
    for acceptor in acceptors { await acceptor.executor.run { acceptor.close() } }
  }
}

/// What the acceptors of one listener have in common.
private final class AcceptorShared: Sendable {
  let options: ListenOptions
  let address: SocketAddress
  let family: Int32
  let logger: Logger
  let accept: @Sendable (Connection) -> any ConnectionHandler
  let open = Atomic(0)
  let refused = Atomic(0)

  init(
    options: ListenOptions, address: SocketAddress, family: Int32, logger: Logger,
    accept: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) {
    self.options = options
    self.address = address
    self.family = family
    self.logger = logger
    self.accept = accept
  }
}

/// Accepts on one executor.
private final class Acceptor: DescriptorTarget, @unchecked Sendable {
  // @unchecked: everything mutable is confined to the executor.

  let executor: PollingExecutor
  private let shared: AcceptorShared
  private let descriptor: Int32
  private var watch: UnsafeMutableRawPointer?
  private var isOpen = false
  private var relief: AcceptRelief?

  /// Connections that are accepted before the open ones get their turn.
  private static let acceptsPerEvent = 64

  init(descriptor: Int32, executor: PollingExecutor, shared: AcceptorShared) {
    self.descriptor = descriptor
    self.executor = executor
    self.shared = shared
  }

  func begin() -> SystemError? {
    do {
      watch = try executor.watch(descriptor, .read, self)
      isOpen = true
      relief = AcceptRelief(executor: executor, address: shared.address, logger: shared.logger)
      return nil
    } catch {
      return error
    }
  }

  func close() {
    if isOpen { executor.unwatch(watch, descriptor) }
    isOpen = false
    Glibc.close(descriptor)
    relief?.close()
  }

  func descriptorReady(isReadable: Bool, isWritable: Bool) {
    for _ in 0..<Self.acceptsPerEvent where isOpen {
      do {
        guard let (descriptor, peer) = try SystemSocket.accept(descriptor) else { return }
        take(descriptor, peer)
      } catch {
        shed(error)
        return
      }
    }
  }

  private func take(_ descriptor: Int32, _ peer: SocketAddress?) {
    guard shared.open.wrappingAdd(1, ordering: .relaxed).newValue <= shared.options.maxConnections else {
      shared.open.wrappingSubtract(1, ordering: .relaxed)
      shared.refused.wrappingAdd(1, ordering: .relaxed)
      Glibc.close(descriptor)
      return
    }
    SystemSocket.configure(descriptor, shared.options.connection, family: shared.family)
    let connection = DescriptorConnection(
      descriptor: descriptor, executor: executor, options: shared.options.connection, remoteAddress: peer,
      localAddress: shared.address, onClose: { [shared] in shared.open.wrappingSubtract(1, ordering: .relaxed) })
    connection.attach(shared.accept(connection))
  }

  private func shed(_ error: SystemError) {
    shared.refused.wrappingAdd(1, ordering: .relaxed)
    guard let relief, !relief.relieve(descriptor, error) else { return }
    executor.change(watch, descriptor, [])
    _ = executor.schedule(after: AcceptRelief.pause) { [self] in
      if isOpen { executor.change(watch, descriptor, .read) }
    }
  }
}
