internal import AsyncModes
internal import EngineIOCodec
internal import HTTPCodec
internal import HTTPServing
internal import Logging
internal import WebSocketCodec

/// Opening sessions, and offering them a WebSocket.
extension EngineServer {
  /// Opens a session over polling.
  func open(_ context: EngineContext, _ revision: EngineIORevision, _ exchange: HTTPExchange, _ request: PollRequest) {
    let polling = PollingTransport()
    guard let session = makeSession(context, revision, exchange, request, polling) else { return }
    request.add(cookieFor: session.id)
    let packet = openPacket(session)
    polling.append(EngineMessage(textPacket: packet.span.bytes))
    session.handler = application.connected(session)
    session.startHeartbeat()
    session.poll(request)
  }

  /// Opens a session over WebSocket.
  func connect(
    _ context: EngineContext, _ revision: EngineIORevision, _ exchange: HTTPExchange, _ request: PollRequest
  ) {
    guard var answer = WebSocketAnswer(exchange.head) else { return refuseHandshake(request) }
    guard let session = makeSession(context, revision, exchange, request, nil) else { return }
    guard let connection = exchange.detach() else { return session.forget() }
    request.add(cookieFor: session.id)
    let webSocket = begin(&answer, on: connection, exchange, request, context)
    webSocket.delegate = session
    session.webSocket = webSocket
    connection.setHandler(webSocket)
    let packet = openPacket(session)
    session.send(textPacket: packet.span.bytes)
    session.handler = application.connected(session)
    session.startHeartbeat()
    exchange.hand(connection, to: webSocket)
  }

  /// Offers a WebSocket to a session that is on polling.
  func upgrade(_ context: EngineContext, _ id: EngineIOSessionID, _ exchange: HTTPExchange, _ request: PollRequest) {
    guard let answer = WebSocketAnswer(exchange.head) else { return refuseHandshake(request) }
    if context.executor === exchange.executor {
      guard let session = context.sessions[id] else { return request.refuse(.unknownSession) }
      guard let connection = exchange.detach() else { return }
      var answer = answer
      let webSocket = begin(&answer, on: connection, exchange, request, context)
      session.offer(webSocket)
      exchange.hand(connection, to: webSocket)
      return
    }
    // The session lives elsewhere: its WebSocket goes there for good.
    let limit = configuration.maxPayload + 1
    exchange.move(to: context.executor) { [self] connection in
      guard let session = context.sessions[id] else {
        exchange.logSwitch(status: 400)
        connection.refuseUpgrade()
        return WebSocketConnection(connection, maxMessageBytes: limit)
      }
      var answer = answer
      let webSocket = begin(&answer, on: connection, exchange, request, context)
      session.offer(webSocket)
      return webSocket
    }
  }

  /// Completes and writes the answer to a WebSocket handshake. To be called on the executor of the session.
  private func begin(
    _ answer: inout WebSocketAnswer, on connection: Connection, _ exchange: HTTPExchange, _ request: PollRequest,
    _ context: EngineContext
  ) -> WebSocketConnection {
    let deflate = negotiate(exchange.head, context, &answer)
    answer.add(fields: request.fields)
    answer.write(to: connection)
    exchange.logSwitch()
    // One more byte for the packet type.
    return WebSocketConnection(connection, maxMessageBytes: configuration.maxPayload + 1, deflate: deflate)
  }

  private func negotiate(
    _ head: HTTPRequestHead, _ context: EngineContext, _ answer: inout WebSocketAnswer
  ) -> PerMessageDeflate? {
    guard let compression = configuration.webSocketCompression, let pool = context.deflatePool,
      let offers = head.value("sec-websocket-extensions"),
      let parameters = PerMessageDeflate.negotiate(offers, compression)
    else { return nil }
    guard let reservation = deflateBudget.reserve(for: parameters, compression) else {
      context.counters.uncompressedWebSockets += 1
      return nil
    }
    answer.add(extensions: parameters.headerValue)
    return PerMessageDeflate(parameters, compression, pool: pool, reservation: reservation)
  }

  private func refuseHandshake(_ request: PollRequest) {
    request.refuse(.badRequest, message: "The WebSocket handshake is not valid")
  }

  /// Makes a session, or refuses the request if its address has too many.
  private func makeSession(
    _ context: EngineContext, _ revision: EngineIORevision, _ exchange: HTTPExchange, _ request: PollRequest,
    _ polling: PollingTransport?
  ) -> EngineSession? {
    let asked = EngineRequest(exchange)
    guard sessionLimit?.enter(asked.remoteAddress) ?? true else {
      context.counters.refusedByAddress += 1
      request.refuse(.forbidden, status: 429, message: "Too many sessions")
      return nil
    }
    let session = EngineSession(
      id: context.makeSessionID(), revision: revision, isBase64: request.query.isBase64, request: asked,
      context: context, polling: polling)
    context.sessions[session.id] = session
    context.counters.openedSessions += 1
    configuration.logger.debug(
      "a session was opened",
      metadata: [
        "address": "\(asked.remoteAddress?.description ?? "-")", "revision": "\(revision.rawValue)",
        "transport": "\(session.polling == nil ? "websocket" : "polling")",
      ])
    return session
  }

  private func openPacket(_ session: EngineSession) -> [UInt8] {
    var packet: [UInt8] = []
    packet.reserveCapacity(160)
    packet.append(UInt8(ascii: "0"))
    (session.polling == nil ? webSocketHandshake : pollingHandshake).append(session.id, to: &packet)
    return packet
  }
}
