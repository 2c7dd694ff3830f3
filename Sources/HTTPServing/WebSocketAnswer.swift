public import AsyncModes
public import HTTPCodec
public import WebSocketCodec

/// The answer to a WebSocket handshake (RFC 6455, section 4.2.2).
public struct WebSocketAnswer: Sendable {
  private var bytes: [UInt8]

  /// Prepares the answer; `nil` if the request is no valid handshake.
  public init?(_ head: HTTPRequestHead) {
    guard head.isUpgradeToWebSocket, head.value("sec-websocket-version") == "13",
      let key = head.field("sec-websocket-key"),
      let accept = WebSocketHandshake.accept(key: head.bytes.extracting(key))
    else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(160)
    bytes +=
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ".utf8
    bytes += accept
    bytes += "\r\n".utf8
    self.bytes = bytes
  }

  /// Adds header fields in wire form, each line ended by CRLF and checked by the caller.
  public mutating func add(fields: [UInt8]) { bytes += fields }

  /// Names the extension that was agreed on.
  public mutating func add(extensions: String) { bytes += "Sec-WebSocket-Extensions: \(extensions)\r\n".utf8 }

  /// Writes the answer; what follows on the connection is WebSocket.
  public func write(to connection: Connection) {
    connection.write(bytes.span.bytes)
    connection.write("\r\n".utf8Span.span.bytes)
  }
}

extension HTTPExchange {
  /// Accepts a WebSocket handshake, or refuses it if it is not valid.
  ///
  /// - Parameters:
  ///   - maxMessageBytes: the longest message, inclusive and after inflating.
  ///   - deflate: offers permessage-deflate.
  ///   - delegate: who gets the messages.
  /// - Returns: the WebSocket, or `nil` if the handshake was refused.
  @discardableResult
  public func upgradeToWebSocket(
    maxMessageBytes: Int, deflate: PerMessageDeflate.Configuration? = nil, delegate: any WebSocketDelegate
  ) -> WebSocketConnection? {
    let parameters = deflate.flatMap { configuration in
      head.value("sec-websocket-extensions").flatMap { PerMessageDeflate.negotiate($0, configuration) }
    }
    guard var answer = WebSocketAnswer(head) else {
      if head.isUpgradeToWebSocket, head.value("sec-websocket-version") != "13" {
        respond(
          status: 426, fields: "Sec-WebSocket-Version: 13\r\n".utf8Span.span.bytes, body: "".utf8Span.span.bytes)
      } else {
        respond(status: 400, text: "this is no valid WebSocket handshake\n")
      }
      return nil
    }
    if let parameters { answer.add(extensions: parameters.headerValue) }
    guard let connection = detach() else { return nil }
    let stream = parameters.flatMap { parameters in deflate.map { PerMessageDeflate(parameters, $0) } }
    let webSocket = WebSocketConnection(connection, maxMessageBytes: maxMessageBytes, deflate: stream)
    webSocket.delegate = delegate
    answer.write(to: connection)
    logSwitch()
    hand(connection, to: webSocket)
    return webSocket
  }
}
