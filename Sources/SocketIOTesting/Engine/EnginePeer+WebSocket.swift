internal import AsyncModes
internal import EngineIOCodec
internal import HTTPTypes
internal import WebSocketCodec

/// WebSocket from the start, or after an upgrade from polling.
extension EnginePeer {
  private static let key = "dGhlIHNhbXBsZSBub25jZQ=="

  /// Opens the session over WebSocket.
  func openWebSocket() {
    handshake { [self] peer in
      webSocket = peer
      listen(to: peer)
    }
  }

  /// Does the opening handshake; what fails ends the session.
  private func handshake(_ established: @escaping (WebSocketPeer) -> Void) {
    let http: HTTPPeer
    do throws(AsyncModeError) { http = try dial() } catch { return finish(.lost) }
    let fields =
      target.fields() + [
        ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", Self.key),
      ]
    let request = HTTPPeer.encode(
      "GET", requestTarget("websocket"), host: target.address.description, fields: fields)
    http.send(request) { [self] result in
      guard state != .closed else { return http.connection.abort() }
      switch result {
      case .failure(let error): finish(error.code == .closed ? .lost : .invalid(error.message))
      case .success(let response):
        target.keepCookies(response)
        guard response.status.code == 101 else {
          return finish(.refused(status: response.status.code, body: response.text))
        }
        let accept = WebSocketHandshake.accept(key: Self.key.utf8Span.span.bytes)
        guard accept.map({ String(decoding: $0, as: UTF8.self) }) == response.headerFields[.secWebSocketAccept] else {
          return finish(.invalid("the key of the handshake was not accepted"))
        }
        let peer = WebSocketPeer(http.connection)
        http.connection.setHandler(peer)
        established(peer)
        peer.take(http.rest)
      }
    }
  }

  /// The WebSocket carries the session from now on.
  private func listen(to peer: WebSocketPeer) {
    peer.onText = { [weak self] in self?.receive(text: $0) }
    peer.onBinary = { [weak self] bytes in
      guard let self else { return }
      if options.revision == .v3 {
        guard bytes.first == 4 else { return finish(.invalid("a binary packet has no type")) }
        receive(binary: Array(bytes.dropFirst()))
      } else {
        receive(binary: bytes)
      }
    }
    peer.onEnd = { [weak self] in self?.finish($0) }
  }

  // MARK: Upgrade

  /// Offers the session a WebSocket.
  func probe() {
    handshake { [self] peer in
      candidate = peer
      peer.onText = { [weak self] packet in
        guard let self, packet == Array("3probe".utf8) else { return }
        isPollingPaused = true
        isMoving = options.upgradesUntil == .completed
        move()
      }
      // Without it the session stays where it is.
      peer.onEnd = { [weak self] _ in
        guard let self else { return }
        candidate = nil
        isMoving = false
        isPollingPaused = false
        post()
        poll()
      }
      if options.upgradesUntil != .opened { peer.send(.text, Array("2probe".utf8)) }
    }
  }

  /// Moves, once no request is on its way.
  func move() {
    guard isMoving, !isPolling, !isPosting, let candidate, state == .open else { return }
    isMoving = false
    isPollingPaused = false
    self.candidate = nil
    webSocket = candidate
    listen(to: candidate)
    candidate.send(.text, Array("5".utf8))
    pollPeer?.connection.close()
    postPeer?.connection.close()
    let packets = outgoing
    outgoing = []
    for packet in packets { send(packet) }
  }
}
