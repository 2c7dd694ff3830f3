/// One connected stream socket, living on one executor. Every member is to be used on that executor only.
///
/// Writes are collected and leave in one system call at the end of the executor's turn, or with ``flush()``. What the
/// kernel does not take waits in a queue that is counted and bounded (``ConnectionOptions/maxPendingBytes``);
/// ``isWritable`` and ``ConnectionHandler/drained()`` tell a writer when to hold back and when to go on.
///
/// A runtime subclasses it and implements the members under "For runtimes"; it reports what happens on the socket by
/// ``didReceive(_:)``, ``didReceiveEnd()``, ``didBecomeWritable()`` and ``didFail(_:)``.
open class Connection: @unchecked Sendable {
  // @unchecked: everything mutable is confined to `executor`.

  /// The executor that this connection lives on; changes only by ``move(to:_:)``.
  @exclusivity(unchecked) public internal(set) final var executor: IOExecutor
  /// The address of the peer, or of whom it speaks for; see ``assumeRemoteAddress(_:)``.
  @exclusivity(unchecked) public private(set) final var remoteAddress: SocketAddress?
  /// The address of this side.
  public final let localAddress: SocketAddress?
  /// The limits of this connection.
  public final let options: ConnectionOptions
  /// Let go when the connection is gone, whoever its handler is by then: for those who count connections.
  @exclusivity(unchecked) public final var companion: AnyObject?

  enum State: UInt8 { case open, closing, lingering, closed }
  @exclusivity(unchecked) var state = State.open
  @exclusivity(unchecked) var handler: (any ConnectionHandler)?
  @exclusivity(unchecked) var pending = OutgoingQueue()
  @exclusivity(unchecked) var turnOffset: UInt32 = 0
  @exclusivity(unchecked) var turnCount: UInt32 = 0
  @exclusivity(unchecked) var isDirty = false
  @exclusivity(unchecked) var isAwaitingWritable = false
  @exclusivity(unchecked) var isReadPaused = false
  @exclusivity(unchecked) var hasPeerEnded = false
  @exclusivity(unchecked) var hasEnded = false
  @exclusivity(unchecked) var isEndRequested = false
  @exclusivity(unchecked) var isDelivering = false
  /// TLS, if the connection is secured.
  @exclusivity(unchecked) var secured: TLSSession?
  /// Whether the connection was secured with TLS, be the handshake done or not.
  @exclusivity(unchecked) public internal(set) final var isSecure = false
  @exclusivity(unchecked) var place = -1
  @exclusivity(unchecked) var timer = TimerID.none
  @exclusivity(unchecked) var timerDue = MonotonicInstant(nanoseconds: 0)
  @exclusivity(unchecked) var deadline: MonotonicInstant?
  @exclusivity(unchecked) var lastActivity: MonotonicInstant
  @exclusivity(unchecked) var closeReason = CloseReason.local

  /// Creates a connection that is not yet started; see ``start(_:)``.
  public init(
    executor: IOExecutor, options: ConnectionOptions, remoteAddress: SocketAddress?, localAddress: SocketAddress?
  ) {
    self.executor = executor
    self.options = options
    self.remoteAddress = remoteAddress
    self.localAddress = localAddress
    lastActivity = MonotonicInstant(nanoseconds: 0)
  }

  // MARK: State

  /// Whether writes are accepted: neither closed nor ended by this side.
  public final var isOpen: Bool { state == .open && !isEndRequested }

  /// Bytes that were written here and not yet taken by the kernel.
  public final var pendingBytes: Int { waitingBytes + Int(turnCount) }

  /// What waits for the kernel, and what waits for the handshake.
  var waitingBytes: Int { pending.count + (secured?.early.count ?? 0) }

  /// Whether the kernel has taken everything that was written before this turn.
  public final var isCaughtUp: Bool { state == .open && waitingBytes == 0 }

  /// Whether the peer keeps up: fewer than ``ConnectionOptions/highWaterMark`` bytes wait.
  public final var isWritable: Bool { state == .open && waitingBytes < options.highWaterMark }

  /// Whether the peer has ended its side.
  public final var isPeerEnded: Bool { hasPeerEnded }

  // MARK: Reading

  /// Whether reading is stopped; see ``pauseReading()``.
  public final var isReadingPaused: Bool { isReadPaused }

  /// Stops reading, so that the peer comes to feel that this side is busy.
  public final func pauseReading() {
    guard !isReadPaused, state == .open else { return }
    isReadPaused = true
    setReading(false)
  }

  /// Goes on reading.
  public final func resumeReading() {
    guard isReadPaused, state == .open else { return }
    isReadPaused = false
    setReading(true)
  }

  /// Says whose the connection is: a proxy that is trusted has told.
  public final func assumeRemoteAddress(_ address: SocketAddress) { remoteAddress = address }

  /// Who gets the bytes.
  public final var currentHandler: (any ConnectionHandler)? { handler }

