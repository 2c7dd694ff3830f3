import CodecTesting
import HTTPCodec
import Testing

@Suite struct RequestHeadTests {
  @Test func aHeadIsTakenApart() throws {
    let events = try decode(
      "POST /a/b?c=%20&d HTTP/1.1\r\nHost: example.com:80\r\nX-Empty:\r\nX-Some: \t a b \t\r\n\r\n")
    #expect(
      events == [
        .head("POST /a/b?c=%20&d 1.1", fields: ["Host: example.com:80", "X-Empty: ", "X-Some: a b"]),
        .framing(keepAlive: true, length: nil, chunked: false, expectsContinue: false, upgrade: false), .end,
      ])
  }

  @Test(arguments: [
    ("GET / HTTP/1.1", "GET / 1.1"), ("HEAD /x HTTP/1.1", "HEAD /x 1.1"), ("PUT /x? HTTP/1.1", "PUT /x? 1.1"),
    ("DELETE /?? HTTP/1.1", "DELETE /?? 1.1"), ("OPTIONS * HTTP/1.1", "OPTIONS * 1.1"),
    ("PATCH /x HTTP/1.0", "PATCH /x 1.0"), ("get / HTTP/1.1", "get / 1.1"), ("M-SEARCH / HTTP/1.1", "M-SEARCH / 1.1"),
    ("GET http://a/b?c HTTP/1.1", "GET /b?c 1.1"), ("GET HTTPS://a:1/ HTTP/1.1", "GET / 1.1"),
    ("GET http://a HTTP/1.1", "GET / 1.1"), ("GET http://[::1]:80?b HTTP/1.1", "GET /?b 1.1"),
    ("GET /\"<>[]^`{|}\\ HTTP/1.1", "GET /\"<>[]^`{|}\\ 1.1"),
  ])
  func requestLines(_ line: String, _ expected: String) throws {
    let events = try decode(request(line))
    #expect(events.first == .head(expected, fields: ["Host: a"]))
    #expect(events.last == .end)
  }

  @Test(arguments: [
    ("GET / HTTP/1.1 ", 400), ("GET  / HTTP/1.1", 400), (" GET / HTTP/1.1", 400), ("GET /  HTTP/1.1", 400),
    ("GET\t/\tHTTP/1.1", 400), ("GET /", 400), ("GET", 400), ("/ HTTP/1.1", 400), ("G(T / HTTP/1.1", 400),
    ("G\u{e9}T / HTTP/1.1", 400), ("GET a HTTP/1.1", 400), ("GET * HTTP/1.1", 400), ("OPTIONS ** HTTP/1.1", 400),
    ("GET /a b HTTP/1.1", 400), ("GET /#x HTTP/1.1", 400), ("GET /\u{7f} HTTP/1.1", 400), ("GET /é HTTP/1.1", 400),
    ("GET /\u{0} HTTP/1.1", 400), ("CONNECT a:80 HTTP/1.1", 400), ("GET ftp://a/ HTTP/1.1", 400),
    ("GET http:///a HTTP/1.1", 400), ("GET http://u@a/ HTTP/1.1", 400), ("GET http:// HTTP/1.1", 400),
    ("GET / HTTP/1.2", 505), ("GET / HTTP/2.0", 505), ("PRI * HTTP/2.0", 505), ("GET / HTTP/0.9", 505),
    ("GET / http/1.1", 400), ("GET / HTTP/1.10", 400), ("GET / HTTP/11", 400), ("GET / HTTP/1,1", 400),
    ("GET / HTTP/a.b", 400), ("GET / HTTPS/1.1", 400), ("GET / HTTP /1.1", 400),
  ])
  func badRequestLines(_ line: String, _ status: Int) throws {
    #expect(try decode(request(line)) == [.refused(status)])
  }

  @Test(arguments: [
    "X : 1", " X: 1", "X\t: 1", ": 1", "X", "X Y: 1", "X(: 1", "X: a\u{0}b", "X: a\u{1}", "X: a\u{7f}", "X\u{e9}: 1",
    "X: 1\r\n folded", "X: 1\r\n\tfolded", "X: a\rb", "X: a\r\rb", "X: a\nY: b", "X: a\r", "\rX: a", "X\r: a",
  ])
  func badFields(_ field: String) throws { #expect(try decode(request("GET / HTTP/1.1", field)) == [.refused(400)]) }

  @Test func bytesAboveASCIIAreAllowedInValues() throws {
    #expect(try decode(request("GET / HTTP/1.1", "X: é😀")).last == .end)
  }

  @Test(arguments: [
    "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\n",
    "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\rHost: a\r\r", "GET / HTTP/1.1\rHost: a\r\n\r\n",
    "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\nGET / HTTP/1.1\r\n\r\n",
  ])
  func bareLineEndsAreRefused(_ text: String) throws {
    let events = try decode(text)
    // Carriage returns alone never end a head.
    #expect(events == [.refused(400)] || (!text.contains { $0 == "\n" || $0 == "\r\n" } && events.isEmpty))
  }

  @Test func oneEmptyLineInFrontOfARequestIsIgnored() throws {
    #expect(try decode("\r\n" + request()).last == .end)
    #expect(try decode("\r\n" + request() + "\r\n" + request()).requestCount == 2)
    #expect(try decode("\r\n") == [])
  }

  @Test func anIncompleteHeadIsNoEvent() throws {
    let text = request()
    for count in 0..<text.utf8.count { #expect(try decode(Array(text.utf8.prefix(count))) == []) }
  }

  @Test func hosts() throws {
    func refusal(_ head: String) throws -> Int? { try decode(head + "\r\n\r\n").refusal }
    #expect(try refusal("GET / HTTP/1.1") == 400)
    #expect(try refusal("GET / HTTP/1.1\r\nX: a") == 400)
    #expect(try refusal("GET / HTTP/1.1\r\nHost: a\r\nhost: a") == 400)
    #expect(try refusal("GET / HTTP/1.0\r\nHost: a\r\nHost: a") == 400)
    #expect(try refusal("GET / HTTP/1.1\r\nHost: a b") == 400)
    #expect(try refusal("GET / HTTP/1.1\r\nHost: a/b") == 400)
    #expect(try refusal("GET / HTTP/1.1\r\nHost: u@a") == 400)
    #expect(try refusal("GET / HTTP/1.1\r\nHost: é") == 400)
    #expect(try refusal("GET / HTTP/1.0") == nil)
    #expect(try refusal("GET / HTTP/1.1\r\nHost:") == nil)
    #expect(try refusal("GET / HTTP/1.1\r\nhOsT: [::1]:8080") == nil)
  }

  @Test func valuesAreFoundByName() throws {
    var decoder = HTTPRequestDecoder()
    var offset = 0
    let bytes = Array(request("GET / HTTP/1.1", "X-A: 1", "x-a: 2", "Y:").utf8)
    guard case .head? = try decoder.next(in: bytes.span.bytes, from: &offset), let head = decoder.takeHead() else {
      Issue.record("there is no head")
      return
    }
    #expect(head.value("x-a") == "1, 2")
    #expect(head.field("x-a").map { head.string($0) } == "1")
    #expect(head.value("y") == "")
    #expect(head.value("z") == nil)
    #expect(head.fieldCount == 4)
  }

  @Test(arguments: [
    ("application/octet-stream", true), ("Application/Octet-Stream; charset=x", true), ("text/plain", false),
    ("application/octet", false),
  ])
  func octetStreams(_ type: String, _ expected: Bool) throws {
    var decoder = HTTPRequestDecoder()
    var offset = 0
    let bytes = Array(request("POST / HTTP/1.1", "Content-Type: \(type)").utf8)
    guard case .head? = try decoder.next(in: bytes.span.bytes, from: &offset), let head = decoder.takeHead() else {
      Issue.record("there is no head")
      return
    }
    #expect(head.contentIsOctetStream == expected)
  }

  /// A head that is still held stays what it is when the next comes; one that nobody holds leaves nothing behind.
  @Test
  func headsAreUsedAgain() throws {
    var decoder = HTTPRequestDecoder()
    func head(_ text: String) throws -> HTTPRequestHead? {
      let bytes = Array(text.utf8)
      var offset = 0
      guard case .head? = try decoder.next(in: bytes.span.bytes, from: &offset), let head = decoder.takeHead() else {
        return nil
      }
      guard case .end? = try decoder.next(in: bytes.span.bytes, from: &offset) else { return nil }
      return head
    }
    let first = try #require(try head("OPTIONS /first?a HTTP/1.1\r\nHost: a\r\nX: 1\r\nContent-Length: 0\r\n\r\n"))
    for _ in 0..<2 {
      let next = try #require(try head("GET /b HTTP/1.0\r\n\r\n"))
      #expect(next.method == .get && next.string(next.path) == "/b" && next.query == nil && next.fieldCount == 0)
      #expect(next.contentLength == nil && !next.isKeepAlive && !next.isHTTP11)
    }
    #expect(first.method == .options && first.string(first.path) == "/first" && first.query.map(first.string) == "a")
    #expect(first.value("x") == "1" && first.contentLength == 0 && first.isKeepAlive)
  }
}
