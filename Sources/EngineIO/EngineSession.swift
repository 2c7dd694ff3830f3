public import AsyncModes
public import EngineIOCodec
internal import HTTPServing
internal import Logging
internal import WebSocketCodec

/// One client of an Engine.IO server. Every member is to be used on ``executor`` only.
///
/// ```
///                    ┌── PollingTransport: packets wait for the next GET
///   send ── session ─┤            │ upgrade: what waits goes over the WebSocket, in order
///                    └── WebSocketConnection: packets leave with the executor's turn
/// ```
public final class EngineSession: @unchecked Sendable {
  // @unchecked: everything mutable is confined to the executor of `context`.

  /// The session id: a capability, known to this client and this server only.
  public let id: EngineIOSessionID
  /// The revision of the protocol that the client speaks.
  public let revision: EngineIORevision
  /// The request that the client connected with.
  public let request: EngineRequest

  enum State: UInt8 { case open, closing, closed }
  let context: EngineContext
  @exclusivity(unchecked) var state = State.open
  var isBase64: Bool
  @exclusivity(unchecked) var handler: (any EngineSessionHandler)?
  /// Present until the session has moved to a WebSocket.
  @exclusivity(unchecked) var polling: PollingTransport?
  @exclusivity(unchecked) var webSocket: WebSocketConnection?
  /// A WebSocket that has not yet proved itself.
  @exclusivity(unchecked) var candidate: WebSocketConnection?
  @exclusivity(unchecked) var isProbed = false
  @exclusivity(unchecked) var heartbeat = TimerID.none
  @exclusivity(unchecked) var isAwaitingPong = false
  /// Whether anything has come since the heartbeat was last looked at.
  @exclusivity(unchecked) var hasReceived = false
  /// Whether the client has had its time for the heartbeat and was given more.
  @exclusivity(unchecked) var isLate = false
  /// Whether the client broke the rules.
  @exclusivity(unchecked) var hasFailed = false
  /// Tasks that wait until there is room.
  @exclusivity(unchecked) var writers: [WaitingWriter] = []

  init(
    id: EngineIOSessionID, revision: EngineIORevision, isBase64: Bool, request: EngineRequest, context: EngineContext,
    polling: PollingTransport?
  ) {
    self.id = id
    self.revision = revision
    self.isBase64 = isBase64
    self.request = request
    self.context = context
    self.polling = polling
  }

  /// The executor that the session lives on.
  public var executor: IOExecutor { context.executor }

  /// Whether messages can be sent.
  public var isOpen: Bool { state == .open }

  /// How the client is connected at the moment.
  public var transport: EngineConfiguration.Transport { webSocket == nil ? .polling : .websocket }

  /// Bytes that wait for the client.
  public var outgoingBytes: Int { webSocket?.pendingBytes ?? polling?.queuedBytes ?? 0 }

  /// Whether a message sent now would leave at once: the WebSocket has nothing to catch up with, or a poll waits.
  public var isReady: Bool {
    guard state == .open else { return false }
    return if let webSocket { webSocket.connection.isCaughtUp } else { polling?.pending != nil }
  }

  // MARK: Out

  /// Sends a text message.
  ///
  /// - Parameter packet: the message with the packet type `4` in front of it.
  /// - Returns: whether it was taken; `false` if the session is closed or the client too slow.
  @discardableResult
  public func send(textPacket packet: borrowing RawSpan) -> Bool {
    if let webSocket {
      return admit(packet.byteCount, behind: webSocket.pendingBytes) && webSocket.send(.text, packet)
    }
    guard admit(packet.byteCount, behind: outgoingBytes) else { return false }
    polling?.append(EngineMessage(textPacket: packet))
    releasePoll()
    return true
  }

  /// Sends a message that was encoded before.
  ///
  /// - Returns: whether it was taken; `false` if the session is closed or the client too slow.
  @discardableResult
  public func send(_ message: EngineMessage) -> Bool {
    if let webSocket {
      return admit(message.count, behind: webSocket.pendingBytes) && transmit(message, over: webSocket)
    }
    guard admit(message.count, behind: outgoingBytes) else { return false }
    polling?.append(message)
    releasePoll()
    return true
  }