  /// Gives the bytes that follow to another handler, as after an upgrade of the protocol.
  public final func setHandler(_ handler: any ConnectionHandler) {
    guard state != .closed else { return }
    self.handler = handler
  }

  // MARK: Closing

  /// Ends this side once everything is written (half-close); the peer may go on sending.
  public final func endWriting() {
    guard state == .open, !isEndRequested else { return }
    isEndRequested = true
    finishIfWritten()
  }

  /// Closes once everything is written; what the peer still sends is thrown away.
  ///
  /// The peer has ``ConnectionOptions/lingerTimeout`` to take the rest. Further writes are ignored.
  public final func close() { close(because: .local) }

  /// Closes like ``close()``, with another reason.
  public final func close(because reason: CloseReason) {
    guard state == .open else { return }
    closeReason = reason
    state = .closing
    isEndRequested = true
    if isReadPaused {
      isReadPaused = false
      setReading(true)
    }
    deadline = executor.now.advanced(by: options.lingerTimeout)
    armTimer()
    finishIfWritten()
  }

  /// Closes at once; what waits is thrown away, and the peer sees a reset.
  public final func abort() { finish(.aborted, abort: true) }

  /// Closes at once, with another reason.
  public final func abort(because reason: CloseReason) { finish(reason, abort: true) }

  /// Closes the connection with ``CloseReason/deadline`` unless it is told otherwise in time; `nil` takes it back.
  ///
  /// If something waits to be written then, the connection is aborted.
  public final func setDeadline(after duration: Duration?) {
    guard state == .open else { return }
    if duration == nil && deadline == nil { return }
    deadline = duration.map { duration in withExecutor { $0.now }.advanced(by: duration) }
    armTimer()
  }

  /// Calls a closure with the executor, without a reference to it: it outlives what it runs.
  @inline(__always)
  final func withExecutor<Result>(_ body: (IOExecutor) -> Result) -> Result {
    Unmanaged.passUnretained(executor)._withUnsafeGuaranteedRef(body)
  }

  // MARK: For runtimes

  /// Puts the connection to work: registers it with its executor and gives it its handler.
  public final func start(_ handler: any ConnectionHandler) {
    assert(executor.isCurrent, "a connection is started on its executor")
    self.handler = handler
    lastActivity = executor.turnTime
    place = executor.connections.count
    executor.connections.append(self)
    if options.idleTimeout != nil || secured != nil { armTimer() }
    if executor.isClosing { executor.post { [self] in close(because: .shutdown) } }
  }

  /// Hands bytes to the kernel without waiting.
  ///
  /// - Returns: how many it took; fewer than given means that it is full.
  /// - Throws: the `errno` of a connection that failed.
  open func transmit(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int { bytes.count }

  /// Whether the runtime itself holds bytes that ``transmit(_:)`` took and the kernel has not taken yet.
  ///
  /// Once it holds none it calls ``didBecomeWritable()``; this side is not ended or closed before.
  open var hasUnsentBytes: Bool { false }

  /// Starts or stops reading from the socket.
  open func setReading(_ isOn: Bool) {}

  /// Asks for ``didBecomeWritable()``, or no longer.
  open func setAwaitingWritable(_ isOn: Bool) {}

  /// Ends this side of the stream (`shutdown(SHUT_WR)`).
  open func shutdownWriting() {}

  /// Gives the socket back to the system; `abort` asks for a reset. The last call that a runtime gets.
  open func closeTransport(abort: Bool) {}

  /// Moves the socket to another executor; the base class has taken the connection out of its old one.
  open func moveTransport(to executor: IOExecutor) {}

  /// Bytes have come from the socket; returns when the handler is through with them.
  public final func didReceive(_ bytes: inout MutableRawSpan) {
    guard !hasPeerEnded else { return }
    if let secured {
      bytes.withUnsafeBytes { receiveEncrypted($0, secured) }
      return
    }
    guard state == .open else { return }
    lastActivity = executor.turnTime
    deliver(&bytes)
  }

  @inline(__always)
  func deliver(_ bytes: inout MutableRawSpan) {
    isDelivering = true
    handler?.received(&bytes)
    isDelivering = false
  }

  /// The peer has ended its side.
  public final func didReceiveEnd() {
    guard !hasPeerEnded else { return }
    if let secured { transportEnded(secured) } else { peerEnded() }
  }

  func peerEnded() {
    hasPeerEnded = true
    switch state {
    case .open:
      if hasEnded {
        finish(.peer, abort: false)
      } else {
        closeReason = .peer
        handler?.ended()
        if turnCount > 0 { flush() }
      }
    case .closing: break
    case .lingering: finish(closeReason, abort: false)
    case .closed: break
    }
  }

  /// The socket takes bytes again.
  public final func didBecomeWritable() {
    guard state != .closed else { return }
    drainPending()
  }

  /// The socket is broken.
  public final func didFail(_ error: SystemError) {
    // A socket that the peer has reset needs no reset of its own.
    finish(state == .lingering ? closeReason : .failed(error.number), abort: error != .connectionReset)
  }
}
