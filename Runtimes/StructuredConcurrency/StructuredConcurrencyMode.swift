public import AsyncModes
internal import Logging
public import NIOCore
internal import NIOPosix

/// The runtime on Swift's structured concurrency: sockets by SwiftNIO, user code as child tasks on the cooperative pool.
public final class StructuredConcurrencyMode: AsyncMode {
  /// `structured`
  public static let name = "structured"
  /// The event loops as SwiftNIO names them, for a server that shares them.
  public let eventLoopGroup: any EventLoopGroup
  private let isGroupOurs: Bool
  let loops: [NIOExecutor]
  private let lifecycle: ModeLifecycle
  private let root = TaskRoot()
  private let logger: Logger

  /// Always usable.
  public static func probe() -> ModeAvailability { .usable("SwiftNIO") }

  /// Starts event loops.
  ///
  /// - Throws: `AsyncModeError` with the code `invalidOption`.
  public convenience init(configuration: ModeConfiguration) throws(AsyncModeError) {
    try configuration.validate()
    self.init(MultiThreadedEventLoopGroup(numberOfThreads: configuration.executorCount), isOurs: true, configuration)
  }

  /// Runs on event loops that somebody else has started, and leaves them running at the end.
  ///
  /// - Parameters:
  ///   - eventLoopGroup: the event loops; there is one executor for each of them.
  ///   - configuration: everything else; its number of executors is ignored.
  /// - Throws: `AsyncModeError` with the code `invalidOption`.
  public convenience init(
    eventLoopGroup: any EventLoopGroup, configuration: ModeConfiguration
  ) throws(AsyncModeError) {
    try configuration.validate()
    self.init(eventLoopGroup, isOurs: false, configuration)
  }

  private init(_ group: any EventLoopGroup, isOurs: Bool, _ configuration: ModeConfiguration) {
    eventLoopGroup = group
    isGroupOurs = isOurs
    loops = group.makeIterator().enumerated().map { NIOExecutor(index: $0.offset, eventLoop: $0.element) }
    logger = configuration.logger
    lifecycle = ModeLifecycle(executors: loops, workers: WorkerPool(configuration))
  }

  /// The event loops.
  public var executors: [IOExecutor] { loops }
  /// The pool for blocking work.
  public var workers: WorkerPool { lifecycle.workers }
  /// User code runs on the cooperative pool.
  public var handlersMayBlock: Bool { false }

  /// Accepts connections, on every event loop.
  public func listen(
    on address: AsyncModes.SocketAddress, options: ListenOptions,
    accept: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) -> any Listener {
    try lifecycle.checkRunning()
    let listener = try await NIOListener.open(
      on: address, options: options, group: eventLoopGroup, loops: loops, logger: logger, accept: accept)
    try await lifecycle.keep(listener)
    return listener
  }

  /// Opens a connection.
  public func connect(
    to address: AsyncModes.SocketAddress, options: ConnectionOptions, on executor: IOExecutor,
    established: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) {
    try lifecycle.checkRunning()
    try options.validate()
    try lifecycle.check(executor)
    let executor = loops[executor.index]
    let start = ChannelStart(executor, options, established)
    do {
      let target =
        if let path = address.path {
          try NIOCore.SocketAddress(unixDomainSocketPath: path)
        } else {
          try NIOCore.SocketAddress(ipAddress: address.host ?? "", port: address.port ?? 0)
        }
      let bootstrap = ClientBootstrap(group: executor.eventLoop)
        .connectTimeout(.nanoseconds(options.connectTimeout.clampedNanoseconds))
        .channelOption(.allowRemoteHalfClosure, value: true)
        .channelOption(.tcpOption(.tcp_nodelay), value: options.noDelay && address.path == nil ? 1 : 0)
        .channelOption(.socketOption(.so_keepalive), value: options.keepAlive && address.path == nil ? 1 : 0)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try start.adopt(channel)
            try channel.pipeline.syncOperations.addHandler(start)
          }
        }
      try await withTaskCancellationHandler {
        _ = try await bootstrap.connect(to: target).get()
      } onCancel: {
        start.cancel()
      }
      // The channel says that it is connected a moment before it becomes active, on its event loop.
      try await executor.eventLoop.submit {}.get()
      guard start.isDone else {
        throw IOError(errnoCode: SystemError.connectionReset.number, reason: "the connection was lost")
      }
    } catch _ where start.isCancelled {
      throw AsyncModeError(.connectFailed, "the task was cancelled")
    } catch let error as ChannelError {
      if case .connectTimeout = error {
        throw AsyncModeError(.timedOut, "no answer from \(address) within \(options.connectTimeout)")
      }
      throw AsyncModeError(.connectFailed, "cannot connect to \(address): \(error)")
    } catch {
      let number = (error as? IOError)?.errnoCode ?? 0
      throw AsyncModeError(.connectFailed, "cannot connect to \(address): \(error)", errorNumber: number)
    }
  }

  /// Sleeps as Swift tasks do.
  public func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }

  /// Starts a child task of the mode's root task.
  public func startTask(on executor: IOExecutor?, _ operation: @escaping @Sendable () async -> Void) {
    let handle = lifecycle.tasks.add()
    root.add { await handle.run(operation) }
  }

  /// Ends the event loops and the root task.
  public func shutdown(within deadline: Duration) async -> ShutdownReport {
    await lifecycle.shutdown(within: deadline) {
      root.finish()
      for loop in loops { await loop.end() }
      if isGroupOurs { try? await eventLoopGroup.shutdownGracefully() }
    }
  }
}
