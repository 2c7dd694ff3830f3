internal import AsyncModes
internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// One end of a connection in memory: the same class as over sockets, with the other end in place of a kernel.
final class MemoryConnection: Connection, @unchecked Sendable {
  // @unchecked: confined to the executor like its superclass, but for `inbound`, which has a lock.

  /// What is on its way to this end.
  private struct Inbound {
    var bytes: [UInt8] = []
    var home: IOExecutor
    /// The writer has ended its side.
    var isEnded = false
    /// The writer has reset the connection.
    var isReset = false
    /// This end takes nothing any more.
    var isClosed = false
    /// The writer waits for room.
    var isWriterWaiting = false
    /// A job that delivers is on its way.
    var isPosted = false
  }

  private let inbound: Mutex<Inbound>
  private let network: MemoryNetwork
  private let onClose: (@Sendable () -> Void)?
  private var peer: MemoryConnection?
  private var isStarted = false
  private var isReading = true
  private var hasEndedPeer = false

  init(
    executor: IOExecutor, options: ConnectionOptions, network: MemoryNetwork, remoteAddress: SocketAddress?,
    localAddress: SocketAddress?, onClose: (@Sendable () -> Void)? = nil
  ) {
    inbound = Mutex(Inbound(home: executor))
    self.network = network
    self.onClose = onClose
    super.init(executor: executor, options: options, remoteAddress: remoteAddress, localAddress: localAddress)
  }

  /// Connects two ends that are not started yet.
  static func join(_ first: MemoryConnection, _ second: MemoryConnection) {
    first.peer = second
    second.peer = first
  }

  /// Puts the connection to work; what has come already is delivered.
  func attach(_ handler: any ConnectionHandler) {
    start(handler)
    isStarted = true
    inbound.withLock { post(&$0) }
  }

  /// Nobody takes the other end: this one is reset as soon as it is started.
  func refuse() {
    peer = nil
    otherEnded(isReset: true)
  }

  // MARK: What the other end does

  /// Takes bytes that the other end writes.
  private func take(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
    let count: Int? = inbound.withLock { inbound in
      guard !inbound.isClosed else { return nil }
      let count = min(bytes.count, max(0, network.bufferBytes - inbound.bytes.count))
      inbound.bytes.append(contentsOf: bytes.prefix(count))
      if count < bytes.count { inbound.isWriterWaiting = true }
      if count > 0 { post(&inbound) }
      return count
    }
    guard let count else { throw SystemError(EPIPE) }
    return count
  }

  private func otherEnded(isReset: Bool) {
    inbound.withLock { inbound in
      if isReset { inbound.isReset = true } else { inbound.isEnded = true }
      post(&inbound)
    }
  }

  private func post(_ inbound: inout Inbound) {
    guard !inbound.isPosted, !inbound.isClosed else { return }
    inbound.isPosted = true
    inbound.home.post { [self] in deliver() }
  }

  /// There is room again, or the other end is gone.
  private func retry() {
    let home = inbound.withLock { $0.home }
    home.post { [self] in
      if executor.isCurrent { didBecomeWritable() }
    }
  }

  // MARK: What this end does

  private enum Arrival {
    case bytes([UInt8], isWriterWaiting: Bool)
    case end, reset, nothing
  }

  /// Pushes what has come to the handler.
  private func deliver() {
    inbound.withLock { $0.isPosted = false }
    guard executor.isCurrent, isStarted else { return }
    while true {
      switch next() {
      case .bytes(var chunk, let isWriterWaiting):
        chunk.withUnsafeMutableBytes { raw in
          var bytes = MutableRawSpan(_unsafeBytes: raw)
          didReceive(&bytes)
        }
        if isWriterWaiting { peer?.retry() }
      case .end:
        hasEndedPeer = true
        didReceiveEnd()
        return
      case .reset:
        didFail(SystemError(ECONNRESET))
        return
      case .nothing: return
      }
    }
  }

  private func next() -> Arrival {
    inbound.withLock { inbound in
      if inbound.isReset { return .reset }
      guard isReading, !inbound.isClosed else { return .nothing }
      guard !inbound.bytes.isEmpty else { return inbound.isEnded && !hasEndedPeer ? .end : .nothing }
      let isWriterWaiting = inbound.isWriterWaiting
      inbound.isWriterWaiting = false
      guard inbound.bytes.count > network.chunkBytes else {
        defer { inbound.bytes = [] }
        return .bytes(inbound.bytes, isWriterWaiting: isWriterWaiting)
      }
      let chunk = Array(inbound.bytes.prefix(network.chunkBytes))
      inbound.bytes.removeFirst(chunk.count)
      return .bytes(chunk, isWriterWaiting: isWriterWaiting)
    }
  }

  override func transmit(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
    guard let peer else { throw SystemError(EPIPE) }
    return try peer.take(bytes)
  }

  override func setReading(_ isOn: Bool) {
    isReading = isOn
    if isOn { inbound.withLock { post(&$0) } }
  }

  override func shutdownWriting() { peer?.otherEnded(isReset: false) }

  override func closeTransport(abort: Bool) {
    inbound.withLock { inbound in
      inbound.isClosed = true
      inbound.bytes = []
    }
    peer?.otherEnded(isReset: abort)
    peer?.retry()
    peer = nil
    onClose?()
  }

  override func moveTransport(to executor: IOExecutor) {
    inbound.withLock { inbound in
      inbound.home = executor
      inbound.isPosted = true
    }
    executor.post { [self] in deliver() }
  }
}
