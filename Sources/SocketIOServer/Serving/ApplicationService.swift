internal import AsyncModes
internal import HTTPCodec
internal import HTTPServing
internal import HTTPTypes
internal import Logging

/// Lets an ``HTTPApplication`` answer requests.
final class ApplicationService: HTTPService {
  private let application: (any HTTPApplication)?
  private let mode: any AsyncMode
  private let options: SocketIOOptions

  init(_ application: (any HTTPApplication)?, mode: any AsyncMode, _ options: SocketIOOptions) {
    self.application = application
    self.mode = mode
    self.options = options
  }

  func begin(_ head: HTTPRequestHead, _ exchange: HTTPExchange) -> HTTPBodyDisposition {
    guard application != nil else {
      exchange.respond(status: 404, text: "Not found\n")
      return .discard
    }
    return .collect(limit: options.http.limits.maxBodyBytes)
  }

  func handle(_ exchange: HTTPExchange, body: [UInt8]) {
    guard let application, let request = makeRequest(exchange, body) else {
      exchange.respond(status: 400, text: "the request cannot be expressed\n")
      return
    }
    let (logger, isDebugging) = (options.logger, options.debug)
    mode.startTask(on: exchange.executor) {
      var answer: ApplicationResponse
      do {
        answer = try await application.respond(to: request)
      } catch {
        logger.error("the application failed on \(request.path): \(error)")
        answer = ApplicationResponse(
          status: .internalServerError,
          text: isDebugging
            ? "Internal server error: \(String(reflecting: error)) in \(request.request.method) \(request.path)\n"
            : "Internal server error\n")
      }
      if let stream = answer.stream, stream.count < 0 {
        logger.error("the application failed on \(request.path): its content is \(stream.count) bytes long")
        answer = ApplicationResponse(status: .internalServerError, text: "Internal server error\n")
      }
      let status = answer.response.status.code
      let fields = Self.encode(answer.response.headerFields)
      guard let stream = answer.stream else {
        let body = answer.body
        exchange.executor.execute {
          exchange.respond(status: status, fields: fields.span.bytes, body: body.span.bytes)
          exchange.flush()
        }
        return
      }
      let isWanted = await exchange.executor.run {
        exchange.begin(status: status, fields: fields.span.bytes, count: stream.count)
      }
      guard isWanted else { return }
      do {
        try await Self.send(stream, to: exchange)
      } catch {
        logger.error("the application failed on \(request.path) while it sent: \(error)")
        exchange.executor.execute { exchange.abort() }
      }
    }
  }

  /// Sends content as the client takes it; ends early if the client is gone.
  private static func send(_ stream: StreamedContent, to exchange: HTTPExchange) async throws {
    var offset = 0
    while offset < stream.count {
      let piece = try await stream.piece(offset)
      guard (1...(stream.count - offset)).contains(piece.count) else {
        throw SocketIOError(
          .cannotEncode,
          "a piece of \(piece.count) bytes came at \(offset), but content of \(stream.count) was announced")
      }
      offset += piece.count
      let isTaken = await withCheckedContinuation { continuation in
        exchange.executor.execute {
          exchange.send(SharedBytes(piece)) { continuation.resume(returning: $0) }
        }
      }
      guard isTaken else { return }
    }
  }

  private func makeRequest(_ exchange: HTTPExchange, _ body: [UInt8]) -> ApplicationRequest? {
    let head = exchange.head
    guard let method = HTTPRequest.Method(head.method.name) else { return nil }
    var path = head.string(head.path)
    if let query = head.query { path += "?" + head.string(query) }
    let isSecure = exchange.client?.isSecure ?? false
    var request = HTTPRequest(
      method: method, scheme: isSecure ? "https" : "http", authority: head.value("host"), path: path)
    for index in 0..<head.fieldCount {
      let field = head.field(at: index)
      guard let name = HTTPField.Name(head.string(field.name)) else { return nil }
      if name.canonicalName != "host" {
        request.headerFields.append(HTTPField(name: name, value: head.string(field.value)))
      }
    }
    return ApplicationRequest(
      request: request, body: body, remoteAddress: exchange.remoteAddress?.host, isSecure: isSecure, tls: exchange.tls,
      mode: mode)
  }

  /// The fields in wire form; those that frame the message are the server's own.
  private static func encode(_ fields: HTTPFields) -> [UInt8] {
    var out: [UInt8] = []
    for field in fields {
      switch field.name.canonicalName {
      case "content-length", "transfer-encoding", "connection", "date": continue
      default: break
      }
      guard HTTPResponseEncoder.isValid(name: field.name.rawName, value: field.value) else { continue }
      out += field.name.rawName.utf8
      out += ": ".utf8
      out += field.value.utf8
      out += "\r\n".utf8
    }
    return out
  }
}
