import HTTPCodec
import Testing

@Suite struct ResponseEncoderTests {
  private func head(_ line: String) throws -> HTTPRequestHead {
    var decoder = HTTPRequestDecoder()
    var offset = 0
    guard case .head? = try decoder.next(in: Array(request(line).utf8).span.bytes, from: &offset),
      let head = decoder.takeHead()
    else {
      throw CancellationError()
    }
    return head
  }

  private func response(
    _ status: Int, _ fields: String = "", _ body: String = "", to line: String = "GET / HTTP/1.1",
    keepsAlive: Bool = true
  ) throws -> String {
    var out: [UInt8] = []
    let form = HTTPRequestForm(try head(line))
    HTTPResponseEncoder.withHead(
      status: status, fields: Array(fields.utf8).span.bytes, date: "".utf8Span.span.bytes, bodyCount: body.utf8.count,
      to: form, keepsAlive: keepsAlive
    ) { out.append(contentsOf: $0) }
    if HTTPResponseEncoder.hasBody(status: status, to: form) { out += body.utf8 }
    return String(decoding: out, as: UTF8.self)
  }

  @Test func responses() throws {
    #expect(
      try response(200, "Content-Type: text/plain\r\n", "ok")
        == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok")
    #expect(try response(404) == "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    #expect(try response(299) == "HTTP/1.1 299 Status\r\nContent-Length: 0\r\n\r\n")
    #expect(try response(200, keepsAlive: false) == "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    #expect(
      try response(200, to: "GET / HTTP/1.0")
        == "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")
    let long = String(repeating: "x", count: 12_345)
    #expect(try response(200, "X: \(long)\r\n", long).hasSuffix("Content-Length: 12345\r\n\r\n" + long))
  }

  @Test func responsesWithoutContent() throws {
    #expect(try response(200, "", "12345", to: "HEAD / HTTP/1.1") == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    #expect(try response(204, "", "x") == "HTTP/1.1 204 No Content\r\n\r\n")
    #expect(try response(304, "", "x") == "HTTP/1.1 304 Not Modified\r\n\r\n")
  }

  @Test func errors() {
    var out: [UInt8] = []
    HTTPResponseEncoder.appendError(
      status: 431, date: "Date: now\r\n".utf8Span.span.bytes, message: "too many", into: &out)
    #expect(
      String(decoding: out, as: UTF8.self) == """
        HTTP/1.1 431 Request Header Fields Too Large\r\nDate: now\r\nContent-Type: text/plain; charset=UTF-8\r\n\
        Connection: close\r\nContent-Length: 8\r\n\r\ntoo many
        """)
  }

  @Test(arguments: [
    ("X", "a", true), ("X-1", "", true), ("X", "a\tb é", true), ("", "a", false), ("X Y", "a", false),
    ("X:", "a", false), ("X", "a\r\nY: b", false), ("X", "a\n", false), ("X", "\u{0}", false), ("é", "a", false),
  ])
  func fieldsThatMayBeSent(_ name: String, _ value: String, _ expected: Bool) {
    #expect(HTTPResponseEncoder.isValid(name: name, value: value) == expected)
  }
}
