internal import COpenSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// TLS as a filter between the socket and the handler:
///
/// ```
///   runtime ─► didReceive ─► decrypt, in the executor's slab ─► handler.received
///   handler ─► write ─► the turn's arena ─► flush: encrypt once ─► transmit, or `pending`
/// ```
/// What waits in `pending` is encrypted already, so ``pendingBytes`` and the limits count what the peer is really sent.
extension Connection {
  /// What was agreed on with the peer, or `nil` without TLS, before the handshake is done, or after the end.
  public final var tls: TLSInfo? {
    guard let secured, secured.isEstablished else { return nil }
    return secured.info
  }

  /// Secures the connection; to be called before the first byte in either direction, or at a point where the protocol
  /// has agreed to go over to TLS.
  ///
  /// What is written before the handshake is done waits for it. A handshake that fails, or takes longer than the options
  /// of the context allow, closes the connection with ``CloseReason/failed(_:)`` (`EPROTO`) or ``CloseReason/deadline``.
  ///
  /// - Parameters:
  ///   - context: a server's or a client's; it decides which side this is.
  ///   - serverName: for a client: whom it connects to, a name or an address, which the certificate must hold.
  /// - Throws: ``AsyncModeError`` with the code `connectFailed`.
  public final func startTLS(_ context: TLSContext, serverName: String? = nil) throws(AsyncModeError) {
    assert(executor.isCurrent, "a connection is secured on its executor")
    guard state == .open, secured == nil else { return }
    flush()
    let session = try TLSSession(context, serverName: serverName)
    session.handshakeDeadline = executor.now.advanced(by: context.handshakeTimeout)
    secured = session
    isSecure = true
    if place >= 0 { armTimer() }
    if context.isClient {
      // The client speaks first, as soon as the runtime has put the connection to work.
      executor.post { [self] in
        if let secured { receiveEncrypted(UnsafeRawBufferPointer(start: nil, count: 0), secured) }
      }
    }
  }

  /// Calls `body` once the handshake that has begun is done, with `nil`, or with the reason why it failed.
  package final func whenSecured(_ body: @escaping (String?) -> Void) { secured?.whenEstablished = body }

  // MARK: Bytes in

  func receiveEncrypted(_ bytes: UnsafeRawBufferPointer, _ session: TLSSession) {
    lastActivity = executor.turnTime
    let slab = executor.takeTLSSlab()
    defer { executor.giveBack(slab) }
    session.feed(bytes)
    while secured === session, state == .open || (state == .closing && !session.isEstablished) {
      let out = executor.takeTLSBuffer()
      let outcome = session.receive(into: slab, answeringInto: out)
      transmitEncrypted(out)
      executor.giveBack(out)
      if !session.isEstablished, session.isHandshakeDone { didEstablish(session) }
      if outcome.count > 0, state == .open {
        var plain = MutableRawSpan(_unsafeBytes: UnsafeMutableRawBufferPointer(rebasing: slab.bytes[..<outcome.count]))
        deliver(&plain)
      }
      switch outcome.status {
      case CTLS_FULL: continue
      case CTLS_MORE: break
      case CTLS_ENDED: if state == .open { peerEnded() }
      default: breakOff(session)
      }
      return
    }
  }

  private func didEstablish(_ session: TLSSession) {
    guard secured === session else { return }
    session.isEstablished = true
    session.handshakeDeadline = nil
    session.context.countHandshake()
    let waiting = session.whenEstablished
    session.whenEstablished = nil
    waiting?(nil)
    if !session.early.isEmpty {
      let early = session.early
      session.early = []
      early.withUnsafeBytes { sendEncrypted($0, session) }
      if state == .open, pending.isEmpty { handler?.drained() }
    }
    finishIfWritten()
  }

  /// The session cannot go on: the peer gets the alert that says why, and the connection is closed.
  private func breakOff(_ session: TLSSession) {
    guard secured === session, !session.isEnded else { return }
    session.isEnded = true
    session.early = []
    turnCount = 0
    if session.isEstablished {
      session.context.countBroken()
    } else {
      failHandshake(session, session.failure)
    }
    if state == .open { close(because: .failed(EPROTO)) } else { finish(closeReason, abort: true) }
  }

  func failHandshake(_ session: TLSSession, _ reason: String) {
    session.handshakeDeadline = nil
    session.context.countFailure(reason, peer: remoteAddress, at: executor.now)
    let waiting = session.whenEstablished
    session.whenEstablished = nil
    waiting?(reason)
  }

  /// The stream under TLS has ended. Without an end of TLS before it, somebody may have cut it off.
  func transportEnded(_ session: TLSSession) {
    if !session.isEstablished {
      finish(.failed(ECONNRESET), abort: true)
    } else if state == .open {
      session.context.countBroken()
      finish(.failed(ECONNRESET), abort: true)
    } else {
      peerEnded()
    }
  }

  // MARK: Bytes out

  /// Encrypts bytes and hands them to the kernel, or to those that wait for it.
  func sendEncrypted(_ bytes: UnsafeRawBufferPointer, _ session: TLSSession) {
    guard session.isEstablished else {
      session.early.append(contentsOf: bytes)
      _ = checkLimit()
      return
    }
    let out = executor.takeTLSBuffer()
    let isGood = session.send(bytes, into: out)
    transmitEncrypted(out)
    executor.giveBack(out)
    if isGood { finishIfWritten() } else { breakOff(session) }
  }

  private func transmitEncrypted(_ out: TLSBuffer) {
    guard !out.isEmpty, state != .closed else { return }
    let bytes = out.bytes
    do {
      var written = 0
      if pending.isEmpty {
        written = try transmit(bytes)
        if executor.turnTime > lastActivity { lastActivity = executor.turnTime }
      }
      guard written < bytes.count else { return }
      pending.append(UnsafeRawBufferPointer(rebasing: bytes[written...]))
      awaitWritable()
      _ = checkLimit()
    } catch {
      didFail(error)
    }
  }

  /// Tells the peer that nothing more comes.
  ///
  /// - Returns: whether it is written; if not, this is to be asked again when something was.
  func endEncryption(_ session: TLSSession) -> Bool {
    guard !session.isEnded else { return true }
    guard session.isEstablished || session.early.isEmpty else { return false }
    session.isEnded = true
    let out = executor.takeTLSBuffer()
    session.end(into: out)
    transmitEncrypted(out)
    executor.giveBack(out)
    return state != .closed && pending.isEmpty && !hasUnsentBytes
  }
}

extension IOExecutor {
  // The handler that is given plain bytes may write to, or end, another connection: each user takes the buffer away.

  func takeTLSBuffer() -> TLSBuffer {
    defer { tlsBuffer = nil }
    return tlsBuffer ?? TLSBuffer()
  }

  func giveBack(_ buffer: TLSBuffer) {
    buffer.clear()
    tlsBuffer = buffer
  }

  func takeTLSSlab() -> TLSSlab {
    defer { tlsSlab = nil }
    return tlsSlab ?? TLSSlab()
  }

  func giveBack(_ slab: TLSSlab) { tlsSlab = slab }
}
