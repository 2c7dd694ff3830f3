public import AsyncModes
public import WebSocketCodec

/// What a WebSocket pushes its messages to. Every call comes on the connection's executor.
public protocol WebSocketDelegate: AnyObject {
  /// A text message, checked to be UTF-8. The bytes are gone when the call returns.
  func webSocket(_ webSocket: WebSocketConnection, received text: borrowing RawSpan)
  /// A binary message. The bytes are gone when the call returns.
  func webSocket(_ webSocket: WebSocketConnection, receivedBinary bytes: borrowing RawSpan)
  /// Everything that had to wait for the peer is written.
  func webSocketDrained(_ webSocket: WebSocketConnection)
  /// The WebSocket is gone; called once and last.
  func webSocketClosed(_ webSocket: WebSocketConnection, _ end: WebSocketEnd)
}

/// How a WebSocket came to its end.
public enum WebSocketEnd: Sendable, Hashable {
  /// One side closed it with a handshake; the code is the peer's, if it sent one.
  case closed(code: UInt16?)
  /// The peer violated RFC 6455 or a limit and was told so with this code.
  case violation(code: UInt16)
  /// The connection was lost without a closing handshake.
  case lost(CloseReason)
}

/// A WebSocket (RFC 6455) on a connection: answers pings, does the closing handshake, and enforces limits.
public final class WebSocketConnection: ConnectionHandler {
  /// The connection underneath.
  public let connection: Connection
  /// Who gets the messages.
  @exclusivity(unchecked) public var delegate: (any WebSocketDelegate)?
  @exclusivity(unchecked) private var decoder: WebSocketDecoder
  @exclusivity(unchecked) private var deflate: PerMessageDeflate?
  @exclusivity(unchecked) private var end: WebSocketEnd?
  @exclusivity(unchecked) private var isCloseSent = false

  /// How long the peer may take to answer a close frame.
  private static let closeTimeout = Duration.seconds(5)

  /// Puts WebSocket on a connection whose handshake is done.
  ///
  /// - Parameters:
  ///   - maxMessageBytes: the longest message, inclusive and after inflating; longer ones are refused with 1009.
  ///   - deflate: permessage-deflate (RFC 7692) as it was negotiated, if it was.
  public init(_ connection: Connection, maxMessageBytes: Int, deflate: PerMessageDeflate? = nil) {
    self.connection = connection
    self.deflate = deflate
    decoder = WebSocketDecoder(role: .server, maxMessageBytes: maxMessageBytes, deflate: deflate)
  }

  /// Whether messages can be sent.
  public var isOpen: Bool { !isCloseSent && connection.isOpen }

  // MARK: Out

  /// Sends one message.
  ///
  /// - Returns: whether it was taken; `false` once the WebSocket is closing.
  @discardableResult
  public func send(_ opcode: WebSocketOpcode, _ payload: borrowing RawSpan) -> Bool {
    guard isOpen else { return false }
    if let deflate, payload.byteCount >= deflate.threshold, let compressed = deflate.compress(payload) {
      return send(opcode, compressed.span.bytes, isCompressed: true)
    }
    return send(opcode, payload, isCompressed: false)
  }

  private func send(_ opcode: WebSocketOpcode, _ payload: borrowing RawSpan, isCompressed: Bool) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { header in
      let count = WebSocketEncoder.writeHeader(
        opcode: opcode, payloadCount: payload.byteCount, isCompressed: isCompressed, to: header)
      connection.write(UnsafeRawBufferPointer(rebasing: header[..<count]))
    }
    return connection.write(payload)
  }

  /// Sends a message whose unmasked frame was encoded before, for many recipients at once.
  ///
  /// - Parameters:
  ///   - frame: the whole frame, uncompressed.
  ///   - payload: where its payload begins; used if this WebSocket compresses messages of that length.
  @discardableResult
  public func send(prepared frame: SharedBytes, payloadOffset: Int, opcode: WebSocketOpcode) -> Bool {
    guard isOpen else { return false }
    if let deflate, frame.count - payloadOffset >= deflate.threshold {
      if let shared = deflate.sharedFrame(frame.storage, payloadOffset: payloadOffset, opcode: opcode) {
        return connection.write(SharedBytes(shared))
      }
      if let compressed = deflate.compress(frame.storage.span.bytes.extracting(payloadOffset..<frame.count)) {
        return send(opcode, compressed.span.bytes, isCompressed: true)
      }
    }
    return connection.write(frame)
  }

  /// Bytes that were sent here and not yet taken by the kernel, with their framing.
  public var pendingBytes: Int { connection.pendingBytes }

  /// Begins the closing handshake; messages that still come in are dropped.
  ///
  /// - Parameters:
  ///   - code: the status code of RFC 6455, section 7.4; `nil` sends a close frame without one.
  ///   - reason: at most 123 bytes of UTF-8; the rest is cut off.
  public func close(code: UInt16? = nil, reason: String = "") {
    guard isOpen else { return }
    isCloseSent = true
    var frame: [UInt8] = []
    WebSocketEncoder.appendClose(code: code, reason: reason, to: &frame)
    connection.write(frame.span.bytes)
    connection.setDeadline(after: Self.closeTimeout)
  }

  // MARK: In

  /// Decodes frames in place and pushes messages on.
  public func received(_ bytes: inout MutableRawSpan) {
    var offset = 0
    do throws(WebSocketError) {
      while end == nil, connection.isOpen, let event = try decoder.next(in: &bytes, from: &offset) {
        switch event {
        case .message(let kind, .input(let range)):
          deliver(kind, bytes.bytes.extracting(range))
        case .message(let kind, .buffered(let buffer)):
          deliver(kind, buffer.span.bytes)
        case .ping(.input(let range)): pong(bytes.bytes.extracting(range))
        case .ping(.buffered(let buffer)): pong(buffer.span.bytes)
        case .pong: break
        case .close(let code, _): closeReceived(code)
        }
      }
    } catch {
      violated(error)
    }
  }

  private func deliver(_ kind: WebSocketMessageKind, _ bytes: borrowing RawSpan) {
    guard !isCloseSent else { return }
    switch kind {
    case .text: delegate?.webSocket(self, received: bytes)
    case .binary: delegate?.webSocket(self, receivedBinary: bytes)
    }
  }

  private func pong(_ payload: borrowing RawSpan) {
    // A peer that pings and does not read gets no more answers than fit.
    guard isOpen, connection.isWritable else { return }
    _ = send(.pong, payload, isCompressed: false)
  }

  private func closeReceived(_ code: WebSocketCloseCode?) {
    end = .closed(code: code?.rawValue)
    if !isCloseSent {
      isCloseSent = true
      var frame: [UInt8] = []
      WebSocketEncoder.appendClose(code: code?.rawValue, reason: "", to: &frame)
      connection.write(frame.span.bytes)
    }
    connection.close()
  }

  private func violated(_ error: WebSocketError) {
    guard end == nil else { return }
    end = .violation(code: error.closeCode.rawValue)
    if !isCloseSent {
      isCloseSent = true
      var frame: [UInt8] = []
      WebSocketEncoder.appendClose(code: error.closeCode.rawValue, reason: error.message, to: &frame)
      connection.write(frame.span.bytes)
    }
    connection.close()
  }

  /// Lets the delegate go on writing.
  public func drained() { delegate?.webSocketDrained(self) }

  /// Tells the delegate that it is over.
  public func closed(_ reason: CloseReason) {
    let delegate = delegate
    self.delegate = nil
    deflate = nil
    delegate?.webSocketClosed(self, end ?? .lost(reason))
  }
}
