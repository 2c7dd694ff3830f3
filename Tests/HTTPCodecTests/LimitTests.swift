import CodecTesting
import HTTPCodec
import Testing

/// Each limit is inclusive, and the same however the bytes come.
@Suite struct LimitTests {
  private func limits(_ change: (inout HTTPLimits) -> Void) -> HTTPLimits {
    var limits = HTTPLimits()
    change(&limits)
    return limits
  }

  @Test func requestLine() throws {
    let limits = limits { $0.maxRequestLineBytes = 40 }
    let line = "GET /" + String(repeating: "a", count: 26) + " HTTP/1.1"
    #expect(line.utf8.count == 40)
    #expect(try decode(request(line), limits: limits).last == .end)
    let longer = line.replacing("/", with: "/b")
    #expect(try decode(request(longer), limits: limits) == [.refused(414)])
    // The end of the line is not waited for, and a limit comes before what is wrong behind it.
    #expect(try decode(String(repeating: "a", count: 42), limits: limits) == [.refused(414)])
    #expect(try decode(String(repeating: "a", count: 60) + "\n", limits: limits) == [.refused(414)])
  }

  @Test(arguments: [64, 100, 1000]) func head(_ bytes: Int) throws {
    let limits = limits { $0.maxHeadBytes = bytes }
    func head(_ count: Int) -> String {
      let start = "GET / HTTP/1.1\r\nHost: a\r\nX: "
      return start + String(repeating: "x", count: count - start.utf8.count - 2) + "\r\n\r\n"
    }
    #expect(try decode(head(bytes), limits: limits).last == .end)
    #expect(try decode(head(bytes) + head(bytes), limits: limits).requestCount == 2)
    for extra in 1...4 { #expect(try decode(head(bytes + extra), limits: limits) == [.refused(431)]) }
    #expect(try decode(head(bytes * 2).replacing("\r\n\r\n", with: "\n"), limits: limits) == [.refused(431)])
    #expect(try decode(String(head(bytes * 2).dropLast(3)), limits: limits) == [.refused(431)])
  }

  @Test func headsCannotOutgrowTheirRanges() throws {
    let limits = limits { $0.maxHeadBytes = .max }
    #expect(limits.maxHeadBytes == 65_535)
    let start = "GET / HTTP/1.1\r\nHost: a\r\nLong: "
    let value = String(repeating: "x", count: 65_535 - start.utf8.count - 2)
    #expect(
      try decode(start + value + "\r\n\r\n", limits: limits).first
        == .head("GET / 1.1", fields: ["Host: a", "Long: " + value]))
    #expect(try decode(start + value + "x\r\n\r\n", limits: limits) == [.refused(431)])
  }

  @Test func fieldCount() throws {
    let limits = limits { $0.maxFieldCount = 3 }
    #expect(try decode(request("GET / HTTP/1.1", "A: 1", "B: 2"), limits: limits).last == .end)
    #expect(try decode(request("GET / HTTP/1.1", "A: 1", "B: 2", "C: 3"), limits: limits) == [.refused(431)])
  }

  @Test func announcedContent() throws {
    let limits = limits { $0.maxBodyBytes = 5 }
    #expect(try decode(request("POST / HTTP/1.1", "Content-Length: 5", body: "hello"), limits: limits).last == .end)
    #expect(try decode(request("POST / HTTP/1.1", "Content-Length: 6"), limits: limits).refusal == 413)
    #expect(try decode(request("POST / HTTP/1.1", "Content-Length: 999999999999999999"), limits: limits).refusal == 413)
  }

  @Test func chunkedContent() throws {
    let limits = limits { $0.maxBodyBytes = 5 }
    func refusal(_ body: String) throws -> Int? {
      try decode(request("POST / HTTP/1.1", "Transfer-Encoding: chunked", body: body), limits: limits).refusal
    }
    #expect(try refusal("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n") == nil)
    #expect(try refusal("3\r\nabc\r\n3\r\n") == 413)
    #expect(try refusal("6\r\n") == 413)
    #expect(try refusal("FFFFFFFFFFFF\r\n") == 413)
  }

  @Test func theLimitOfTheContentCanBeSetWhenTheHeadHasCome() throws {
    var decoder = HTTPRequestDecoder(limits: limits { $0.maxBodyBytes = 5 })
    let bytes = Array(request("POST / HTTP/1.1", "Content-Length: 6", body: "hello!").utf8)
    var offset = 0
    _ = try decoder.next(in: bytes.span.bytes, from: &offset)
    decoder.maxBodyBytes = 6
    guard case .body(let range)? = try decoder.next(in: bytes.span.bytes, from: &offset) else {
      Issue.record("there is no body")
      return
    }
    #expect(range.count == 6)
  }

  @Test func chunkLines() throws {
    let limits = limits { $0.maxChunkLineBytes = 8 }
    func refusal(_ body: String) throws -> Int? {
      try decode(request("POST / HTTP/1.1", "Transfer-Encoding: chunked", body: body), limits: limits).refusal
    }
    #expect(try refusal("1;abcdef\r\na\r\n") == nil)
    #expect(try refusal("1;abcdefg\r\na\r\n") == 400)
    #expect(try refusal(String(repeating: "0", count: 20)) == 400)
  }

  @Test func trailers() throws {
    let limits = limits {
      $0.maxHeadBytes = 64
      $0.maxFieldCount = 3
    }
    func refusal(_ trailers: String) throws -> Int? {
      try decode(request("POST / HTTP/1.1", "Transfer-Encoding: chunked", body: "0\r\n" + trailers), limits: limits)
        .refusal
    }
    #expect(try refusal("A:\r\nB:\r\nC:\r\n\r\n") == nil)
    #expect(try refusal("A:\r\nB:\r\nC:\r\nD:\r\n\r\n") == 431)
    #expect(try refusal("A:\(String(repeating: "a", count: 60))\r\n\r\n") == nil)
    #expect(try refusal("A:\(String(repeating: "a", count: 61))\r\n\r\n") == 431)
    #expect(try refusal(String(repeating: "A", count: 90)) == 431)
  }
}
