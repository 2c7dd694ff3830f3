internal import AsyncModes
internal import NIOCore
internal import NIOPosix
internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A connection over a channel of SwiftNIO. The channel's handler passes bytes on without copying them.
///
/// A connection that was moved to another executor stays with its event loop: SwiftNIO does not give sockets up. Its
/// events are then carried from the one to the other through ``Mailbox``, which is correct but not as fast.
final class NIOConnection: Connection, ChannelInboundHandler, @unchecked Sendable {
  // @unchecked: confined to the executor; `hasMoved` belongs to the event loop of the channel, `mailbox` is locked.

  typealias InboundIn = ByteBuffer

  /// What the event loop tells the executor.
  private typealias Event = @Sendable (NIOConnection) -> Void

  /// Events on their way to another executor. Whoever owns the connection takes them, in order; a move only changes who
  /// that is.
  private struct Mailbox {
    var owner: IOExecutor
    var events: [Event] = []
  }

  private let channel: any Channel
  private let home: NIOExecutor
  private let onClose: (@Sendable () -> Void)?
  private let mailbox: Mutex<Mailbox>
  private var hasMoved = false
  private var isClosed = false
  private var isEndSent = false
  /// Whether the channel has taken bytes that the kernel has not; it is given no more until they are gone.
  private var isTransmitting = false

  /// The most bytes that the channel holds at a time.
  private static let pieceSize = 256 << 10

  init(
    channel: any Channel, executor: NIOExecutor, options: ConnectionOptions, onClose: (@Sendable () -> Void)?
  ) {
    self.channel = channel
    self.onClose = onClose
    home = executor
    mailbox = Mutex(Mailbox(owner: executor))
    super.init(
      executor: executor, options: options, remoteAddress: Self.address(channel.remoteAddress),
      localAddress: Self.address(channel.localAddress))
  }

  private static func address(_ address: NIOCore.SocketAddress?) -> AsyncModes.SocketAddress? {
    guard let address else { return nil }
    if let path = address.pathname { return try? .unix(path: path) }
    guard let host = address.ipAddress, let port = address.port else { return nil }
    return try? .ip(host, port: port)
  }

  // MARK: From the channel, on its event loop

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var buffer = unwrapInboundIn(data)
    guard !hasMoved else {
      return tell { [buffer] connection in
        var buffer = buffer
        connection.deliver(&buffer)
      }
    }
    home.perform { deliver(&buffer) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed { tell { $0.didReceiveEnd() } }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    let error = (error as? IOError).map { SystemError($0.errnoCode) } ?? .connectionReset
    tell { if !$0.isClosed { $0.didFail(error) } }
  }

  func channelInactive(context: ChannelHandlerContext) {
    onClose?()
    tell { connection in
      // With this side ended, the channel tells the end of the peer's by becoming inactive.
      if connection.isEndSent { connection.didReceiveEnd() }
      if !connection.isClosed { connection.didFail(.connectionReset) }
    }
  }

  /// Tells the connection what happened, wherever it lives.
  private func tell(_ event: @escaping Event) {
    guard hasMoved else { return home.perform { event(self) } }
    let owner = mailbox.withLock { mailbox in
      mailbox.events.append(event)
      return mailbox.owner
    }
    if owner === home { home.perform { takeEvents() } } else { owner.post { [self] in takeEvents() } }
  }

  // MARK: On the executor

  /// Handles what has come, or sends whoever owns the connection by now to do so.
  private func takeEvents() {
    let (owner, events) = mailbox.withLock { mailbox in
      guard mailbox.owner.isCurrent else { return (mailbox.owner, [Event]()) }
      defer { mailbox.events = [] }
      return (mailbox.owner, mailbox.events)
    }
    guard owner.isCurrent else { return owner.post { [self] in takeEvents() } }
    for event in events { event(self) }
  }

  private func deliver(_ buffer: inout ByteBuffer) {
    buffer.withUnsafeMutableReadableBytes { bytes in
      var span = MutableRawSpan(_unsafeBytes: bytes)
      didReceive(&span)
    }
  }

  // MARK: What the base class asks for

  override func transmit(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
    guard channel.isActive else { throw SystemError.brokenPipe }
    var count = 0
    while !isTransmitting, count < bytes.count {
      let piece = UnsafeRawBufferPointer(rebasing: bytes[count...].prefix(Self.pieceSize))
      send(piece)
      count += piece.count
    }
    return count
  }

  /// Gives bytes to the channel, and asks to be told of their end if the kernel does not take them at once.
  private func send(_ bytes: UnsafeRawBufferPointer) {
    var buffer = channel.allocator.buffer(capacity: bytes.count)
    buffer.writeBytes(bytes)
    if executor === home {
      channel.writeAndFlush(buffer, promise: nil)
      guard let left = try? channel.syncOptions?.getOption(.bufferedWritableBytes), left > 0 else { return }
      buffer = ByteBuffer()
    }
    isTransmitting = true
    let written = channel.eventLoop.makePromise(of: Void.self)
    written.futureResult.whenComplete { [self] _ in
      tell { connection in
        connection.isTransmitting = false
        connection.didBecomeWritable()
      }
    }
    channel.writeAndFlush(buffer, promise: written)
  }

  override var hasUnsentBytes: Bool { isTransmitting }

  override func setReading(_ isOn: Bool) { _ = channel.setOption(.autoRead, value: isOn) }

  override func shutdownWriting() {
    isEndSent = true
    // With both sides ended the base class closes the connection, which this would come before.
    if !isPeerEnded { channel.close(mode: .output, promise: nil) }
  }

  override func closeTransport(abort: Bool) {
    isClosed = true
    if abort {
      _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
    }
    channel.close(promise: nil)
  }

  override func moveTransport(to executor: IOExecutor) {
    // The first move begins on the event loop itself.
    if home.isCurrent { hasMoved = true }
    mailbox.withLock { $0.owner = executor }
  }
}
