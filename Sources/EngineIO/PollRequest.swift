internal import AsyncModes
internal import EngineIOCodec
internal import HTTPCodec
internal import HTTPServing
internal import Logging

/// A GET or POST of a polling client. It arrives on the executor of its connection and may be served on another one,
/// where the session lives.
final class PollRequest: HTTPExchangeContext, @unchecked Sendable {
  // @unchecked: what changes is touched only on the connection's executor, before the request is handed on.

  /// What is to be done about the request when it has come as a whole.
  enum Action {
    case refused
    case preflight
    case handshake(EngineIORevision)
    case connect(EngineIORevision)
    case poll, post
    case upgrade(EngineIOSessionID)
  }

  private let exchange: HTTPExchange
  let query: EngineIOQuery
  /// What is kept for the executor on which the request is served.
  let context: EngineContext
  /// The session, if it lives on the executor of the connection.
  let session: EngineSession?
  @exclusivity(unchecked) var action = Action.refused
  /// Header fields for the answer, in wire form, that do not depend on its content: for cross-origin requests, the
  /// cookie, and what the application adds.
  @exclusivity(unchecked) private(set) var fields: [UInt8] = []

  init(_ exchange: HTTPExchange, _ query: EngineIOQuery, _ context: EngineContext) {
    self.exchange = exchange
    self.query = query
    self.context = context
    if context.executor === exchange.executor, let id = query.session ?? nil {
      session = context.sessions[id]
    } else {
      session = nil
    }
  }

  private var configuration: EngineConfiguration { context.server.configuration }

  /// Whether the connection is on the executor on which the request is served.
  var isAtHome: Bool { context.executor === exchange.executor }

  /// The request as the application sees it.
  var asked: EngineRequest { EngineRequest(exchange) }

  /// Adds header fields that are in wire form already.
  func add(fields more: [UInt8]) { fields += more }

  /// Adds header fields of the application to the answer.
  func add(_ fields: [EngineHeaderField]) {
    for field in fields {
      guard HTTPResponseEncoder.isValid(name: field.name, value: field.value) else {
        configuration.logger.warning(
          "responseHeaders gave a field that cannot be sent", metadata: ["name": "\(field.name)"])
        continue
      }
      self.fields += "\(field.name): \(field.value)\r\n".utf8
    }
  }

  /// Sets the cookie, if there is to be one.
  func add(cookieFor id: EngineIOSessionID) {
    guard let cookie = configuration.cookie else { return }
    var value: [UInt8] = []
    id.append(to: &value)
    fields += cookie.field(value: String(decoding: value, as: UTF8.self)).utf8
  }

  private static let textFields: StaticString = "Content-Type: text/plain; charset=UTF-8\r\nCache-Control: no-store\r\n"
  private static let binaryFields: StaticString =
    "Content-Type: application/octet-stream\r\nCache-Control: no-store\r\n"
  private static let scriptFields: StaticString =
    "Content-Type: text/javascript; charset=UTF-8\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
  private static let jsonFields: StaticString = "Content-Type: application/json\r\nCache-Control: no-store\r\n"
  private static let htmlFields: StaticString = "Content-Type: text/html\r\nCache-Control: no-store\r\n"

  /// Whether the connection is still there, as far as this executor can tell.
  var isOpen: Bool { !exchange.executor.isCurrent || exchange.isOpen }

  // MARK: HTTPExchangeContext

  /// A poll waits for what only its client would read; everything else is answered at once or is to be answered.
  var endsWithClient: Bool {
    switch action {
    case .poll, .post: true
    default: false
    }
  }

  /// The client has hung up before it was answered.
  func aborted() {
    switch action {
    case .poll: context.executor.execute { [self] in context.session(of: self)?.pollAborted(self) }
    case .post: context.executor.execute { [self] in context.session(of: self)?.postAborted() }
    default: break
    }
  }

  private func respond(_ status: Int, _ type: StaticString, _ body: borrowing RawSpan) {
    if exchange.executor.isCurrent { send(status, type, body) } else { forward(status, type, body) }
  }

  @inline(never)
  private func forward(_ status: Int, _ type: StaticString, _ body: borrowing RawSpan) {
    let copy = body.withUnsafeBytes { Array($0) }
    exchange.executor.post { [self] in send(status, type, copy.span.bytes) }
  }

  private func send(_ status: Int, _ type: StaticString, _ body: borrowing RawSpan) {
    withFields(type) { exchange.respond(status: status, fields: $0, body: body) }
  }

