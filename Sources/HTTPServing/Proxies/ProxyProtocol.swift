package import AsyncModes
internal import Synchronization

/// Takes the PROXY header off a connection and then lets it begin.
package final class ProxyProtocol: ConnectionHandler, @unchecked Sendable {
  // @unchecked: confined to the executor of `connection`.

  package let connection: Connection
  private let accept: @Sendable (Connection) -> any ConnectionHandler
  private var input: [UInt8] = []

  /// How long the header may take.
  private static let timeout = Duration.seconds(10)

  private init(_ connection: Connection, _ accept: @escaping @Sendable (Connection) -> any ConnectionHandler) {
    self.connection = connection
    self.accept = accept
    connection.setDeadline(after: Self.timeout)
  }

  /// The handler of a new connection: if a proxy is behind it that is trusted to send a header, that comes first.
  package static func begin(
    _ connection: Connection, _ proxies: TrustedProxies,
    _ accept: @escaping @Sendable (Connection) -> any ConnectionHandler
  ) -> any ConnectionHandler {
    proxies.trusts(connection) ? ProxyProtocol(connection, accept) : accept(connection)
  }

  package func received(_ bytes: inout MutableRawSpan) {
    bytes.withUnsafeBytes { input.append(contentsOf: $0) }
    switch ProxyHeader.decode(input.span.bytes) {
    case .incomplete: break
    // Whoever is to send one and does not is not configured as this server is: nothing good can come of guessing.
    case .invalid: connection.abort()
    case .complete(let count, let source):
      if let source { connection.assumeRemoteAddress(source) }
      connection.setDeadline(after: nil)
      connection.setHandler(accept(connection))
      guard input.count > count else { return }
      // Through the connection, which may speak TLS by now.
      var rest = Array(input[count...])
      input = []
      rest.withUnsafeMutableBytes { raw in
        var span = MutableRawSpan(_unsafeBytes: raw)
        connection.didReceive(&span)
      }
    }
  }

  package func closed(_ reason: CloseReason) {}
}
