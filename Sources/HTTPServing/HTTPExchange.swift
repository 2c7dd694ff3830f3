public import AsyncModes
public import HTTPCodec

/// What a service remembers of a request.
public protocol HTTPExchangeContext: AnyObject {
  /// Whether nobody waits for the answer any more once the client has ended its side, as with a long poll.
  var endsWithClient: Bool { get }
  /// The connection is lost before the exchange was answered; called once.
  func aborted()
}

/// One request and the answer to it; lives on the executor of its connection.
public final class HTTPExchange: @unchecked Sendable {
  // @unchecked: confined to `executor`.

  /// The request.
  public var head: HTTPRequestHead {
    guard let request else { preconditionFailure("an exchange that waits for a request is nobody's") }
    return request
  }
  /// The executor that the exchange is to be answered on.
  public let executor: IOExecutor
  /// What the service wants to remember until it has answered, and whom it tells if that will not be.
  @exclusivity(unchecked) public private(set) var context: (any HTTPExchangeContext)?
  /// The service that takes the body, if it is another one than the server's; it is named anew for each request.
  @exclusivity(unchecked) public private(set) var service: (any HTTPService)?
  /// The connection; `nil` when it is lost.
  @exclusivity(unchecked) var owner: HTTPConnection?
  @exclusivity(unchecked) var body: [UInt8] = []
  /// The head; `nil` only while the exchange waits for the next request.
  @exclusivity(unchecked) private var request: HTTPRequestHead?
  /// The form of the request.
  @exclusivity(unchecked) private(set) var form: HTTPRequestForm
  /// Whether the answer has been given.
  @exclusivity(unchecked) public internal(set) var isAnswered = false
  /// What is known of the request for the access log, if there is one.
  @exclusivity(unchecked) var logEntry: AccessLog.Entry?

  init(_ head: HTTPRequestHead, owner: HTTPConnection) {
    self.owner = owner
    executor = owner.connection.executor
    request = head
    form = HTTPRequestForm(head)
  }

  /// Bodies that are longer, in bytes, give their memory back.
  private static let maxReusedBytes = 1024

  /// Remembers something until the request is answered, and whom to tell if that will not be.
  public func remember(_ context: any HTTPExchangeContext) { self.context = context }

  /// Has the body taken by another service than the server's.
  public func hand(to service: any HTTPService) {
    // Mostly the one that served the last request of the connection.
    if self.service !== service { self.service = service }
  }

  /// Lets go of what was answered, so that the exchange can serve the next request of its connection.
  ///
  /// - Returns: the head of what was answered.
  func reset() -> HTTPRequestHead? {
    if body.capacity <= Self.maxReusedBytes { body.removeAll(keepingCapacity: true) } else { body = [] }
    isAnswered = false
    if logEntry != nil { logEntry = nil }
    return request.take()
  }

  /// Begins with the next request of the connection.
  func begin(_ head: HTTPRequestHead) {
    request = head
    form = HTTPRequestForm(head)
  }

  /// Who sent the request: told by the connection, or by a proxy that is trusted. `nil` if the connection is lost.
  public var client: HTTPClient? { owner.map { HTTPClient(head, $0.connection, $0.options.trustedProxies) } }

  /// What was agreed on with the peer over TLS, or `nil` without it.
  public var tls: TLSInfo? { owner?.connection.tls }

  /// The address of the client; see ``HTTPServingOptions/trustedProxies``.
  public var remoteAddress: SocketAddress? {
    guard let owner else { return nil }
    return owner.options.trustedProxies.isEmpty ? owner.connection.remoteAddress : client?.address
  }

  /// Whether the connection is still there to be answered on.
  public var isOpen: Bool { !isAnswered && owner != nil }

  /// Answers the request.
  ///
  /// - Parameters:
  ///   - status: the status code.
  ///   - fields: header fields in wire form, each line ended by CRLF and checked by the caller.
  ///   - body: the content; its length is announced, and HEAD requests are answered without it.
  public func respond(status: Int, fields: borrowing RawSpan, body: borrowing RawSpan) {
    guard !isAnswered else { return }
    close()
    owner?.respond(self, status: status, fields: fields, body: body)
  }