  /// Answers a GET with encoded packets, and says what became of the answer. For a connection of this executor.
  ///
  /// - Parameter payload: is sent as it is, within a script, or compressed if it is long enough and the client accepts that.
  func respond(payload: [UInt8], isBinary: Bool) -> HTTPExchange.AnswerState {
    guard needsNoDressing(payload) else {
      let (type, body) = dress(payload, isBinary)
      return answer(type, body)
    }
    return answer(isBinary ? Self.binaryFields : Self.textFields, payload)
  }

  /// Answers a GET whose connection is on another executor.
  ///
  /// - Parameter delivery: is put back if the connection ends before the payload is written.
  func forward(payload: [UInt8], isBinary: Bool, _ delivery: PollDelivery) {
    let (type, body) = dress(payload, isBinary)
    exchange.executor.post { [self] in
      switch answer(type, body) {
      case .taken: break
      case .waiting: watch(delivery)
      case .lost: delivery.putBack()
      }
    }
  }

  /// Puts packets back if the connection ends before the answer that was just given is written.
  func watch(_ delivery: PollDelivery) { exchange.watchAnswer { delivery.putBack() } }

  /// Whether a payload is sent as it is.
  private func needsNoDressing(_ payload: [UInt8]) -> Bool {
    query.jsonpIndex == nil && payload.count < context.httpCompression?.threshold ?? .max
  }

  /// Puts a payload into a script, or compresses it, as the client wants it.
  private func dress(_ payload: [UInt8], _ isBinary: Bool) -> (type: StaticString, body: [UInt8]) {
    var body = payload
    var type = isBinary ? Self.binaryFields : Self.textFields
    if let index = query.jsonpIndex {
      body = []
      EngineIOPayload.appendJSONP(index: index, payload.span.bytes, to: &body)
      type = Self.scriptFields
    }
    if let compression = context.httpCompression, body.count >= compression.threshold { compress(&body) }
    return (type, body)
  }

  private func compress(_ body: inout [UInt8]) {
    fields += "Vary: Accept-Encoding\r\n".utf8
    guard let accepted = exchange.head.value("accept-encoding"), let coding = HTTPContentCoding.choose(accepted),
      let compressed = context.compressor.compress(body.span.bytes, coding)
    else { return }
    body = compressed
    coding.field.withUTF8Buffer { fields += $0 }
  }

  private func answer(_ type: StaticString, _ body: [UInt8]) -> HTTPExchange.AnswerState {
    withFields(type) { exchange.respondNow(status: 200, fields: $0, body: body.span.bytes) }
  }

  /// All header fields of the answer in wire form.
  private func withFields<Result>(_ type: StaticString, _ body: (borrowing RawSpan) -> Result) -> Result {
    type.withUTF8Buffer { type in
      guard !fields.isEmpty else { return body(type.span.bytes) }
      let all = Array(type) + fields
      return body(all.span.bytes)
    }
  }

  /// Answers a GET with one packet that has no content, such as noop or close.
  func respond(control type: UInt8, _ revision: EngineIORevision) {
    switch revision {
    case .v4: respond(control: [type])
    case .v3: respond(control: [UInt8(ascii: "1"), UInt8(ascii: ":"), type])
    }
  }

  private func respond(control payload: [UInt8]) {
    guard let index = query.jsonpIndex else { return respond(200, Self.textFields, payload.span.bytes) }
    var script: [UInt8] = []
    EngineIOPayload.appendJSONP(index: index, payload.span.bytes, to: &script)
    respond(200, Self.scriptFields, script.span.bytes)
  }

  /// Answers the question of a browser whether it may send a request across origins.
  func answerPreflight() { respond(204, Self.htmlFields, "".utf8Span.span.bytes) }

  /// Answers a POST.
  func acknowledge() { respond(200, Self.htmlFields, "ok".utf8Span.span.bytes) }

  /// Refuses the request with one of the errors of the protocol.
  ///
  /// - Parameters:
  ///   - status: another status than the error's own.
  ///   - message: another text than the error's own.
  func refuse(_ error: EngineIORequestError, status: Int? = nil, message: String? = nil) {
    configuration.logger.debug(
      "a request was refused", metadata: ["code": "\(error.rawValue)", "message": "\(message ?? "\(error)")"])
    if let message {
      respondRefusal(status ?? error.status, Self.jsonFields, error.body(message: message).span.bytes)
    } else {
      error.body.withUTF8Buffer { respondRefusal(status ?? error.status, Self.jsonFields, $0.span.bytes) }
    }
  }

  /// Refuses the request without a body.
  func refuse(status: Int) { respondRefusal(status, Self.htmlFields, "".utf8Span.span.bytes) }

  private func respondRefusal(_ status: Int, _ type: StaticString, _ body: borrowing RawSpan) {
    // Whichever executor this is: its own counters are counted up.
    for context in context.server.contexts where context.executor.isCurrent { context.counters.refusedRequests += 1 }
    respond(status, type, body)
  }
}
