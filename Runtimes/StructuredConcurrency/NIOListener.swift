internal import AsyncModes
internal import Logging
internal import NIOCore
internal import NIOPosix

/// Listening channels: one for each event loop.
final class NIOListener: Listener {
  private let sockets: ListeningSockets
  private let channels: [any Channel]

  var address: AsyncModes.SocketAddress { sockets.address }
  var refusedConnections: Int { sockets.refusedConnections }
  var openConnections: Int { sockets.openConnections }

  private init(_ sockets: ListeningSockets, _ channels: [any Channel]) {
    self.sockets = sockets
    self.channels = channels
  }

  static func open(
    on address: AsyncModes.SocketAddress, options: ListenOptions, group: any EventLoopGroup, loops: [NIOExecutor],
    logger: Logger, accept: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) async throws(AsyncModeError) -> NIOListener {
    let sockets = try ListeningSockets(on: address, options: options, executors: loops.count)
    // A socket that is not spread is accepted on by one loop, which hands connections out: SwiftNIO takes it for an
    // error that another was faster to accept.
    let isSpread = sockets.descriptors.count > 1
    var channels: [any Channel] = []
    for (descriptor, loop) in zip(sockets.descriptors, loops) {
      let bootstrap = ServerBootstrap(group: loop.eventLoop, childGroup: isSpread ? loop.eventLoop : group)
        .serverChannelOption(.maxMessagesPerRead, value: 64)
        .serverChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let relief = AcceptRelief(executor: loop, address: sockets.address, logger: logger)
            try channel.pipeline.syncOperations.addHandler(AcceptErrors(descriptor, relief, sockets))
          }
        }
        .childChannelOption(.allowRemoteHalfClosure, value: true)
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            guard sockets.admit() else { throw ChannelError.ioOnClosedChannel }
            let executor = loops.first { $0.eventLoop === channel.eventLoop } ?? loop
            if sockets.address.path == nil {
              // SwiftNIO sets the first by itself.
              try? channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: options.connection.noDelay ? 1 : 0)
              try? channel.syncOptions?.setOption(
                .socketOption(.so_keepalive), value: options.connection.keepAlive ? 1 : 0)
            }
            try channel.pipeline.syncOperations.addHandler(
              ChannelStart(executor, options.connection, onClose: { sockets.leave() }, accept))
          }
        }
      do {
        channels.append(try await bootstrap.withBoundSocket(descriptor).get())
      } catch {
        sockets.close(from: channels.count + 1)
        for channel in channels { try? await channel.close() }
        throw AsyncModeError(.listenFailed, "cannot listen on \(sockets.address): \(error)")
      }
    }
    return NIOListener(sockets, channels)
  }

  func close() async {
    sockets.removeFile()
    for channel in channels { try? await channel.close() }
  }
}
