internal import AsyncModes
internal import HTTPCodec
internal import HTTPServing

/// Answers GET requests for one path with a text.
final class TextService: HTTPService {
  typealias Answer = @Sendable () async -> (status: Int, text: String)

  private let path: String
  private let fields: [UInt8]
  private let mode: any AsyncMode
  private let answer: Answer

  init(path: String, type: String = "text/plain; charset=utf-8", mode: any AsyncMode, _ answer: @escaping Answer) {
    self.path = path
    fields = Array("Content-Type: \(type)\r\nCache-Control: no-store\r\n".utf8)
    self.mode = mode
    self.answer = answer
  }

  func begin(_ head: HTTPRequestHead, _ exchange: HTTPExchange) -> HTTPBodyDisposition {
    // A mount is for everything that begins like it.
    guard head.string(head.path) == path else {
      exchange.respond(status: 404, text: "Not found\n")
      return .discard
    }
    guard head.method == .get || head.method == .head else {
      exchange.respond(status: 405, text: "Method not allowed\n")
      return .discard
    }
    return .collect(limit: 0)
  }

  func handle(_ exchange: HTTPExchange, body: [UInt8]) {
    mode.startTask(on: exchange.executor) { [fields, answer] in
      let (status, text) = await answer()
      let body = Array(text.utf8)
      exchange.executor.execute {
        exchange.respond(status: status, fields: fields.span.bytes, body: body.span.bytes)
        exchange.flush()
      }
    }
  }
}
