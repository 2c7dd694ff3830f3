public import HTTPCodec

/// What a request decoder made of its input, in a form that can be compared.
public enum HTTPTranscript: Equatable, Sendable {
  /// A head: its method, path and query, and its fields as they came, `name: value`.
  case head(String, fields: [String])
  /// What a head says about the connection and the content.
  case framing(keepAlive: Bool, length: Int?, chunked: Bool, expectsContinue: Bool, upgrade: Bool)
  /// The content of a request, whole.
  case body([UInt8])
  /// A request is complete.
  case end
  /// The input was refused.
  case refused(Int)

  /// Decodes pieces of an input with a new decoder.
  ///
  /// - Parameter holdsHeads: whether every head is held, so that the decoder cannot use its memory again.
  public static func decode(
    _ pieces: [[UInt8]], limits: HTTPLimits = HTTPLimits(), holdsHeads: Bool = false
  ) -> [HTTPTranscript] {
    var held: [HTTPRequestHead] = []
    defer { withExtendedLifetime(held) {} }
    var decoder = HTTPRequestDecoder(limits: limits)
    var events: [HTTPTranscript] = []
    var body: [UInt8] = []
    for piece in pieces {
      var offset = 0
      do throws(HTTPError) {
        while let event = try decoder.next(in: piece.span.bytes, from: &offset) {
          switch event {
          case .head:
            guard let head = decoder.takeHead() else { preconditionFailure("the decoder has no head") }
            events += describe(head)
            if holdsHeads { held.append(head) }
          case .body(let range): body += piece[range]
          case .end:
            if !body.isEmpty { events.append(.body(body)) }
            body = []
            events.append(.end)
          }
        }
        precondition(offset == piece.count, "the decoder left \(piece.count - offset) bytes of its input")
      } catch {
        if !body.isEmpty { events.append(.body(body)) }
        return events + [.refused(error.status)]
      }
    }
    if !body.isEmpty { events.append(.body(body)) }
    return events
  }

  private static func describe(_ head: HTTPRequestHead) -> [HTTPTranscript] {
    let fields = (0..<head.fieldCount).map { index in
      let field = head.field(at: index)
      return head.string(field.name) + ": " + head.string(field.value)
    }
    let query = head.query.map { "?" + head.string($0) } ?? ""
    return [
      .head("\(head.method.name) \(head.string(head.path))\(query) \(head.isHTTP11 ? "1.1" : "1.0")", fields: fields),
      .framing(
        keepAlive: head.isKeepAlive, length: head.contentLength, chunked: head.isChunked,
        expectsContinue: head.expectsContinue, upgrade: head.isUpgradeToWebSocket),
    ]
  }
}
