internal import EngineIOCodec
internal import HTTPServing

/// Packets that come in, on whichever transport.
extension EngineSession {
  /// Takes one text packet: its type, then its content.
  func receive(textPacket packet: borrowing RawSpan) {
    guard packet.byteCount > 0 else {
      fail(.parseError)
      return
    }
    hasReceived = true
    countReceived(packet.byteCount)
    let content = packet.extracting(1..<packet.byteCount)
    switch packet.unsafeLoad(fromByteOffset: 0, as: UInt8.self) {
    case UInt8(ascii: "4"): handler?.received(text: content)
    case UInt8(ascii: "3") where revision == .v4: pongReceived()
    case UInt8(ascii: "2") where revision == .v3: pingReceived(content)
    case UInt8(ascii: "1"): closeReceived()
    case UInt8(ascii: "2"), UInt8(ascii: "3"): fail(.transportError)
    // Open and upgrade mean nothing here, and noop means nothing anywhere.
    case UInt8(ascii: "0"), UInt8(ascii: "5"), UInt8(ascii: "6"): break
    case UInt8(ascii: "b"): receive(base64Packet: content)
    default: fail(.parseError)
    }
  }

  /// Takes a binary message in its text form, `b4…` of revision 3, without the `b`.
  private func receive(base64Packet content: borrowing RawSpan) {
    guard revision == .v3, content.byteCount > 0, content.unsafeLoad(as: UInt8.self) == UInt8(ascii: "4"),
      let bytes = EngineIOPayload.decodeBase64(content.extracting(1..<content.byteCount))
    else {
      fail(.parseError)
      return
    }
    handler?.received(binary: bytes.span.bytes)
  }

  private func countReceived(_ bytes: Int) {
    context.counters.receivedPackets += 1
    context.counters.receivedBytes += bytes
  }

  /// Takes the content of a binary message.
  func receive(binary content: borrowing RawSpan) {
    countReceived(content.byteCount)
    handler?.received(binary: content)
  }

  private func pingReceived(_ content: borrowing RawSpan) {
    var pong = [UInt8(ascii: "3")]
    content.withUnsafeBytes { pong.append(contentsOf: $0.prefix(125)) }
    send(textPacket: pong.span.bytes)
    let configuration = context.server.configuration
    guard configuration.monitorsClients, state == .open else { return }
    // The time begins anew with this very packet.
    hasReceived = false
    isLate = false
    setHeartbeat(after: configuration.pingInterval + configuration.pingTimeout)
  }

  /// The client has said goodbye.
  private func closeReceived() {
    let webSocket = webSocket
    end(.transportClose)
    webSocket?.close(code: 1000)
  }

  /// The client broke the rules, of this protocol or of one above it: the session ends at once.
  public func fail(_ reason: EngineCloseReason) {
    guard state == .open else { return }
    context.counters.protocolErrors += 1
    hasFailed = true
    polling?.releasePending(with: UInt8(ascii: "1"), revision)
    let webSocket = webSocket
    end(reason)
    webSocket?.close(code: 1002)
  }
}
