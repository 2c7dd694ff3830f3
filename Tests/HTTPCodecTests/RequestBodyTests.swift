import CodecTesting
import HTTPCodec
import Testing

@Suite struct RequestBodyTests {
  @Test func contentOfAKnownLength() throws {
    let events = try decode(request("POST / HTTP/1.1", "Content-Length: 5", body: "hello"))
    #expect(events.bodies == ["hello"])
    #expect(events.last == .end)
    #expect(
      try decode(request("POST / HTTP/1.1", "Content-Length: 6", body: "hello")).last == .body(Array("hello".utf8)))
    #expect(try decode(request("POST / HTTP/1.1", "Content-Length: 0")).last == .end)
    #expect(try decode(request("GET / HTTP/1.1", "Content-Length: 005", body: "hello")).bodies == ["hello"])
  }

  @Test func requestsFollowEachOther() throws {
    let text =
      request("POST /1 HTTP/1.1", "Content-Length: 3", body: "abc") + request("GET /2 HTTP/1.1")
      + request("POST /3 HTTP/1.1", "Transfer-Encoding: chunked", body: "2\r\nde\r\n0\r\n\r\n")
      + "\r\n" + request("GET /4 HTTP/1.0") + request("GET /5 HTTP/1.1")
    let events = try decode(text)
    #expect(events.requestCount == 5)
    #expect(events.bodies == ["abc", "de"])
    #expect(events.last == .end)
  }

  @Test(arguments: [
    ["Content-Length: 1", "Content-Length: 1"], ["Content-Length: 1", "Content-Length: 2"], ["Content-Length: 1, 1"],
    ["Content-Length: "], ["Content-Length: +1"], ["Content-Length: -1"], ["Content-Length: 0x1"],
    ["Content-Length: 1 1"], ["Content-Length: 1.0"], ["Content-Length: ١"], ["Content-Length: 1_0"],
    ["Content-Length: 9999999999999999999"], ["Content-Length: 18446744073709551617"],
    ["Content-Length: 1", "Transfer-Encoding: chunked"], ["Transfer-Encoding: chunked", "Content-Length: 0"],
    ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
  ])
  func smuggling(_ fields: [String]) throws {
    let text = (["POST / HTTP/1.1", "Host: a"] + fields).joined(separator: "\r\n") + "\r\n\r\n0\r\n\r\n"
    #expect(try decode(text) == [.refused(400)])
  }

  @Test(arguments: [
    "gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "identity", "", "chunked;q=1", "xchunked",
    "\"chunked\"",
    "chunked,", "chunked\u{b}",
  ])
  func transferCodingsThatAreNotKnown(_ coding: String) throws {
    let status = coding.hasSuffix("\u{b}") ? 400 : 501
    #expect(try decode(request("POST / HTTP/1.1", "Transfer-Encoding: \(coding)")) == [.refused(status)])
  }

  @Test func transferCodingInHTTP10() throws {
    #expect(try decode(request("POST / HTTP/1.0", "Transfer-Encoding: chunked", body: "0\r\n\r\n")) == [.refused(400)])
  }

  private func chunked(_ body: String, limits: HTTPLimits = HTTPLimits()) throws -> [HTTPTranscript] {
    try decode(request("POST / HTTP/1.1", "transfer-encoding: CHUNKED", body: body), limits: limits)
  }

  @Test(arguments: [
    ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"),
    ("00005\r\nhello\r\n000\r\n\r\n", "hello"),
    ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"), ("a\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n\r\n\r\n\r\n"),
    ("5;a\r\nhello\r\n0;b=c\r\n\r\n", "hello"), ("5 ; a = \"b;\" ;c\r\nhello\r\n0\r\n\r\n", "hello"),
    ("5\r\nhello\r\n0\r\nX: 1\r\nY:\r\n\r\n", "hello"), ("2\r\n0\r\r\n0\r\n\r\n", "0\r"),
  ])
  func chunks(_ body: String, _ expected: String) throws {
    let events = try chunked(body)
    #expect(events.bodies == [expected])
    #expect(events.last == .end)
  }

  @Test(arguments: [
    "\r\nhello\r\n", "g\r\n", "-1\r\n", "+5\r\n", " 5\r\nhello", "5 \r\nhello", "0x5\r\nhello", "5\nhello", "5\rhello",
    "5;a\nhello",
    "5;a\u{0}\r\nhello", "5;a\rb\r\nhello", "5,a\r\n", "5\r\nhelloXY", "5\r\nhello\n", "5\r\nhello\r\r\n",
    "5\r\nhello0\r\n\r\n",
    "5\r\nhello\rX", "FFFFFFFFFFFFFFFF1\r\n", "8000000000000000\r\n", "0000000000000\r\n\r\n", "0\r\nX\r\n\r\n",
    "0\r\n X: 1\r\n\r\n",
    "0\r\nX : 1\r\n\r\n", "0\r\n: 1\r\n\r\n", "0\r\nX: \u{0}\r\n\r\n", "0\r\nX: 1\n\r\n", "0\r\n\n", "0\r\n\rX",
    "0\r\nX: 1\r\n folded\r\n\r\n",
  ])
  func badChunks(_ body: String) throws { #expect(try chunked(body).refusal == 400) }

  @Test func anIncompleteChunkIsNoEnd() throws {
    let text = "5\r\nhello\r\n0\r\nX: 1\r\n\r\n"
    for count in 0..<text.utf8.count {
      let events = try chunked(String(decoding: text.utf8.prefix(count), as: UTF8.self))
      #expect(events.refusal == nil)
      #expect(events.last != .end)
    }
  }

  @Test func nothingIsTrustedAfterAnError() throws {
    var decoder = HTTPRequestDecoder()
    for text in ["G(T / HTTP/1.1\r\n\r\n", request()] {
      var offset = 0
      #expect(throws: HTTPError.self) { try decoder.next(in: Array(text.utf8).span.bytes, from: &offset) }
    }
  }
}
