internal import CAsyncModes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A connection over a descriptor that a ``PollingExecutor`` watches.
public final class DescriptorConnection: Connection, DescriptorTarget, @unchecked Sendable {
  // @unchecked: confined to the executor like its superclass.

  private let descriptor: Int32
  @exclusivity(unchecked) private var polling: PollingExecutor
  @exclusivity(unchecked) private var watch: UnsafeMutableRawPointer?
  @exclusivity(unchecked) private var isWatched = false
  @exclusivity(unchecked) private var interest: DescriptorInterest = .read
  private let onClose: (@Sendable () -> Void)?

  /// How often one readiness is answered with another read while reads fill the slab.
  private static let readsPerEvent = 4

  /// Creates a connection over a connected socket that does not block; takes the socket over.
  public init(
    descriptor: Int32, executor: PollingExecutor, options: ConnectionOptions, remoteAddress: SocketAddress?,
    localAddress: SocketAddress?, onClose: (@Sendable () -> Void)? = nil
  ) {
    self.descriptor = descriptor
    self.onClose = onClose
    polling = executor
    super.init(executor: executor, options: options, remoteAddress: remoteAddress, localAddress: localAddress)
  }

  /// Registers the connection, gives it its handler, and starts to watch the socket.
  public func attach(_ handler: any ConnectionHandler) {
    start(handler)
    beginWatching()
  }

  private func beginWatching() {
    do {
      watch = try polling.watch(descriptor, interest, self)
      isWatched = true
    } catch {
      didFail(error)
    }
  }

  private func update(_ flag: DescriptorInterest, _ isOn: Bool) {
    let before = interest
    if isOn { interest.insert(flag) } else { interest.remove(flag) }
    if isWatched, interest != before { polling.change(watch, descriptor, interest) }
  }

  /// Reads what there is, and goes on writing what waits.
  public func descriptorReady(isReadable: Bool, isWritable: Bool) {
    if isWritable, interest.contains(.write) { didBecomeWritable() }
    guard isReadable, isWatched else { return }
    guard interest.contains(.read) else {
      // Only an error is reported to somebody who does not ask for reading.
      if let error = SystemSocket.connectionError(descriptor) { didFail(error) }
      return
    }
    let slab = polling.slab
    for _ in 0..<Self.readsPerEvent {
      let count = async_modes_receive(descriptor, slab.baseAddress, slab.count)
      if count > 0 {
        var bytes = MutableRawSpan(_unsafeBytes: UnsafeMutableRawBufferPointer(rebasing: slab[..<count]))
        didReceive(&bytes)
        if count < slab.count || !isWatched || !interest.contains(.read) { return }
      } else if count == 0 {
        update(.read, false)
        didReceiveEnd()
        return
      } else if errno == EAGAIN {
        return
      } else if errno != EINTR {
        didFail(SystemError(errno))
        return
      }
    }
  }

  // MARK: What the base class asks for

  /// Writes without blocking.
  public override func transmit(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
    while true {
      let count = async_modes_send(descriptor, bytes.baseAddress, bytes.count)
      if count >= 0 { return count }
      switch errno {
      case EAGAIN, ENOBUFS: return 0
      case EINTR: continue
      default: throw SystemError(errno)
      }
    }
  }

  /// Watches for readability, or no longer.
  public override func setReading(_ isOn: Bool) { update(.read, isOn && !isPeerEnded) }

  /// Watches for writability, or no longer.
  public override func setAwaitingWritable(_ isOn: Bool) { update(.write, isOn) }

  /// Ends this side of the stream.
  public override func shutdownWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Closes the descriptor.
  public override func closeTransport(abort: Bool) {
    if isWatched {
      isWatched = false
      polling.unwatch(watch, descriptor)
    }
    if abort { SystemSocket.resetOnClose(descriptor) }
    Glibc.close(descriptor)
    onClose?()
  }

  /// Unwatches here; the other executor watches as soon as it has taken the connection.
  public override func moveTransport(to executor: IOExecutor) {
    if isWatched {
      isWatched = false
      polling.unwatch(watch, descriptor)
    }
    interest.remove(.write)
    guard let destination = executor as? PollingExecutor else { return }
    polling = destination
    destination.post { [self] in beginWatching() }
  }
}
