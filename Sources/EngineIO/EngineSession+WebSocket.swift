internal import AsyncModes
internal import EngineIOCodec
public import HTTPServing
internal import WebSocketCodec

/// WebSocket messages, and the upgrade from polling.
extension EngineSession: WebSocketDelegate {
  /// Takes a WebSocket that wants to take the session over; it has to prove itself with a probe first.
  func offer(_ webSocket: WebSocketConnection) {
    webSocket.delegate = self
    guard state == .open, polling != nil, candidate == nil, context.server.configuration.upgrades else {
      webSocket.delegate = nil
      webSocket.close(code: 1008)
      return
    }
    candidate = webSocket
    isProbed = false
    webSocket.connection.setDeadline(after: context.server.configuration.upgradeTimeout)
  }

  /// A text message has come.
  public func webSocket(_ webSocket: WebSocketConnection, received text: borrowing RawSpan) {
    if webSocket === self.webSocket {
      receive(textPacket: text)
    } else if webSocket === candidate {
      text.withUnsafeBytes { upgrade(webSocket, $0) }
    }
  }

  /// A binary message has come.
  public func webSocket(_ webSocket: WebSocketConnection, receivedBinary bytes: borrowing RawSpan) {
    guard webSocket === self.webSocket else {
      if webSocket === candidate { giveUp(webSocket) }
      return
    }
    hasReceived = true
    guard revision == .v3 else {
      receive(binary: bytes)
      return
    }
    // Revision 3 puts the packet type in front, as a number.
    guard bytes.byteCount > 0, bytes.unsafeLoad(as: UInt8.self) == 4 else {
      fail(.parseError)
      return
    }
    receive(binary: bytes.extracting(1..<bytes.byteCount))
  }

  private func upgrade(_ webSocket: WebSocketConnection, _ packet: UnsafeRawBufferPointer) {
    if !isProbed, packet.elementsEqual("2probe".utf8) {
      isProbed = true
      webSocket.send(.text, "3probe".utf8Span.span.bytes)
      // The client ends its polling only when its last poll is answered.
      polling?.releasePending(with: UInt8(ascii: "6"), revision)
      polling?.mayReleaseAtOnce = true
    } else if isProbed, packet.elementsEqual("5".utf8) {
      completeUpgrade(webSocket)
    } else {
      giveUp(webSocket)
    }
  }

  private func completeUpgrade(_ webSocket: WebSocketConnection) {
    guard let polling else { return }
    candidate = nil
    self.webSocket = webSocket
    self.polling = nil
    webSocket.connection.setDeadline(after: nil)
    polling.releasePending(with: UInt8(ascii: "6"), revision)
    context.counters.upgrades += 1
    for packet in polling.takeAll() {
      switch packet {
      case .message(let message): _ = transmit(message, over: webSocket)
      case .control(let type): webSocket.send(.text, [type].span.bytes)
      }
    }
  }

  /// The WebSocket did not prove itself; the session goes on over polling.
  private func giveUp(_ webSocket: WebSocketConnection) {
    candidate = nil
    isProbed = false
    webSocket.delegate = nil
    webSocket.close(code: 1002)
    releasePoll()
  }

  /// The client has caught up.
  public func webSocketDrained(_ webSocket: WebSocketConnection) {
    guard webSocket === self.webSocket else { return }
    handler?.drained()
    resumeWriters()
  }

  /// A WebSocket of this session is gone.
  public func webSocketClosed(_ webSocket: WebSocketConnection, _ end: WebSocketEnd) {
    if webSocket === candidate {
      candidate = nil
      isProbed = false
      releasePoll()
      return
    }
    guard webSocket === self.webSocket else { return }
    switch end {
    case .closed: self.end(.transportClose)
    case .violation: self.end(.parseError)
    case .lost(.outgoingLimit): self.end(.slowClient)
    case .lost(.shutdown): self.end(.serverShutdown)
    case .lost(.peer), .lost(.local): self.end(.transportClose)
    case .lost: self.end(.transportError)
    }
  }
}
