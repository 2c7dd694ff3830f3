internal import AsyncModes
internal import NIOCore

/// Keeps an event loop from spinning when no connection can be accepted.
final class AcceptErrors: ChannelInboundHandler {
  typealias InboundIn = any Channel

  private let descriptor: CInt
  private let relief: AcceptRelief
  private let sockets: ListeningSockets

  init(_ descriptor: CInt, _ relief: AcceptRelief, _ sockets: ListeningSockets) {
    self.descriptor = descriptor
    self.relief = relief
    self.sockets = sockets
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError else { return context.fireErrorCaught(error) }
    sockets.refuse()
    guard !relief.relieve(descriptor, SystemError(error.errnoCode)) else { return }
    let channel = context.channel
    _ = channel.setOption(.autoRead, value: false)
    _ = channel.eventLoop.scheduleTask(in: .nanoseconds(AcceptRelief.pause.clampedNanoseconds)) {
      _ = channel.setOption(.autoRead, value: true)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    relief.close()
    context.fireChannelInactive()
  }
}
