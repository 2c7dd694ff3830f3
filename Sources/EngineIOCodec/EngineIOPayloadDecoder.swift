/// A packet in a payload.
public struct EngineIOPayloadPacket: Sendable, Hashable {
  /// What the bytes of a packet are.
  public enum Content: Sendable, Hashable {
    /// The packet type and text.
    case text
    /// A binary message.
    case binary
    /// A binary message in base64.
    case base64
  }
  /// What the bytes are.
  public let content: Content
  /// Where they are in the payload.
  public let range: Range<Int>
}

/// Reads the packets of a POST one after the other.
public struct EngineIOPayloadDecoder {
  private let revision: EngineIORevision
  private let isBinary: Bool
  private var position = 0
  private var remaining: Int
  private var isFinished = false

  /// Begins to read a payload.
  ///
  /// - Parameters:
  ///   - body: the whole payload.
  ///   - revision: the revision of the session.
  ///   - isBinary: whether it was sent as `application/octet-stream`, which revision 3 only may do.
  ///   - maxPackets: how many packets are taken.
  /// - Throws: ``EngineIOPayloadError`` if the payload is empty or not UTF-8.
  public init(
    _ body: borrowing RawSpan, revision: EngineIORevision, isBinary: Bool, maxPackets: Int
  ) throws(EngineIOPayloadError) {
    guard body.byteCount > 0 else { throw .emptyPacket }
    self.revision = revision
    self.isBinary = isBinary && revision == .v3
    remaining = maxPackets
    if !self.isBinary, !body.withUnsafeBytes({ Self.isUTF8($0) }) { throw .invalidText }
  }

  /// Reads the next packet.
  ///
  /// - Parameter body: the same payload.
  /// - Returns: the packet, or `nil` if there is no more.
  public mutating func next(in body: borrowing RawSpan) throws(EngineIOPayloadError) -> EngineIOPayloadPacket? {
    try body.withUnsafeBytes { body throws(EngineIOPayloadError) in
      guard !isFinished else { return nil }
      guard remaining > 0 else { throw .tooManyPackets }
      remaining -= 1
      switch revision {
      case .v4: return try nextV4(body)
      case .v3: return isBinary ? try nextV3Binary(body) : try nextV3Text(body)
      }
    }
  }

  private mutating func nextV4(_ body: UnsafeRawBufferPointer) throws(EngineIOPayloadError) -> EngineIOPayloadPacket {
    var end = position
    while end < body.count, body[end] != 0x1e { end += 1 }
    let range = position..<end
    guard !range.isEmpty else { throw .emptyPacket }
    if end == body.count { isFinished = true } else { position = end + 1 }
    if body[range.lowerBound] == UInt8(ascii: "b") {
      return EngineIOPayloadPacket(content: .base64, range: range.lowerBound + 1..<end)
    }
    return EngineIOPayloadPacket(content: .text, range: range)
  }

  private mutating func nextV3Text(
    _ body: UnsafeRawBufferPointer
  ) throws(EngineIOPayloadError) -> EngineIOPayloadPacket {
    var length = 0
    let start = position
    while position < body.count, body[position] != UInt8(ascii: ":") {
      let digit = body[position] &- 0x30
      guard digit < 10, position - start < 10 else { throw .invalidLength }
      length = length * 10 + Int(digit)
      position += 1
    }
    guard position > start, position < body.count, length > 0 else { throw .invalidLength }
    position += 1
    let begin = position
    // The length counts UTF-16 code units: a character of four bytes is two of them.
    while length > 0 {
      guard position < body.count else { throw .invalidLength }
      let byte = body[position]
      let (bytes, units) = byte < 0x80 ? (1, 1) : byte < 0xe0 ? (2, 1) : byte < 0xf0 ? (3, 1) : (4, 2)
      guard units <= length, position + bytes <= body.count else { throw .invalidLength }
      position += bytes
      length -= units
    }
    isFinished = position == body.count
    if position - begin >= 2, body[begin] == UInt8(ascii: "b") {
      guard body[begin + 1] == UInt8(ascii: "4") else { throw .invalidBase64 }
      return EngineIOPayloadPacket(content: .base64, range: begin + 2..<position)
    }
    return EngineIOPayloadPacket(content: .text, range: begin..<position)
  }

  private mutating func nextV3Binary(
    _ body: UnsafeRawBufferPointer
  ) throws(EngineIOPayloadError) -> EngineIOPayloadPacket {
    let isText = body[position] == 0
    guard body[position] <= 1 else { throw .invalidLength }
    position += 1
    let start = position
    var length = 0
    while position < body.count, body[position] != 0xff {
      guard body[position] < 10, position - start < 10 else { throw .invalidLength }
      length = length * 10 + Int(body[position])
      position += 1
    }
    guard position > start, position < body.count, length > 0, length <= body.count - position - 1 else {
      throw .invalidLength
    }
    let range = position + 1..<position + 1 + length
    position = range.upperBound
    isFinished = position == body.count
    if isText {
      guard Self.isUTF8(UnsafeRawBufferPointer(rebasing: body[range])) else { throw .invalidText }
      return EngineIOPayloadPacket(content: .text, range: range)
    }
    // A binary packet has its type in front, as a number; only messages are binary.
    guard body[range.lowerBound] == 4 else { throw .emptyPacket }
    return EngineIOPayloadPacket(content: .binary, range: range.lowerBound + 1..<range.upperBound)
  }

  private static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    while index + 8 <= bytes.count,
      bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
    {
      index += 8
    }
    let rest = UnsafeRawBufferPointer(rebasing: bytes[index...])
    return rest.allSatisfy { $0 < 0x80 } || String(validating: rest, as: UTF8.self) != nil
  }
}
