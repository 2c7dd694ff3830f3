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
  /// Connections that were accepted here and are not closed.
  var openConnections: Int { get }
  /// Stops accepting; what is accepted already goes on. A socket file of our own is removed.
  func close() async
}

/// A listener over descriptors: one for each executor.
public final class DescriptorListener: Listener {
  /// Where it listens.
  public var address: SocketAddress { shared.sockets.address }
  private let acceptors: Mutex<[Acceptor]>
  private let shared: AcceptorShared

  /// Connections that were closed at once.
  public var refusedConnections: Int { shared.sockets.refusedConnections }
  /// Connections that are not closed.
  public var openConnections: Int { shared.sockets.openConnections }

  /// Opens the listening sockets and starts to accept on every executor.
  ///
  /// - Throws: ``AsyncModeError`` with the code `listenFailed` or `invalidOption`.
  public static func open(
    on address: SocketAddress, options: ListenOptions, executors: [PollingExecutor], logger: Logger,
    accept: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) -> DescriptorListener {
    let sockets = try ListeningSockets(on: address, options: options, executors: executors.count)
    var descriptors = sockets.descriptors
    while descriptors.count < executors.count { descriptors.append(fcntl(descriptors[0], F_DUPFD_CLOEXEC, 3)) }
    let shared = AcceptorShared(sockets: sockets, options: options.connection, logger: logger, accept: accept)
    let acceptors = zip(descriptors, executors).map { Acceptor(descriptor: $0, executor: $1, shared: shared) }
    for acceptor in acceptors {
      let failure = await acceptor.executor.run { acceptor.begin() }
      if let failure {
        for acceptor in acceptors { await acceptor.executor.run { acceptor.close() } }
        throw AsyncModeError(
          .listenFailed, "cannot watch \(sockets.address): \(SystemSocket.message(failure))",
          errorNumber: failure.number)
      }
    }
    return DescriptorListener(acceptors, shared)
  }

  private init(_ acceptors: [Acceptor], _ shared: AcceptorShared) {
    self.acceptors = Mutex(acceptors)
    self.shared = shared
  }

  /// Stops accepting.
  public func close() async {
    let acceptors = acceptors.withLock { acceptors in
      defer { acceptors = [] }
      return acceptors
    }
    shared.sockets.removeFile()
    for acceptor in acceptors { await acceptor.executor.run { acceptor.close() } }
  }
}

/// What the acceptors of one listener have in common.
private struct AcceptorShared: Sendable {
  let sockets: ListeningSockets
  let options: ConnectionOptions
  let logger: Logger
  let accept: @Sendable (Connection) -> any ConnectionHandler
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
      relief = AcceptRelief(executor: executor, address: shared.sockets.address, logger: shared.logger)
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
    guard shared.sockets.admit() else {
      Glibc.close(descriptor)
      return
    }
    let address = shared.sockets.address
    SystemSocket.configure(descriptor, shared.options, family: address.family)
    let connection = DescriptorConnection(
      descriptor: descriptor, executor: executor, options: shared.options, remoteAddress: peer, localAddress: address,
      onClose: { [sockets = shared.sockets] in sockets.leave() })
    connection.attach(shared.accept(connection))
  }

  private func shed(_ error: SystemError) {
    shared.sockets.refuse()
    guard let relief, !relief.relieve(descriptor, error) else { return }
    executor.change(watch, descriptor, [])
    _ = executor.schedule(after: AcceptRelief.pause) { [self] in
      if isOpen { executor.change(watch, descriptor, .read) }
    }
  }
}
