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
  @exclusivity(unchecked) private var exchange: HTTPExchange?
  /// The exchange that was answered last: it serves the next request, unless somebody still holds it.
  @exclusivity(unchecked) private var former: HTTPExchange?
  @exclusivity(unchecked) private var disposition = HTTPBodyDisposition.discard
  private var bodyLimit = 0
  @exclusivity(unchecked) private var isRequestComplete = true
  private var isDetached = false
  private var isPeerEnded = false
  /// Whether what is being decoded goes on behind the event that is at hand.
  private var hasMoreInput = false
  @exclusivity(unchecked) private var backlog: [UInt8] = []
  /// Why the connection has ended, once it has.
  private var closeReason: CloseReason?
  /// Told if the connection ends before the answer is written.
  @exclusivity(unchecked) private var answerLost: (() -> Void)?
  /// The answer whose content is being sent piece by piece.
  @exclusivity(unchecked) private var content: Content?

  private struct Content {
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
  private var isReadyToDecode: Bool { !isDetached && (exchange == nil || !isRequestComplete) }

  private func keep(_ bytes: RawSpan) {
    bytes.withUnsafeBytes { backlog.append(contentsOf: $0) }
    if backlog.count > options.maxPipelinedBytes { connection.pauseReading() }
  }

  private func decode(_ bytes: RawSpan) {
    var offset = 0
    do throws(HTTPError) {
      while isReadyToDecode, connection.isOpen {
        if exchange == nil { reclaim() }
        let event = try decoder.next(in: bytes, from: &offset)
        guard let event else { break }
        hasMoreInput = offset < bytes.byteCount
        switch event {
        case .head(let head): begin(head)
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

  /// Makes the last exchange and its head ready for the next request, if nobody else holds them.
  private func reclaim() {
    guard former != nil else { return }
    if isKnownUniquelyReferenced(&former) {
      if let head = former?.reset() { decoder.reuse(head) }
    } else {
      former = nil
    }
  }

  private func begin(_ head: HTTPRequestHead) {
    let exchange = former ?? HTTPExchange(owner: self)
    former = nil
    exchange.request = head
    self.exchange = exchange
    if options.accessLog != nil, let client = exchange.client {
      exchange.logEntry = AccessLog.Entry(head: head, client: client, start: .now)
    }
    isRequestComplete = false
    disposition = service.begin(head, exchange)
    switch disposition {
    case .collect(let limit):
      bodyLimit = limit
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
      leave(exchange)
      armDeadline()
      return
    }
    // How long the answer takes is the business of whoever gives it.
    connection.setDeadline(after: nil)
    if case .collect = disposition { service.handle(exchange, body: exchange.body) }
  }

  /// The exchange is over.
  private func leave(_ exchange: HTTPExchange) {
    former = exchange
    self.exchange = nil
  }

  private func armDeadline() {
    connection.setDeadline(after: backlog.isEmpty ? options.keepAliveTimeout : options.requestTimeout)
  }

  // MARK: Answers

  /// Whether there may be a further request: the peer has not ended its side, or has sent more before.
  private var mayGoOn: Bool { !isPeerEnded || hasMoreInput || !backlog.isEmpty }

  func respond(_ exchange: HTTPExchange, status: Int, fields: borrowing RawSpan, body: borrowing RawSpan) {
    let keepsAlive = exchange.head.isKeepAlive && mayGoOn && connection.isOpen
    HTTPResponseEncoder.withHead(
      status: status, fields: fields, date: DateField.now, bodyCount: body.byteCount, to: exchange.head,
      keepsAlive: keepsAlive
    ) { connection.write($0) }
    if HTTPResponseEncoder.hasBody(status: status, to: exchange.head) { connection.write(body) }
    finish(exchange, status, body.byteCount, keepsAlive)
  }

  /// The answer is written: goes on with the next request.
  private func finish(_ exchange: HTTPExchange, _ status: Int, _ bodyBytes: Int, _ keepsAlive: Bool) {
    log(exchange, status, bodyBytes)
    guard keepsAlive else {
      connection.close()
      return
    }
    guard isRequestComplete else { return }
    leave(exchange)
    armDeadline()
    if !backlog.isEmpty {
      // Answered within `received` or later: what was kept is decoded in a job of its own, so the stack stays flat.
      connection.executor.post { [self] in resume() }
    }
  }

  func begin(_ exchange: HTTPExchange, status: Int, fields: borrowing RawSpan, count: Int) -> Bool {
    let keepsAlive = exchange.head.isKeepAlive && mayGoOn && connection.isOpen
    HTTPResponseEncoder.withHead(
      status: status, fields: fields, date: DateField.now, bodyCount: count, to: exchange.head, keepsAlive: keepsAlive
    ) { connection.write($0) }
    guard count > 0, HTTPResponseEncoder.hasBody(status: status, to: exchange.head) else {
      finish(exchange, status, 0, keepsAlive)
      connection.flush()
      return false
    }
    content = Content(status: status, keepsAlive: keepsAlive, count: count)
    return true
  }

  func send(_ piece: SharedBytes, _ then: @escaping (Bool) -> Void) {
    guard var content, content.waiter == nil, let exchange, connection.isOpen else { return then(false) }
    precondition(piece.count <= content.count - content.sent, "more content is sent than was announced")
    content.sent += piece.count
    connection.write(piece)
    connection.flush()
    if content.sent == content.count {
      self.content = nil
      then(connection.isOpen)
      finish(exchange, content.status, content.count, content.keepsAlive && mayGoOn)
      connection.flush()
    } else if connection.pendingBytes > 0, connection.isOpen {
      content.waiter = then
      self.content = content
      connection.setDeadline(after: options.keepAliveTimeout)
    } else {
      self.content = content
      then(connection.isOpen)
    }
  }

  @inline(__always)
  private func log(_ exchange: HTTPExchange, _ status: Int, _ bodyBytes: Int?) {
    guard let entry = exchange.logEntry else { return }
    options.accessLog?.write(entry, status: status, bodyBytes: bodyBytes)
  }

  /// Sends the answer that was just given, and says what has become of it.
  func flushAnswer() -> HTTPExchange.AnswerState {
    connection.flush()
    if let closeReason { return closeReason.losesAnswers ? .lost : .taken }
    // A connection that has just failed is about to say so.
    guard connection.pendingBytes == 0, connection.currentHandler === self else { return .waiting }
    answerLost = nil
    return .taken
  }

  /// Calls `lost` if the connection ends before the answer that was just given is written.
  func watchAnswer(_ lost: @escaping () -> Void) {
    if let earlier = answerLost {
      answerLost = {
        earlier()
        lost()
      }
    } else {
      answerLost = lost
    }
  }

  /// Everything is written.
  public func drained() {
    answerLost = nil
    guard let waiter = content?.waiter else { return }
    content?.waiter = nil
    connection.setDeadline(after: nil)
    waiter(true)
  }

  private func resume() {
    guard isReadyToDecode, !backlog.isEmpty, connection.isOpen else { return }
    let bytes = backlog
    backlog = []
    connection.resumeReading()
    decode(bytes.span.bytes)
    if isPeerEnded, exchange == nil || !isRequestComplete { connection.close() }
    connection.flush()
  }

  private func refuse(_ error: HTTPError) {
    if let exchange, !exchange.isAnswered {
      refuse(exchange, status: error.status)
      return
    }
    if exchange != nil {
      // What is wrong lies in the content of a request that has its answer: a second one would confuse the client.
      connection.close()
      return
    }
    var out: [UInt8] = []
    HTTPResponseEncoder.appendError(status: error.status, date: DateField.now, message: error.message, into: &out)
    connection.write(out.span.bytes)
    options.accessLog?.write(malformedFrom: connection.remoteAddress, status: error.status)
    connection.close()
  }

  private func refuse(_ exchange: HTTPExchange, status: Int) {
    let context = exchange.context
    exchange.close()
    context?.aborted()
    var out: [UInt8] = []
    HTTPResponseEncoder.appendError(status: status, date: DateField.now, message: "", into: &out)
    connection.write(out.span.bytes)
    log(exchange, status, 0)
    connection.close()
  }

  func detach() -> Connection {
    isDetached = true
    exchange = nil
    former = nil
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
    if backlog.isEmpty, exchange == nil || !isRequestComplete || exchange?.isAnswered == true {
      connection.close()
    } else if let context = exchange?.context, context.endsWithClient {
      // A long poll whose client has hung up would wait for an answer that nobody reads.
      connection.close()
    }
  }

  /// Tells whoever still works on an answer.
  public func closed(_ reason: CloseReason) {
    closeReason = reason
    former = nil
    if let content {
      self.content = nil
      if let exchange { log(exchange, content.status, content.sent) }
      content.waiter?(false)
    }
    let context = exchange?.context
    exchange?.close()
    exchange?.owner = nil
    exchange = nil
    let lost = answerLost
    answerLost = nil
    context?.aborted()
    if reason.losesAnswers { lost?() }
  }
}

extension CloseReason {
  /// Whether a connection that ends so may not have sent all of its answers.
  fileprivate var losesAnswers: Bool {
    switch self {
    case .local, .peer: false
    default: true
    }
  }
}
