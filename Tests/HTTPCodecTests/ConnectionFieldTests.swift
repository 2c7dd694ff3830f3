import CodecTesting
import HTTPCodec
import Testing

@Suite struct ConnectionFieldTests {
  private struct Framing {
    var keepAlive = false
    var expectsContinue = false
    var upgrade = false
  }

  private func framing(_ line: String, _ fields: [String], body: String = "") throws -> Framing {
    let events = try decode(([line, "Host: a"] + fields).joined(separator: "\r\n") + "\r\n\r\n" + body)
    guard events.count > 1, case .framing(let keepAlive, _, _, let expectsContinue, let upgrade) = events[1] else {
      Issue.record("the request was refused: \(events)")
      return Framing()
    }
    return Framing(keepAlive: keepAlive, expectsContinue: expectsContinue, upgrade: upgrade)
  }

  @Test(arguments: [
    ("GET / HTTP/1.1", [], true), ("GET / HTTP/1.0", [], false), ("GET / HTTP/1.1", ["Connection: close"], false),
    ("GET / HTTP/1.1", ["connection: CLOSE"], false), ("GET / HTTP/1.1", ["Connection: closed"], true),
    ("GET / HTTP/1.1", ["Connection: a , close"], false), ("GET / HTTP/1.1", ["Connection: ,,close,"], false),
    ("GET / HTTP/1.1", ["Connection: keep-alive", "Connection: close"], false),
    ("GET / HTTP/1.0", ["Connection: Keep-Alive"], true), ("GET / HTTP/1.0", ["Connection: keep-alive, close"], false),
  ])
  func keepAlive(_ line: String, _ fields: [String], _ expected: Bool) throws {
    #expect(try framing(line, fields).keepAlive == expected)
  }

  @Test func expectations() throws {
    let length = "Content-Length: 0"
    #expect(try framing("POST / HTTP/1.1", ["Expect: 100-continue", length]).expectsContinue)
    #expect(try framing("POST / HTTP/1.1", ["Expect: 100-CONTINUE", length]).expectsContinue)
    #expect(try !framing("POST / HTTP/1.1", [length]).expectsContinue)
    // RFC 9110, section 10.1.1: from a client of HTTP/1.0 it is to be ignored.
    #expect(try !framing("POST / HTTP/1.0", ["Expect: 100-continue", length]).expectsContinue)
    #expect(try decode(request("POST / HTTP/1.1", "Expect: 200-ok")) == [.refused(417)])
  }

  @Test(arguments: [
    ("GET / HTTP/1.1", ["Upgrade: websocket", "Connection: Upgrade"], true),
    ("GET / HTTP/1.1", ["Upgrade: h2c, WebSocket", "Connection: keep-alive, upgrade"], true),
    ("GET / HTTP/1.1", ["Upgrade: websocket"], false), ("GET / HTTP/1.1", ["Connection: upgrade"], false),
    ("GET / HTTP/1.1", ["Upgrade: websockets", "Connection: upgrade"], false),
    ("GET / HTTP/1.0", ["Upgrade: websocket", "Connection: upgrade"], false),
    ("POST / HTTP/1.1", ["Upgrade: websocket", "Connection: upgrade"], false),
    ("GET / HTTP/1.1", ["Upgrade: websocket", "Connection: upgrade", "Content-Length: 0"], true),
    ("GET / HTTP/1.1", ["Upgrade: websocket", "Connection: upgrade", "Content-Length: 1"], false),
    ("GET / HTTP/1.1", ["Upgrade: websocket", "Connection: upgrade", "Transfer-Encoding: chunked"], false),
  ])
  func upgrades(_ line: String, _ fields: [String], _ expected: Bool) throws {
    #expect(try framing(line, fields).upgrade == expected)
  }
}
