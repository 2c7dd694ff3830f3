internal import AsyncModes
internal import EngineIOCodec
internal import HTTPCodec
internal import HTTPServing
internal import Logging

/// A GET or POST of a polling client. It arrives on the executor of its connection and may be served on another one,
/// where the session lives.
final class PollRequest: HTTPExchangeContext, @unchecked Sendable {
  // @unchecked: immutable but for `exchange`, `action`, `session` and `fields`, which are touched only on the connection's executor
  // until the request is handed on.

  /// What is to be done about the request when it has come as a whole.
  enum Action {
    case refused
    case preflight
    case handshake(EngineContext, EngineIORevision)
    case connect(EngineContext, EngineIORevision)
    case poll(EngineContext, EngineIOSessionID)
    case post(EngineContext, EngineIOSessionID)
    case upgrade(EngineContext, EngineIOSessionID)
  }

  private let exchange: HTTPExchange
  /// Set while the head is looked at, on the connection's executor.
  @exclusivity(unchecked) var action = Action.refused
  /// The session, if it lives on the executor of the connection.
  @exclusivity(unchecked) var session: EngineSession?
  let query: EngineIOQuery
  private let server: EngineServer
  /// Header fields for the answer, in wire form, that do not depend on its content: for cross-origin requests, the
  /// cookie, and what the application adds.
  @exclusivity(unchecked) private(set) var fields: [UInt8]

  init(_ exchange: HTTPExchange, _ query: EngineIOQuery, _ server: EngineServer, fields: [UInt8]) {
    self.exchange = exchange
    self.query = query
    self.server = server
    self.fields = fields
  }

  /// Adds header fields of the application to the answer.
  func add(_ fields: [EngineHeaderField]) {
    for field in fields {
      guard HTTPResponseEncoder.isValid(name: field.name, value: field.value) else {
        server.configuration.logger.warning(
          "responseHeaders gave a field that cannot be sent", metadata: ["name": "\(field.name)"])
        continue
      }
      self.fields += "\(field.name): \(field.value)\r\n".utf8
    }
  }

  /// Sets the cookie, if there is to be one.
  func add(cookieFor id: EngineIOSessionID) {
    guard let cookie = server.configuration.cookie else { return }
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
    case .poll(let context, let id):
      context.executor.execute { [self] in context.session(id, of: self)?.pollAborted(self) }
    case .post(let context, let id):
      context.executor.execute { [self] in context.session(id, of: self)?.postAborted() }
    default: break
    }
  }

  private func respond(_ status: Int, _ type: StaticString, _ body: borrowing RawSpan) {
    if exchange.executor.isCurrent {
      send(status, type, body)
    } else {
      let copy = body.withUnsafeBytes { Array($0) }
      exchange.executor.post { [self] in send(status, type, copy.span.bytes) }
    }
  }

  private func send(_ status: Int, _ type: StaticString, _ body: borrowing RawSpan) {
    type.withUTF8Buffer { type in
      if fields.isEmpty {
        exchange.respond(status: status, fields: type.span.bytes, body: body)
      } else {
        let all = Array(type) + fields
        exchange.respond(status: status, fields: all.span.bytes, body: body)
      }
    }
  }

  /// Answers a GET with encoded packets.
  ///
  /// - Parameters:
  ///   - delivery: is put back if the connection ends before the payload is written.
  ///   - context: of this executor; its compressor compresses what is long enough, if the client accepts that.
  func respond(payload: [UInt8], isBinary: Bool, _ delivery: PollDelivery, _ context: EngineContext) {
    var body = payload
    var type = isBinary ? Self.binaryFields : Self.textFields
    if let index = query.jsonpIndex {
      body = []
      EngineIOPayload.appendJSONP(index: index, payload.span.bytes, to: &body)
      type = Self.scriptFields
    }
    var fields = fields
    if let compression = context.httpCompression, body.count >= compression.threshold {
      fields += "Vary: Accept-Encoding\r\n".utf8
      if let accepted = exchange.head.value("accept-encoding"), let coding = HTTPContentCoding.choose(accepted),
        let compressed = context.compressor.compress(body.span.bytes, coding)
      {
        body = compressed
        coding.field.withUTF8Buffer { fields += $0 }
      }
    }
    let answer = Answer(type: type, fields: fields, body: body, delivery: delivery)
    if exchange.executor.isCurrent {
      answer.send(exchange)
    } else {
      exchange.executor.post { [exchange] in answer.send(exchange) }
    }
  }

  /// An answer with packets.
  private struct Answer: Sendable {
    let type: StaticString
    let fields: [UInt8]
    let body: [UInt8]
    let delivery: PollDelivery

    func send(_ exchange: HTTPExchange) {
      let state = type.withUTF8Buffer { type in
        guard !fields.isEmpty else {
          return exchange.respondNow(status: 200, fields: type.span.bytes, body: body.span.bytes)
        }
        let all = Array(type) + fields
        return exchange.respondNow(status: 200, fields: all.span.bytes, body: body.span.bytes)
      }
      switch state {
      case .taken: break
      case .waiting: exchange.watchAnswer { [delivery] in delivery.putBack() }
      case .lost: delivery.putBack()
      }
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
    server.configuration.logger.debug(
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
    for context in server.contexts where context.executor.isCurrent { context.counters.refusedRequests += 1 }
    respond(status, type, body)
  }
}