  func transmit(_ message: EngineMessage, over webSocket: WebSocketConnection) -> Bool {
    guard message.isBinary else {
      return webSocket.send(prepared: message.frame, payloadOffset: message.payloadOffset, opcode: .text)
    }
    guard revision == .v3 else {
      return webSocket.send(prepared: message.frame, payloadOffset: message.payloadOffset, opcode: .binary)
    }
    if isBase64 {
      var packet: [UInt8] = []
      message.withPayload { EngineIOPayload.appendBase64Packet($0.bytes, revision: .v3, to: &packet) }
      return webSocket.send(.text, packet.span.bytes)
    }
    guard let frame = message.frameV3 else { return false }
    return webSocket.send(
      prepared: frame, payloadOffset: frame.count - message.count - 1, opcode: .binary)
  }

  /// Whether another message may wait for this client; acts on it if not.
  private func admit(_ count: Int, behind waiting: Int) -> Bool {
    guard state == .open else { return false }
    guard waiting + count > context.maxOutgoingBytes else {
      context.counters.sentPackets += 1
      context.counters.sentBytes += count
      return true
    }
    switch context.slowClientPolicy {
    case .drop:
      context.counters.droppedMessages += 1
      return false
    case .disconnect, .wait:
      context.counters.slowClients += 1
      context.counters.lostMessages += 1
      context.counters.lostBytes += webSocket?.connection.pendingBytes ?? 0
      tellOfSlowClient()
      // The end of the connection is told at once: the session has to have its own reason by then.
      let abandoned = webSocket
      end(.slowClient)
      abandoned?.connection.abort()
      return false
    }
  }

  /// Says who it was that read too slowly: each of the first, and then ever fewer, since clients must not fill the log.
  private func tellOfSlowClient() {
    let count = context.counters.slowClients
    guard count & (count - 1) == 0 else { return }
    context.server.configuration.logger.notice(
      "a client is disconnected because it reads too slowly (\(count) so far on this executor)",
      metadata: [
        "remote": "\(request.remoteAddress.map { "\($0)" } ?? "unknown")", "transport": "\(transport.rawValue)",
        "waiting": "\(outgoingBytes)",
      ])
  }

  // MARK: Closing

  /// Closes the session: what waits is sent, then the client is told.
  public func close(_ reason: EngineCloseReason = .forcedClose) {
    guard state == .open else { return }
    state = .closing
    candidate?.connection.abort()
    if let webSocket {
      if revision == .v4 || reason == .serverShutdown {
        webSocket.close(code: reason == .serverShutdown ? 1001 : 1000)
      } else {
        webSocket.close()
      }
      end(reason)
      return
    }
    guard let polling else { return }
    // Clients of Python do not come back after a close packet. From a server that stops they are to come back, to
    // whoever serves then: their poll ends, and the next one finds nobody.
    if reason != .serverShutdown { polling.appendClose() }
    releasePoll()
    notifyHandler(reason)
    if polling.packets.isEmpty {
      forget()
    } else {
      // The client hears of it with its next poll, or never.
      setHeartbeat(after: context.server.configuration.pingTimeout)
    }
  }

  /// The session is over: nothing is sent any more.
  func end(_ reason: EngineCloseReason) {
    guard state != .closed else { return }
    forget()
    notifyHandler(reason)
  }

  func forget() {
    guard state != .closed else { return }
    state = .closed
    context.executor.cancel(heartbeat)
    heartbeat = .none
    context.sessions[id] = nil
    if let polling {
      context.counters.lostMessages += polling.packets.count { if case .message = $0 { true } else { false } }
      polling.end(revision)
    }
    polling = nil
    candidate?.connection.abort()
    candidate = nil
    // A WebSocket that is still there does its closing handshake by itself.
    webSocket = nil
    context.server.sessionLimit?.leave(request.remoteAddress)
    resumeWriters()
  }

  private func notifyHandler(_ reason: EngineCloseReason) {
    context.server.configuration.logger.debug("a session has ended", metadata: ["reason": "\(reason.rawValue)"])
    let handler = handler
    self.handler = nil
    handler?.closed(reason)
  }
}

extension EngineSession {
  /// Stops reading from the client, where its transport allows that.
  public func pauseReading() { webSocket?.connection.pauseReading() }

  /// Goes on reading.
  public func resumeReading() { webSocket?.connection.resumeReading() }
}
