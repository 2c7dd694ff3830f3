internal import AsyncModes
internal import EngineIOCodec
internal import WebSocketCodec

/// A message that is encoded once and sent to any number of sessions, of both revisions and on both transports.
public struct EngineMessage: Sendable {
  /// The unmasked WebSocket frame of revision 4, and of revision 3 for text.
  let frame: SharedBytes
  /// The frame for revision 3, whose binary messages begin with the packet type; `nil` for text.
  let frameV3: SharedBytes?
  /// Where the packet begins in `frame`.
  let payloadOffset: Int
  /// Whether it is a binary message.
  public let isBinary: Bool

  /// Encodes a text packet, which begins with the packet type `4`.
  public init(textPacket packet: borrowing RawSpan) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(packet.byteCount + 10)
    WebSocketEncoder.appendHeader(opcode: .text, payloadCount: packet.byteCount, to: &bytes)
    payloadOffset = bytes.count
    packet.withUnsafeBytes { bytes.append(contentsOf: $0) }
    frame = SharedBytes(bytes)
    frameV3 = nil
    isBinary = false
  }

  /// Encodes a binary message.
  public init(binary content: [UInt8]) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(content.count + 10)
    WebSocketEncoder.appendHeader(opcode: .binary, payloadCount: content.count, to: &bytes)
    payloadOffset = bytes.count
    bytes += content
    frame = SharedBytes(bytes)
    var old: [UInt8] = []
    old.reserveCapacity(content.count + 11)
    WebSocketEncoder.appendHeader(opcode: .binary, payloadCount: content.count + 1, to: &old)
    old.append(4)
    old += content
    frameV3 = SharedBytes(old)
    isBinary = true
  }

  /// The length of the message in bytes.
  public var count: Int { frame.count - payloadOffset }

  /// Calls `body` with the packet (text) or the content (binary).
  func withPayload<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    frame.storage.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[payloadOffset...])) }
  }
}
