internal import AsyncModes
internal import NIOCore
internal import Synchronization

/// Puts a connection on a channel as soon as it is active.
final class ChannelStart: ChannelInboundHandler, RemovableChannelHandler, Sendable {
  typealias InboundIn = ByteBuffer

  private struct State {
    var channel: (any Channel)?
    var isDone = false
    var isCancelled = false
  }
  private let state = Mutex(State())
  private let executor: NIOExecutor
  private let options: ConnectionOptions
  private let onClose: (@Sendable () -> Void)?
  private let established: @Sendable (Connection) -> any ConnectionHandler

  init(
    _ executor: NIOExecutor, _ options: ConnectionOptions, onClose: (@Sendable () -> Void)? = nil,
    _ established: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) {
    self.executor = executor
    self.options = options
    self.onClose = onClose
    self.established = established
  }

  /// Whether the connection was put on.
  var isDone: Bool { state.withLock { $0.isDone } }

  /// Whether the attempt was given up before.
  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// Takes note of the channel of an attempt that can be cancelled.
  ///
  /// - Throws: `ChannelError` if it is cancelled already.
  func adopt(_ channel: any Channel) throws {
    let isCancelled = state.withLock { state in
      state.channel = channel
      return state.isCancelled
    }
    if isCancelled { throw ChannelError.ioOnClosedChannel }
  }

  /// Gives the attempt up; a connection that stands already is left alone.
  func cancel() {
    let channel: (any Channel)? = state.withLock { state in
      guard !state.isDone else { return nil }
      state.isCancelled = true
      return state.channel
    }
    channel?.close(promise: nil)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    // A channel that somebody else has accepted may be active already.
    if context.channel.isActive { begin(context) }
  }

  func channelActive(context: ChannelHandlerContext) { begin(context) }

  private func begin(_ context: ChannelHandlerContext) {
    guard !isDone else { return }
    let isWanted = state.withLock { state in
      state.isDone = !state.isCancelled
      state.channel = nil
      return state.isDone
    }
    guard isWanted else { return context.close(promise: nil) }
    let connection = NIOConnection(channel: context.channel, executor: executor, options: options, onClose: onClose)
    executor.perform { connection.start(established(connection)) }
    try? context.pipeline.syncOperations.addHandler(connection, position: .after(self))
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
  }
}
