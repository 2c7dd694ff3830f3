import AsyncModes
import EngineIOCodec
import WebSocketCodec

/// A client that speaks Engine.IO over a WebSocket by hand: it sends and receives the text of packets.
final class WebSocketPeer: @unchecked Sendable {
  // @unchecked: used by one task at a time.

  enum Message: Equatable {
    case text(String)
    case binary([UInt8])
    /// The server has closed the WebSocket with this code, or the connection without one.
    case closed(UInt16?)
  }
  private let stream: ByteStream
  private var decoder = WebSocketDecoder(role: .client, maxMessageBytes: 100_000_000)
  private var waiting: [Message] = []
  private var next = 0
  private var isClosed = false

  /// Opens a WebSocket; with a session id one that wants to take the session over.
  init(_ mode: any AsyncMode, _ address: SocketAddress, session: String? = nil) async throws {
    stream = try await mode.open(address)
    let sid = session.map { "&sid=\($0)" } ?? ""
    let request = """
      GET /socket.io/?EIO=4&transport=websocket\(sid) HTTP/1.1\r
      Host: \(address)\r
      Connection: Upgrade\r
      Upgrade: websocket\r
      Sec-WebSocket-Version: 13\r
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
      \r\n
      """
    try await stream.write(Array(request.utf8))
    var head: [UInt8] = []
    let end = Array("\r\n\r\n".utf8)
    while true {
      guard let chunk = try await stream.read() else { throw PeerError(what: "no answer to the handshake") }
      head += chunk
      guard let place = head.firstRange(of: end) else { continue }
      guard head.starts(with: Array("HTTP/1.1 101".utf8)) else {
        throw PeerError(what: String(decoding: head, as: UTF8.self))
      }
      decode(Array(head[place.upperBound...]))
      return
    }
  }

  private func decode(_ chunk: [UInt8]) {
    var bytes = chunk
    var events: [WebSocketEvent] = []
    var failure = false
    bytes.withUnsafeMutableBytes { raw in
      var span = MutableRawSpan(_unsafeBytes: raw)
      var offset = 0
      do {
        while let event = try decoder.next(in: &span, from: &offset) { events.append(event) }
      } catch {
        failure = true
      }
    }
    func content(_ payload: WebSocketPayload) -> [UInt8] {
      switch payload {
      case .input(let range): Array(bytes[range])
      case .buffered(let buffer): buffer
      }
    }
    for event in events {
      switch event {
      case .message(.text, let payload): waiting.append(.text(String(decoding: content(payload), as: UTF8.self)))
      case .message(.binary, let payload): waiting.append(.binary(content(payload)))
      case .close(let code, _): waiting.append(.closed(code?.rawValue))
      case .ping, .pong: break
      }
    }
    if failure { waiting.append(.closed(nil)) }
  }

  /// The next message, heartbeats aside, which are answered.
  func receive() async throws -> Message {
    while true {
      while next < waiting.count {
        let message = waiting[next]
        next += 1
        if message == .text("2") {
          try await send("3")
        } else {
          return message
        }
      }
      waiting = []
      next = 0
      if isClosed { return .closed(nil) }
      do {
        if let chunk = try await stream.read() { decode(chunk) } else { isClosed = true }
      } catch is AsyncModeError {
        isClosed = true
      }
    }
  }

  /// Receives a text packet, and fails if something else comes.
  func receiveText() async throws -> String {
    let message = try await receive()
    guard case .text(let text) = message else { throw PeerError(what: "not a text, but \(message)") }
    return text
  }

  /// Receives until the server closes; returns the code that it closes with.
  func receiveEnd() async throws -> UInt16? {
    while true {
      if case .closed(let code) = try await receive() { return code }
    }
  }

  func send(_ text: String) async throws { try await send(.text, Array(text.utf8)) }

  func send(_ bytes: [UInt8]) async throws { try await send(.binary, bytes) }

  private func send(_ opcode: WebSocketOpcode, _ bytes: [UInt8]) async throws {
    var frame: [UInt8] = []
    WebSocketEncoder.appendMasked(opcode: opcode, bytes.span.bytes, mask: 0x1234_5678, to: &frame)
    try await stream.write(frame)
  }

  /// Joins a namespace; returns the id of the client in it.
  func join(_ namespace: String = "/", auth: String = "") async throws -> String {
    let name = namespace == "/" ? "" : "\(namespace),"
    try await send("40\(name)\(auth)")
    let answer = try await receiveText()
    let prefix = "40\(name){\"sid\":\""
    guard answer.hasPrefix(prefix), answer.hasSuffix("\"}") else { throw PeerError(what: answer) }
    return String(answer.dropFirst(prefix.count).dropLast(2))
  }

  func close() { stream.close() }

  /// Stops reading for good, as a client that hangs does.
  func hang() async { await stream.connection.executor.run { [stream] in stream.connection.pauseReading() } }

  func abort() async { await stream.connection.executor.run { [stream] in stream.connection.abort() } }
}

/// The server did something else than it should.
struct PeerError: Error, CustomStringConvertible {
  let what: String
  var description: String { "the server answered: \(what)" }
}
