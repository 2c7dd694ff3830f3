public import AsyncModes
internal import HTTPCodec

/// Serves HTTP/1.1 on one connection: requests are answered one at a time, in order.
///
/// ```
///   bytes ─► HTTPRequestDecoder ─► service.begin ─► body ─► service.handle
///                                        └────── HTTPExchange ──────┘ ─► respond ─► bytes
/// ```
public final class HTTPConnection: ConnectionHandler, @unchecked Sendable {
  // @unchecked: confined to the executor of `connection`.

  /// The connection that is served.
  public let connection: Connection
  private let service: any HTTPService
  let options: HTTPServingOptions
  @exclusivity(unchecked) private var decoder: HTTPRequestDecoder
  /// Serves one request after the other, unless somebody still holds it when the next one comes.
  @exclusivity(unchecked) private var kept: HTTPExchange?
  /// Whether there is a request whose exchange is not over.
  @exclusivity(unchecked) var isExchanging = false
  /// Whether `kept` has to be made ready for the next request.
  @exclusivity(unchecked) private var hasAnswered = false
  /// The exchange that is not over.
  var exchange: HTTPExchange? { isExchanging ? kept : nil }
  @exclusivity(unchecked) private var disposition = HTTPBodyDisposition.discard
  @exclusivity(unchecked) var isRequestComplete = true
  @exclusivity(unchecked) private var isDetached = false
  @exclusivity(unchecked) var isPeerEnded = false
  /// Whether what is being decoded goes on behind the event that is at hand.
  @exclusivity(unchecked) var hasMoreInput = false
  @exclusivity(unchecked) var backlog: [UInt8] = []
  /// Why the connection has ended, once it has.
  var closeReason: CloseReason?
  /// Told if the connection ends before the answer is written.
  @exclusivity(unchecked) var answerLost: (() -> Void)?
  /// The answer whose content is being sent piece by piece.
  @exclusivity(unchecked) var content: Content?

  struct Content {
    let status: Int
    let keepsAlive: Bool
    let count: Int
    var sent = 0
    /// Told when the system has taken the last piece, or never will.
    var waiter: ((Bool) -> Void)?
  }

  /// Puts HTTP on a connection that was just accepted.
  public init(_ connection: Connection, _ service: any HTTPService, _ options: HTTPServingOptions) {
    self.connection = connection
    self.service = service
    self.options = options
    decoder = HTTPRequestDecoder(limits: options.limits)
    connection.setDeadline(after: options.requestTimeout)
    if let limit = options.connectionLimit { admit(connection, limit) }
  }

  /// Takes a place for the address of the peer, or closes the connection as soon as it has begun.
  private func admit(_ connection: Connection, _ limit: AddressLimit) {
    guard !options.trustedProxies.trusts(connection) else { return }
    if limit.enter(connection.remoteAddress) {
      connection.companion = AddressPlace(limit, connection.remoteAddress)
    } else {
      isDetached = true
      connection.executor.post { connection.abort() }
    }
  }

  // MARK: Bytes in

  /// Decodes requests; while one is being answered the bytes of the next are kept.
  public func received(_ bytes: inout MutableRawSpan) {
    guard isReadyToDecode else {
      keep(bytes.bytes)
      return
    }
    decode(bytes.bytes)
  }

  /// Whether the decoder may go on: no request waits for its answer with its body complete.
  private var isReadyToDecode: Bool { !isDetached && (!isExchanging || !isRequestComplete) }

  private func keep(_ bytes: RawSpan) {
    bytes.withUnsafeBytes { backlog.append(contentsOf: $0) }
    if backlog.count > options.maxPipelinedBytes { connection.pauseReading() }
  }

  private func decode(_ bytes: RawSpan) {
    var offset = 0
    do throws(HTTPError) {
      while isReadyToDecode, connection.isOpen {
        if hasAnswered { reclaim() }
        guard let event = try decoder.next(in: bytes, from: &offset) else { break }
        hasMoreInput = offset < bytes.byteCount
        switch event {
        case .head: begin()
        case .body(let range): append(bytes.extracting(range))
        case .end: complete()
        }
      }
    } catch {
      hasMoreInput = false
      refuse(error)
      return
    }
    hasMoreInput = false
    guard offset < bytes.byteCount else { return }
    keep(bytes.extracting(offset..<bytes.byteCount))
    if isDetached, let handler = connection.currentHandler, handler !== self { deliverBacklog(to: handler) }
  }

