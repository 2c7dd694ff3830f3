package import AsyncModes

/// A client that speaks the protocol by hand, over a WebSocket: what it sends is what the test says, right or wrong.
package final class WireClient {
  package enum Message: Equatable {
    case text(String)
    case binary([UInt8])
    case closed
  }
  package struct Failure: Error, CustomStringConvertible { package let description: String }

  private let stream: ByteStream
  private var input: [UInt8] = []

  private init(_ stream: ByteStream) { self.stream = stream }

  /// Connects, and takes the open packet.
  package static func open(
    _ address: SocketAddress, _ mode: any AsyncMode, revision: Int = 4, query: String = "", fields: String = ""
  ) async throws -> WireClient {
    let client = WireClient(try await mode.open(address))
    let head = """
      GET /socket.io/?EIO=\(revision)&transport=websocket\(query) HTTP/1.1\r
      Host: \(address.path == nil ? "\(address)" : "localhost")\r
      Upgrade: websocket\r
      Connection: Upgrade\r
      Sec-WebSocket-Version: 13\r
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
      \(fields)\r

      """
    try await client.stream.write(Array(head.utf8))
    var answer = ""
    while !answer.hasSuffix("\r\n\r\n") { answer += String(decoding: try await client.take(1), as: UTF8.self) }
    guard answer.hasPrefix("HTTP/1.1 101") else { throw Failure(description: answer) }
    guard case .text(let open) = try await client.frame(), open.hasPrefix("0{") else {
      throw Failure(description: "no open packet")
    }
    return client
  }

  /// Connects and joins a namespace; what the server answers is taken.
  package static func join(
    _ address: SocketAddress, _ mode: any AsyncMode, _ namespace: String = "/", auth: String = ""
  ) async throws -> WireClient {
    let client = try await open(address, mode)
    try await client.join(namespace, auth: auth)
    return client
  }

  /// Joins a namespace.
  ///
  /// - Returns: the id there.
  @discardableResult
  package func join(_ namespace: String = "/", auth: String = "") async throws -> String {
    let place = namespace == "/" ? "" : namespace + ","
    try await send("40\(place)\(auth)")
    let answer = try await text()
    guard answer.hasPrefix("40\(place){\"sid\":\"") else { throw Failure(description: answer) }
    return String(answer.dropFirst(place.count + 2 + 8).prefix(20))
  }

  package func send(_ text: String) async throws { try await write(0x81, Array(text.utf8)) }
  package func send(binary: [UInt8]) async throws { try await write(0x82, binary) }
  package func close() { stream.close() }

  private func write(_ first: UInt8, _ payload: [UInt8]) async throws {
    var frame = [first]
    if payload.count < 126 {
      frame.append(0x80 | UInt8(payload.count))
    } else {
      frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    }
    // A masking key of zeros masks nothing.
    frame += [0, 0, 0, 0]
    try await stream.write(frame + payload)
  }

  /// The next message that is no heartbeat; heartbeats are answered.
  package func message() async throws -> Message {
    while true {
      let message = try await frame()
      switch message {
      case .text("2"): try await send("3")
      case .text("3"), .text("6"): continue
      default: return message
      }
    }
  }

  /// The next text message.
  package func text() async throws -> String {
    switch try await message() {
    case .text(let text): return text
    case let other: throw Failure(description: "\(other) instead of a text")
    }
  }

  /// Whether the connection ends without another message.
  package func isClosed() async throws -> Bool {
    do { return try await message() == .closed } catch is AsyncModeError { return true }
  }

  private func frame() async throws -> Message {
    while true {
      guard let head = try? await take(2) else { return .closed }
      var count = Int(head[1] & 127)
      if count == 126 {
        let more = try await take(2)
        count = Int(more[0]) << 8 | Int(more[1])
      }
      let payload = try await take(count)
      switch head[0] & 15 {
      case 1: return .text(String(decoding: payload, as: UTF8.self))
      case 2: return .binary(payload)
      case 8: return .closed
      default: continue
      }
    }
  }

  private func take(_ count: Int) async throws -> [UInt8] {
    while input.count < count {
      guard let chunk = try await stream.read() else { throw Failure(description: "the connection ended") }
      input += chunk
    }
    defer { input.removeFirst(count) }
    return Array(input.prefix(count))
  }
}
