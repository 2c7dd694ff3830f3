internal import AsyncModes
internal import EngineIOCodec
public import HTTPCodec
public import HTTPServing

/// Requests: checked when their head has come, served when they are complete.
extension EngineServer {
  /// A request head has come, whose path is known to be below ``EngineConfiguration/path``.
  public func begin(_ head: HTTPRequestHead, _ exchange: HTTPExchange) -> HTTPBodyDisposition {
    let query = EngineIOQuery(head)
    let origin = OriginCheck(head, exchange, self)
    let request = PollRequest(exchange, query, self, fields: origin.fields)
    if let responseHeaders = configuration.responseHeaders {
      request.add(responseHeaders(EngineRequest(exchange), query.session == nil))
    }
    if head.method == .options {
      request.action = .preflight
      exchange.context = request
      return .collect(limit: configuration.maxPayload)
    }
    guard origin.isAllowed else { return refuse(request, .forbidden) }
    let action: PollRequest.Action
    switch classify(head, query, exchange.executor, request) {
    case .failure(let error): return refuse(request, error)
    case .success(let accepted): action = accepted
    }
    request.action = action
    exchange.context = request
    if case .post(let context, let id) = action {
      if context.executor === exchange.executor {
        context.postBegan(id, request)
      } else {
        context.executor.post { context.postBegan(id, request) }
      }
    }
    return .collect(limit: configuration.maxPayload)
  }

  private func refuse(_ request: PollRequest, _ error: EngineIORequestError) -> HTTPBodyDisposition {
    request.refuse(error)
    return .discard
  }

  /// Checks a request in the order of the reference implementation, as far as that needs no session.
  private func classify(
    _ head: HTTPRequestHead, _ query: EngineIOQuery, _ executor: IOExecutor, _ request: PollRequest
  ) -> Result<PollRequest.Action, EngineIORequestError> {
    let transport: EngineConfiguration.Transport
    switch query.transport {
    case .polling: transport = .polling
    case .websocket: transport = .websocket
    default: return .failure(.unknownTransport)
    }
    guard transport == .polling ? allowsPolling : allowsWebSocket else { return .failure(.unknownTransport) }
    switch query.session {
    case .some(let id):
      guard let id, let context = contexts[safe: Int(id.executorIndex)] else { return .failure(.unknownSession) }
      if context.executor === executor {
        guard let session = context.sessions[id] else { return .failure(.unknownSession) }
        request.session = session
      }
      if transport == .websocket {
        guard head.isUpgradeToWebSocket else { return .failure(.badRequest) }
        return .success(.upgrade(context, id))
      }
      switch head.method {
      case .get: return .success(.poll(context, id))
      case .post: return .success(.post(context, id))
      default: return .failure(.badRequest)
      }
    case .none:
      guard head.method == .get else { return .failure(.badHandshakeMethod) }
      guard transport == .polling || head.isUpgradeToWebSocket else { return .failure(.badRequest) }
      let revision = query.revision ?? configuration.assumedRevision
      guard let revision, configuration.revisions.contains(revision) else { return .failure(.unsupportedVersion) }
      guard let context = contexts[safe: executor.index], context.executor === executor else {
        return .failure(.badRequest)
      }
      return .success(transport == .polling ? .handshake(context, revision) : .connect(context, revision))
    }
  }

  /// A request has come as a whole.
  public func handle(_ exchange: HTTPExchange, body: [UInt8]) {
    guard let request = exchange.context as? PollRequest else { return }
    switch request.action {
    case .refused: return
    case .preflight: request.answerPreflight()
    case .handshake(let context, let revision):
      guard configuration.allowRequest == nil else {
        return ask(exchange, request) { [self] in open(context, revision, exchange, request) }
      }
      open(context, revision, exchange, request)
    case .connect(let context, let revision):
      guard configuration.allowRequest == nil else {
        return ask(exchange, request) { [self] in connect(context, revision, exchange, request) }
      }
      connect(context, revision, exchange, request)
    case .poll(let context, let id):
      guard context.executor !== exchange.executor else { return context.poll(id, request) }
      context.executor.post { context.poll(id, request) }
    case .post(let context, let id):
      guard exchange.isOpen else { return }
      let isBinary = exchange.head.contentIsOctetStream
      guard context.executor !== exchange.executor else { return context.post(id, request, body, isBinary) }
      context.executor.post { context.post(id, request, body, isBinary) }
    case .upgrade(let context, let id): upgrade(context, id, exchange, request)
    }
  }

  /// Lets ``EngineConfiguration/allowRequest`` decide, then goes on, if the client is still there.
  private func ask(_ exchange: HTTPExchange, _ request: PollRequest, _ proceed: @escaping @Sendable () -> Void) {
    guard let allowRequest = configuration.allowRequest else { return proceed() }
    let asked = EngineRequest(exchange)
    mode.startTask(on: exchange.executor) {
      let admission = await allowRequest(asked)
      exchange.executor.execute {
        guard exchange.isOpen else { return }
        switch admission {
        case .allowed: proceed()
        case .refused(let message): request.refuse(.forbidden, message: message)
        }
        exchange.flush()
      }
    }
  }
}

extension EngineIOQuery {
  /// Reads the query of a request.
  fileprivate init(_ head: HTTPRequestHead) {
    guard let range = head.query else {
      self.init()
      return
    }
    let bytes = head.bytes
    self.init(bytes.span.bytes.extracting(range))
  }
}