  /// What has become of an answer.
  public enum AnswerState {
    /// The system has taken all of it.
    case taken
    /// Some of it still has to be written: ``watchAnswer(_:)`` tells if that will not be.
    case waiting
    /// It was not sent, or the connection has ended before the system had taken all of it.
    case lost
  }

  /// Answers the request at once, instead of at the end of the executor's turn, and says what became of the answer.
  public func respondNow(status: Int, fields: borrowing RawSpan, body: borrowing RawSpan) -> AnswerState {
    guard !isAnswered, let owner else { return .lost }
    close()
    owner.respond(self, status: status, fields: fields, body: body)
    return owner.flushAnswer()
  }

  /// Watches an answer that is ``AnswerState/waiting``; to be called at once, if at all.
  ///
  /// - Parameter lost: called once if the connection ends before the system has taken all of the answer.
  public func watchAnswer(_ lost: @escaping () -> Void) { owner?.watchAnswer(lost) }

  /// Begins an answer whose content comes in pieces, with ``send(_:then:)``.
  ///
  /// - Parameters:
  ///   - status: the status code.
  ///   - fields: header fields in wire form, each line ended by CRLF and checked by the caller.
  ///   - count: the length of the whole content in bytes.
  /// - Returns: whether the content is wanted: not if it is empty, the request is HEAD, or the client is gone.
  public func begin(status: Int, fields: borrowing RawSpan, count: Int) -> Bool {
    guard !isAnswered, let owner else { return false }
    close()
    return owner.begin(self, status: status, fields: fields, count: count)
  }

  /// Sends the next piece of the content that ``begin(status:fields:count:)`` has announced.
  ///
  /// - Parameters:
  ///   - piece: not more than what is still to come.
  ///   - then: called once, now or later, with whether the system has taken it and the next is wanted. The client may
  ///     take up to ``HTTPServingOptions/keepAliveTimeout`` for each piece.
  public func send(_ piece: SharedBytes, then: @escaping (Bool) -> Void) {
    guard let owner else { return then(false) }
    owner.send(piece, then)
  }

  /// Breaks the connection off: the content that was announced cannot be had.
  public func abort() { owner?.connection.abort() }

  /// Sends what was answered now, instead of at the end of the executor's turn.
  public func flush() { owner?.connection.flush() }

  /// Answers the request with a short text.
  public func respond(status: Int, contentType: StaticString = "text/plain; charset=UTF-8", text: String = "") {
    let type = "Content-Type: \(contentType)\r\n"
    respond(status: status, fields: type.utf8Span.span.bytes, body: text.utf8Span.span.bytes)
  }

  // MARK: Leaving HTTP

  /// Takes the connection out of HTTP: whoever calls this writes the answer and then calls ``hand(_:to:)``.
  ///
  /// - Returns: the connection, or `nil` if it is lost.
  public func detach() -> Connection? {
    guard !isAnswered, let owner else { return nil }
    close()
    return owner.detach()
  }

  /// Nothing more is to come: forgets what was kept for the answer, which may refer to this exchange in turn.
  func close() {
    isAnswered = true
    context = nil
  }

  /// Writes the line of the access log for an answer that was given to the detached connection.
  ///
  /// - Parameter status: 101 if the protocol was switched.
  public func logSwitch(status: Int = 101) {
    guard let entry = logEntry else { return }
    owner?.options.accessLog?.write(entry, status: status, bodyBytes: nil)
  }

  /// Gives a connection that was taken out of HTTP its new handler, and the handler what has come for it already.
  public func hand(_ connection: Connection, to handler: any ConnectionHandler) {
    connection.setHandler(handler)
    let former = owner
    owner = nil
    former?.deliverBacklog(to: handler)
  }

  /// Takes the connection out of HTTP and to another executor.
  ///
  /// - Parameter arrived: called on the other executor; writes the answer and returns the handler for what follows.
  public func move(to destination: IOExecutor, _ arrived: @escaping @Sendable (Connection) -> any ConnectionHandler) {
    guard let owner, let connection = detach() else { return }
    self.owner = nil
    connection.move(to: destination) { connection in
      let handler = arrived(connection)
      connection.executor.post { [box = Confined(handler)] in owner.deliverBacklog(to: box.value) }
      return handler
    }
  }
}
