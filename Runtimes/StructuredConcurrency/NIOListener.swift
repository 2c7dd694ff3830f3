internal import AsyncModes
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Listening channels: one for each event loop.
final class NIOListener: Listener {
  let address: AsyncModes.SocketAddress
  private let channels: [any Channel]
  private let counts: Counts
  /// The socket file that was made here; one that was inherited belongs to somebody else.
  private let ownPath: String?
  private let isClosed = Atomic(false)

  final class Counts: Sendable {
    let open = Atomic(0)
    let refused = Atomic(0)
  }

  var refusedConnections: Int { counts.refused.load(ordering: .relaxed) }

  private init(_ address: AsyncModes.SocketAddress, _ channels: [any Channel], _ counts: Counts, ownPath: String?) {
    self.ownPath = ownPath
    self.address = address
    self.channels = channels
    self.counts = counts
  }

  static func open(
    on address: AsyncModes.SocketAddress, options: ListenOptions, group: any EventLoopGroup, loops: [NIOExecutor],
    logger: Logger,
    accept: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) -> NIOListener {
    try options.validate()
    // TCP: a socket for each loop, among which the kernel spreads connections. Any other socket is accepted on by one
    // loop, which hands connections out: SwiftNIO takes it for an error that another was faster to accept.
    let isSpread = address.host != nil && loops.count > 1
    let counts = Counts()
    var bound = address
    var channels: [any Channel] = []
    for (index, loop) in loops.prefix(isSpread ? loops.count : 1).enumerated() {
      do {
        let descriptor: Int32
        if index == 0 {
          descriptor = try SystemSocket.listening(on: address, options: options, isShared: isSpread)
          bound = SystemSocket.localAddress(descriptor) ?? address
        } else {
          descriptor = try SystemSocket.listening(on: bound, options: options, isShared: true)
        }
        channels.append(
          try await bootstrap(
            loop, isSpread ? [loop] : loops, isSpread ? loop.eventLoop : group, options, counts, accept
          )
          .serverChannelInitializer { [bound] channel in
            channel.eventLoop.makeCompletedFuture {
              let relief = AcceptRelief(executor: loop, address: bound, logger: logger)
              try channel.pipeline.syncOperations.addHandler(AcceptErrors(descriptor, relief, counts))
            }
          }
          .withBoundSocket(descriptor).get())
      } catch {
        for channel in channels { try? await channel.close() }
        throw error as? AsyncModeError ?? AsyncModeError(.listenFailed, "cannot listen on \(bound): \(error)")
      }
    }
    return NIOListener(bound, channels, counts, ownPath: address.path)
  }

  private static func bootstrap(
    _ loop: NIOExecutor, _ children: [NIOExecutor], _ childGroup: any EventLoopGroup, _ options: ListenOptions,
    _ counts: Counts, _ accept: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) -> ServerBootstrap {
    ServerBootstrap(group: loop.eventLoop, childGroup: childGroup)
      .serverChannelOption(.maxMessagesPerRead, value: 64)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let executor = children.first { $0.eventLoop === channel.eventLoop } ?? loop
          guard counts.open.wrappingAdd(1, ordering: .relaxed).newValue <= options.maxConnections else {
            counts.open.wrappingSubtract(1, ordering: .relaxed)
            counts.refused.wrappingAdd(1, ordering: .relaxed)
            throw ChannelError.ioOnClosedChannel
          }
          if channel.remoteAddress?.pathname == nil, options.connection.noDelay {
            try? channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1)
          }
          try channel.pipeline.syncOperations.addHandler(
            ChannelStart { channel in
              let connection = NIOConnection(
                channel: channel, executor: executor, options: options.connection,
                onClose: { counts.open.wrappingSubtract(1, ordering: .relaxed) })
              executor.perform { connection.start(accept(connection)) }
              return connection
            })
        }
      }
  }

  func close() async {
    guard !isClosed.exchange(true, ordering: .relaxed) else { return }
    if let ownPath { unlink(ownPath) }
    for channel in channels { try? await channel.close() }
  }
}
