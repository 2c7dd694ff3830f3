internal import AsyncModes
internal import EngineIOCodec
internal import HTTPTypes
internal import SocketIOCodec

/// Long-polling: one GET that waits for packets, one POST at a time that brings them.
extension EnginePeer {
  /// Fetches packets, unless that is being done.
  func poll() {
    guard state != .closed, isReading, !isPolling, !isPollingPaused, webSocket == nil else { return }
    guard let peer = connected(&pollPeer) else { return finish(.lost) }
    isPolling = true
    let request = HTTPPeer.encode(
      "GET", requestTarget("polling"), host: target.address.description, fields: target.fields())
    peer.send(request) { [self] result in
      isPolling = false
      polled(result)
    }
  }

  /// A connection that can take a request: the one there is, or a new one.
  private func connected(_ peer: inout HTTPPeer?) -> HTTPPeer? {
    if let peer, peer.isOpen, !peer.isBusy { return peer }
    peer = try? dial()
    return peer
  }

  private func polled(_ result: Result<TestResponse, TestClientError>) {
    guard state != .closed else { return }
    switch result {
    case .failure(let error): finish(error.code == .closed ? .lost : .invalid(error.message))
    case .success(let response):
      target.keepCookies(response)
      guard response.status == .ok else {
        return finish(.refused(status: response.status.code, body: response.text))
      }
      guard let body = options.isJSONP ? Self.scriptContent(response.body) : response.body else {
        return finish(.invalid("the script of a poll is not valid: \(response.text)"))
      }
      let isBinary = response.headerFields[.contentType]?.hasPrefix("application/octet-stream") == true
      if let problem = take(body, isBinary) { return finish(.invalid(problem)) }
      if isMoving { move() } else { poll() }
    }
  }

  /// Takes the packets of a payload.
  ///
  /// - Returns: what is wrong with it, if anything is.
  private func take(_ body: [UInt8], _ isBinary: Bool) -> String? {
    do throws(EngineIOPayloadError) {
      var decoder = try EngineIOPayloadDecoder(
        body.span.bytes, revision: options.revision, isBinary: isBinary, maxPackets: .max)
      while let packet = try decoder.next(in: body.span.bytes) {
        let content = Array(body[packet.range])
        switch packet.content {
        case .text: receive(text: content)
        case .binary: receive(binary: content)
        case .base64:
          guard let bytes = EngineIOPayload.decodeBase64(content.span.bytes) else { throw .invalidBase64 }
          receive(binary: bytes)
        }
        if state == .closed { return nil }
      }
      return nil
    } catch {
      return "a payload cannot be read: \(error)"
    }
  }

  /// The payload in a script `___eio[0]("…");`.
  private static func scriptContent(_ script: [UInt8]) -> [UInt8]? {
    let text = String(decoding: script, as: UTF8.self)
    guard let start = text.firstIndex(of: "("), text.hasPrefix("___eio["), text.hasSuffix(");"),
      case .string(let payload)? = try? JSONText.parse(
        text[text.index(after: start)...].dropLast(2).description.utf8Span.span.bytes)
    else { return nil }
    return Array(payload.utf8)
  }

  /// Brings packets that wait, unless that is being done.
  func post() {
    guard state == .open, !isPosting, !outgoing.isEmpty, webSocket == nil, !isPollingPaused else { return }
    guard let peer = connected(&postPeer) else { return finish(.lost) }
    let packets = outgoing
    outgoing = []
    isPosting = true
    var fields = target.fields()
    var (body, isBinary) = encode(packets)
    if options.isJSONP {
      body = Self.form(body)
      fields.append(("Content-Type", "application/x-www-form-urlencoded"))
    } else {
      fields.append(("Content-Type", isBinary ? "application/octet-stream" : "text/plain;charset=UTF-8"))
    }
    let request = HTTPPeer.encode(
      "POST", requestTarget("polling"), host: target.address.description, fields: fields, body: body)
    peer.send(request) { [self] result in
      isPosting = false
      posted(result)
    }
  }

  private func posted(_ result: Result<TestResponse, TestClientError>) {
    guard state != .closed else { return }
    switch result {
    case .failure(let error): finish(error.code == .closed ? .lost : .invalid(error.message))
    case .success(let response):
      target.keepCookies(response)
      guard response.status == .ok else {
        return finish(.refused(status: response.status.code, body: response.text))
      }
      if isMoving { move() } else { post() }
    }
  }

  private func encode(_ packets: [Packet]) -> (body: [UInt8], isBinary: Bool) {
    let hasBinary = packets.contains { if case .binary = $0 { true } else { false } }
    let isBinary = options.revision == .v3 && hasBinary && !options.isBase64 && !options.isJSONP
    var body: [UInt8] = []
    for packet in packets {
      switch packet {
      case .text(let text):
        EngineIOPayload.append(
          textPacket: text.span.bytes, revision: options.revision, asBinaryPayload: isBinary, to: &body)
      case .binary(let bytes):
        EngineIOPayload.append(
          binary: bytes.span.bytes, revision: options.revision, asBinaryPayload: isBinary, to: &body)
      }
    }
    return (body, isBinary)
  }

  /// The form of a JSONP client: the field `d`, with its line breaks escaped.
  private static func form(_ payload: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    for (index, byte) in payload.enumerated() {
      let isEscape = byte == UInt8(ascii: "\\") && index + 1 < payload.count && payload[index + 1] == UInt8(ascii: "n")
      if byte == 0x0a { text += "\\n".utf8 } else { text += isEscape ? [byte, byte] : [byte] }
    }
    var body = Array("d=".utf8)
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in text { body += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return body
  }
}
