internal import AsyncModes

extension Connection {
  /// Refuses a handshake although the connection has left HTTP already.
  func refuseUpgrade() {
    let body = "{\"code\":1,\"message\":\"Session ID unknown\"}"
    let head = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/json\r\n"
    let text = "\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    write(text.utf8Span.span.bytes)
    close()
  }
}
