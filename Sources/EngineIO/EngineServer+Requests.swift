internal import AsyncModes
internal import EngineIOCodec
public import HTTPCodec
public import HTTPServing

/// Requests: checked when their head has come, served when they are complete.
extension EngineServer {
  /// A request head has come, whose path is known to be below ``EngineConfiguration/path``.
  public func begin(_ head: HTTPRequestHead, _ exchange: HTTPExchange) -> HTTPBodyDisposition {
    let query = EngineIOQuery(head)
    let request = PollRequest(exchange, query, context(of: query, exchange.executor))
    let isAllowed = checkOrigin(head, request)
    if let responseHeaders = configuration.responseHeaders {
      request.add(responseHeaders(EngineRequest(exchange), request.query.session == nil))
    }
    if head.method == .options {
      request.action = .preflight
    } else {
      guard isAllowed else { return refuse(request, .forbidden) }
      if let error = classify(head, request) { return refuse(request, error) }
    }
    exchange.remember(request)
    if case .post = request.action {
      if request.isAtHome { request.context.postBegan(request) } else { forwardBegin(request) }
    }
    return .collect(limit: configuration.maxPayload)
  }

  private func refuse(_ request: PollRequest, _ error: EngineIORequestError) -> HTTPBodyDisposition {
    request.refuse(error)
    return .discard
  }

  /// What is kept for the executor on which a request is served: the one where its session lives, or the one of its
  /// connection.
  private func context(of query: EngineIOQuery, _ executor: IOExecutor) -> EngineContext {
    var index = executor.index
    if let id = query.session ?? nil { index = Int(id.executorIndex) }
    // An id that nobody has given, or a connection of another runtime: either is refused in a moment.
    return contexts[contexts.indices.contains(index) ? index : 0]
  }

  /// Checks a request in the order of the reference implementation, as far as that needs no session, and notes what is to
  /// be done about it.
  private func classify(_ head: HTTPRequestHead, _ request: PollRequest) -> EngineIORequestError? {
    let transport: EngineConfiguration.Transport
    switch request.query.transport {
    case .polling: transport = .polling
    case .websocket: transport = .websocket
    default: return .unknownTransport
    }
    guard transport == .polling ? allowsPolling : allowsWebSocket else { return .unknownTransport }
    switch request.query.session {
    case .some(let id):
      guard let id else { return .unknownSession }
      if request.isAtHome, request.session == nil { return .unknownSession }
      if transport == .websocket {
        guard head.isUpgradeToWebSocket else { return .badRequest }
        request.action = .upgrade(id)
        return nil
      }
      switch head.method {
      case .get: request.action = .poll
      case .post: request.action = .post
      default: return .badRequest
      }
    case .none:
      guard head.method == .get else { return .badHandshakeMethod }
      guard transport == .polling || head.isUpgradeToWebSocket else { return .badRequest }
      let revision = request.query.revision ?? configuration.assumedRevision
      guard let revision, configuration.revisions.contains(revision) else { return .unsupportedVersion }
      guard request.isAtHome else { return .badRequest }
      request.action = transport == .polling ? .handshake(revision) : .connect(revision)
    }
    return nil
  }

  /// A request has come as a whole.
  public func handle(_ exchange: HTTPExchange, body: [UInt8]) {
    guard let request = exchange.context as? PollRequest else { return }
    let context = request.context
    switch request.action {
    case .refused: return
    case .preflight: request.answerPreflight()
    case .handshake(let revision):
      guard configuration.allowRequest == nil else {
        return ask(exchange, request) { [self] in open(context, revision, exchange, request) }
      }
      open(context, revision, exchange, request)
    case .connect(let revision):
      guard configuration.allowRequest == nil else {
        return ask(exchange, request) { [self] in connect(context, revision, exchange, request) }
      }
      connect(context, revision, exchange, request)
    case .poll:
      if request.isAtHome { context.poll(request) } else { forwardPoll(request) }
    case .post:
      guard exchange.isOpen else { return }
      let isBinary = exchange.head.contentIsOctetStream
      if request.isAtHome { context.post(request, body, isBinary) } else { forwardPost(request, body, isBinary) }
    case .upgrade(let id): upgrade(context, id, exchange, request)
    }
  }

  // Requests for sessions of other executors. Never inlined: what is posted holds references, which requests that are at
  // home would take as well.

  @inline(never)
  private func forwardBegin(_ request: PollRequest) {
    request.context.executor.post { request.context.postBegan(request) }
  }

  @inline(never)
  private func forwardPoll(_ request: PollRequest) {
    request.context.executor.post { request.context.poll(request) }
  }

  @inline(never)
  private func forwardPost(_ request: PollRequest, _ body: [UInt8], _ isBinary: Bool) {
    request.context.executor.post { request.context.post(request, body, isBinary) }
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
  fileprivate init(_ head: borrowing HTTPRequestHead) {
    guard let range = head.query else {
      self.init()
      return
    }
    self.init(head.bytes.extracting(range))
  }
}
