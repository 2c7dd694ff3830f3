/// The kind of a frame (RFC 6455, section 5.2).
public enum WebSocketOpcode: UInt8, Sendable, Hashable {
  /// A further frame of a message.
  case continuation = 0
  /// UTF-8 text.
  case text = 1
  /// Bytes.
  case binary = 2
  /// The closing handshake.
  case close = 8
  /// Asks for a pong.
  case ping = 9
  /// Answers a ping.
  case pong = 10
}

/// The kind of a message.
public enum WebSocketMessageKind: Sendable, Hashable {
  /// UTF-8 text, checked.
  case text
  /// Bytes.
  case binary
}

/// Where the content of a frame or message is.
public enum WebSocketPayload: Sendable, Hashable {
  /// In the input, at this range, unmasked in place.
  case input(Range<Int>)
  /// In a buffer of its own, because it came in pieces or was compressed.
  case buffered([UInt8])
}

/// What came out of a WebSocket decoder.
public enum WebSocketEvent: Sendable, Hashable {
  /// A complete message.
  case message(WebSocketMessageKind, WebSocketPayload)
  /// A ping, to be answered with the same content.
  case ping(WebSocketPayload)
  /// A pong.
  case pong(WebSocketPayload)
  /// The peer closes; nothing follows.
  case close(WebSocketCloseCode?, reason: String)
}

/// Why a WebSocket is closed (RFC 6455, section 7.4).
public struct WebSocketCloseCode: RawRepresentable, Sendable, Hashable {
  /// The number of the code.
  public let rawValue: UInt16
  /// Takes a number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The purpose is fulfilled.
  public static let normal = WebSocketCloseCode(rawValue: 1000)
  /// The server goes down, or the page was left.
  public static let goingAway = WebSocketCloseCode(rawValue: 1001)
  /// The peer violated the protocol.
  public static let protocolError = WebSocketCloseCode(rawValue: 1002)
  /// A text was not UTF-8, or data could not be inflated.
  public static let invalidPayload = WebSocketCloseCode(rawValue: 1007)
  /// A message is too big.
  public static let tooBig = WebSocketCloseCode(rawValue: 1009)

  /// Whether a peer may send the code in a close frame.
  var mayBeSent: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}

/// A peer that violates RFC 6455 or a limit: the peer's fault.
public struct WebSocketError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The code to close with.
  public let closeCode: WebSocketCloseCode
  /// What is wrong; may be told to the peer.
  public let message: String

  init(_ closeCode: WebSocketCloseCode, _ message: String) {
    self.closeCode = closeCode
    self.message = message
  }

  /// The code and the message.
  public var description: String { "\(closeCode.rawValue): \(message)" }
}
