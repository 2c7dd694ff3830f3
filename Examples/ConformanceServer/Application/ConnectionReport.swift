import AsyncModes
import HTTPCodec
import HTTPServing

/// Tells a client what is known about its connection, one thing a line.
final class ConnectionReport: HTTPService {
  func begin(_ head: HTTPRequestHead, _ exchange: HTTPExchange) -> HTTPBodyDisposition { .collect(limit: 0) }

  func handle(_ exchange: HTTPExchange, body: [UInt8]) {
    let tls = exchange.tls
    exchange.respond(
      status: 200,
      text: """
        secure: \(exchange.client?.isSecure ?? false)
        version: \(tls?.version ?? "")
        cipher: \(tls?.cipher ?? "")
        server name: \(tls?.serverName ?? "")
        protocol: \(tls?.applicationProtocol ?? "")
        peer: \(tls?.peerSubject ?? "")
        resumed: \(tls?.isResumed ?? false)
        address: \(exchange.client?.address?.host ?? "")

        """)
  }
}
