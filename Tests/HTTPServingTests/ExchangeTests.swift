import AsyncModes
import HTTPCodec
import HTTPServing
import ServerTesting
import Testing

/// Exchanges serve one request after the other, and are over for whoever keeps them.
struct ExchangeTests {
  /// Answers at once, and keeps every other exchange.
  private final class Keeper: HTTPService, @unchecked Sendable {
    // @unchecked: used by one test at a time.
    var kept: [HTTPExchange] = []
    var seen: [ObjectIdentifier] = []

    func begin(_ head: HTTPRequestHead, _ exchange: HTTPExchange) -> HTTPBodyDisposition { .collect(limit: 100) }

    func handle(_ exchange: HTTPExchange, body: [UInt8]) {
      if exchange.head.string(exchange.head.path) == "/kept" { kept.append(exchange) }
      seen.append(ObjectIdentifier(exchange))
      exchange.respond(status: 200, text: "\(seen.count) \(String(decoding: body, as: UTF8.self))")
    }
  }

  @Test func aKeptExchangeStaysWhatItIs() {
    let executor = ManualExecutor(index: 0)
    let keeper = Keeper()
    weak var http: HTTPConnection?
    do {
      let connection = ManualConnection(
        executor: executor, options: ConnectionOptions(), remoteAddress: nil, localAddress: nil)
      executor.enter {
        let handler = HTTPConnection(connection, keeper, HTTPServingOptions())
        http = handler
        connection.start(handler)
      }
      for (number, path) in ["/", "/", "/kept", "/", "/"].enumerated() {
        connection.receive("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab\(number)")
        executor.run()
        #expect(connection.take().hasSuffix("\r\n\r\n\(number + 1) ab\(number)"))
      }
      // The one that is kept serves nobody else, and the others are one.
      #expect(keeper.seen[0] == keeper.seen[1] && keeper.seen[1] == keeper.seen[2])
      #expect(keeper.seen[3] != keeper.seen[2] && keeper.seen[4] == keeper.seen[3])
      #expect(keeper.kept.map { $0.head.string($0.head.path) } == ["/kept"])
      // What is said to it late reaches nobody.
      executor.enter { keeper.kept[0].respond(status: 200, text: "late") }
      executor.run()
      #expect(!keeper.kept[0].isOpen && connection.take().isEmpty)
      executor.enter { connection.didReceiveEnd() }
      executor.run()
      #expect(connection.isGone)
    }
    #expect(http == nil, "a kept exchange holds the connection")
  }
}