  /// Makes the last exchange ready for the next request, if nobody else holds it.
  private func reclaim() {
    hasAnswered = false
    if isKnownUniquelyReferenced(&kept) {
      if let head = kept?.reset() { decoder.reuse(head) }
    } else {
      // It is over for whoever holds it.
      kept?.owner = nil
      kept = nil
    }
  }

  private func begin() {
    guard let head = decoder.takeHead() else { return }
    let exchange: HTTPExchange
    if let kept {
      exchange = kept
      exchange.begin(head)
    } else {
      exchange = HTTPExchange(head, owner: self)
      kept = exchange
    }
    isExchanging = true
    if options.accessLog != nil, let client = exchange.client {
      exchange.logEntry = AccessLog.Entry(head: head, client: client, start: .now)
    }
    isRequestComplete = false
    disposition = service.begin(head, exchange)
    switch disposition {
    case .collect(let limit):
      decoder.maxBodyBytes = limit
      if let length = head.contentLength, length > limit {
        refuse(exchange, status: 413)
      } else if head.expectsContinue {
        connection.write("HTTP/1.1 100 Continue\r\n\r\n".utf8Span.span.bytes)
      }
    case .discard: decoder.maxBodyBytes = options.limits.maxBodyBytes
    case .detached: break
    }
  }

  private func append(_ bytes: RawSpan) {
    guard case .collect = disposition, let exchange, !exchange.isAnswered else { return }
    if exchange.body.isEmpty, let length = exchange.head.contentLength {
      exchange.body.reserveCapacity(min(length, 65_536))
    }
    bytes.withUnsafeBytes { exchange.body.append(contentsOf: $0) }
  }

  private func complete() {
    isRequestComplete = true
    guard let exchange else { return }
    if exchange.isAnswered {
      guard content == nil else { return }
      leave()
      armDeadline()
      return
    }
    // How long the answer takes is the business of whoever gives it.
    connection.setDeadline(after: nil)
    if case .collect = disposition { service.handle(exchange, body: exchange.body) }
  }

  /// The exchange is over.
  func leave() {
    isExchanging = false
    hasAnswered = true
  }

  func armDeadline() {
    connection.setDeadline(after: backlog.isEmpty ? options.keepAliveTimeout : options.requestTimeout)
  }

  func resume() {
    guard isReadyToDecode, !backlog.isEmpty, connection.isOpen else { return }
    let bytes = backlog
    backlog = []
    connection.resumeReading()
    decode(bytes.span.bytes)
    if isPeerEnded, !isExchanging || !isRequestComplete { connection.close() }
    connection.flush()
  }

  // MARK: Leaving HTTP

  func detach() -> Connection {
    isDetached = true
    isExchanging = false
    kept = nil
    connection.setDeadline(after: nil)
    return connection
  }

  /// Gives the new handler what came behind the request that took the connection over.
  func deliverBacklog(to handler: any ConnectionHandler) {
    guard !backlog.isEmpty else { return }
    var bytes = backlog
    backlog = []
    if bytes.count > options.maxPipelinedBytes { handler.connection.resumeReading() }
    bytes.withUnsafeMutableBytes { raw in
      var span = MutableRawSpan(_unsafeBytes: raw)
      handler.received(&span)
    }
    handler.connection.flush()
  }

  // MARK: The end

  /// A peer that ends its side still gets the answer it waits for.
  public func ended() {
    isPeerEnded = true
    if content != nil { return }
    if backlog.isEmpty, !isExchanging || !isRequestComplete || exchange?.isAnswered == true {
      connection.close()
    } else if let context = exchange?.context, context.endsWithClient {
      // A long poll whose client has hung up would wait for an answer that nobody reads.
      connection.close()
    }
  }

  /// Tells whoever still works on an answer.
  public func closed(_ reason: CloseReason) {
    closeReason = reason
    if let content {
      self.content = nil
      if let exchange { log(exchange, content.status, content.sent) }
      content.waiter?(false)
    }
    let context = exchange?.context
    exchange?.close()
    isExchanging = false
    kept?.owner = nil
    kept = nil
    let lost = answerLost
    answerLost = nil
    context?.aborted()
    if reason.losesAnswers { lost?() }
  }
}

extension CloseReason {
  /// Whether a connection that ends so may not have sent all of its answers.
  var losesAnswers: Bool {
    switch self {
    case .local, .peer: false
    default: true
    }
  }
}
