import AsyncModes
import EngineIO
import HTTPCodec
import HTTPServing
import WebSocketCodec

/// Sends every message of an Engine.IO session back.
final class EngineEcho: EngineApplication {
  func connected(_ session: EngineSession) -> any EngineSessionHandler { Handler(session) }

  private final class Handler: EngineSessionHandler {
    private let session: EngineSession
    init(_ session: EngineSession) { self.session = session }

    func received(text: borrowing RawSpan) {
      var packet = [UInt8(ascii: "4")]
      text.withUnsafeBytes { packet.append(contentsOf: $0) }
      session.send(textPacket: packet.span.bytes)
    }

    func received(binary: borrowing RawSpan) {
      session.send(EngineMessage(binary: binary.withUnsafeBytes { Array($0) }))
    }

    func drained() {}
    func closed(_ reason: EngineCloseReason) {}
  }
}

/// Sends every message of a bare WebSocket back.
final class WebSocketEcho: HTTPService, WebSocketDelegate {
  private static let maxMessageBytes = 16 << 20

  func begin(_ head: HTTPRequestHead, _ exchange: HTTPExchange) -> HTTPBodyDisposition {
    guard head.path.count == "/ws-echo".utf8.count else {
      exchange.respond(status: 404, text: "Not found\n")
      return .discard
    }
    return .collect(limit: 0)
  }

  func handle(_ exchange: HTTPExchange, body: [UInt8]) {
    var deflate = PerMessageDeflate.Configuration()
    deflate.threshold = 0
    deflate.serverContextTakeover = true
    deflate.clientContextTakeover = true
    exchange.upgradeToWebSocket(maxMessageBytes: Self.maxMessageBytes, deflate: deflate, delegate: self)
  }

  func webSocket(_ webSocket: WebSocketConnection, received text: borrowing RawSpan) {
    webSocket.send(.text, text)
  }

  func webSocket(_ webSocket: WebSocketConnection, receivedBinary bytes: borrowing RawSpan) {
    webSocket.send(.binary, bytes)
  }

  func webSocketDrained(_ webSocket: WebSocketConnection) {}
  func webSocketClosed(_ webSocket: WebSocketConnection, _ end: WebSocketEnd) {}
}
