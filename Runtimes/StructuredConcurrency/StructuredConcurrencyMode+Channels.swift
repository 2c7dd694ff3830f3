public import AsyncModes
public import NIOCore

extension StructuredConcurrencyMode {
  /// Puts a connection on a channel that somebody else has accepted: everything that comes over it goes to the handler.
  ///
  /// To be called on the event loop of the channel, for instance in a `childChannelInitializer`. Handlers that were
  /// added to its pipeline before, such as one for TLS, stay in front.
  ///
  /// - Parameters:
  ///   - channel: a channel of bytes on one of the event loops of this mode.
  ///   - options: limits of the connection.
  ///   - accept: called when the channel is active, on its event loop; returns the handler that gets its bytes.
  /// - Throws: `AsyncModeError` with the code `invalidOption` if the channel runs on another event loop.
  public func adopt(
    _ channel: any Channel, options: ConnectionOptions = ConnectionOptions(),
    accept: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) throws(AsyncModeError) {
    try options.validate()
    guard let loop = loops.first(where: { $0.eventLoop === channel.eventLoop }) else {
      throw AsyncModeError(
        .invalidOption,
        "the channel runs on an event loop that is none of the mode's; create both with the same EventLoopGroup")
    }
    do {
      try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
      try channel.pipeline.syncOperations.addHandler(ChannelStart(loop, options, accept))
    } catch {
      throw AsyncModeError(.connectFailed, "the channel cannot be used: \(error)")
    }
  }
}
