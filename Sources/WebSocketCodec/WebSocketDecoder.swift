/// Decodes the frames of one WebSocket (RFC 6455, section 5), with permessage-deflate (RFC 7692) if it was negotiated.
///
/// A message that lies in one input as one frame is unmasked where it lies and returned as a range: nothing is copied
/// or allocated. Between messages the decoder owns no memory.
public struct WebSocketDecoder {
  /// Which side of the connection decodes; clients mask what they send, servers do not.
  public enum Role: Sendable {
    /// What clients send is decoded.
    case server
    /// What a server sends is decoded.
    case client
  }

  private struct Frame {
    var opcode: WebSocketOpcode
    var isFinal: Bool
    var remaining: Int
    var mask: UInt32
  }

  private let role: Role
  private let maxMessageBytes: Int
  /// What cannot be compressed becomes longer by it; how much it is when inflated is checked then.
  private var maxCompressedBytes: Int {
    let (sum, isOverflow) = maxMessageBytes.addingReportingOverflow(maxMessageBytes / 8 + 1024)
    return isOverflow ? maxMessageBytes : sum
  }
  private let deflate: PerMessageDeflate?
  private var isOver = false
  /// The first bytes of a frame whose header is not complete.
  private var header: [UInt8] = []
  /// The frame that is being received in pieces.
  private var frame: Frame?
  /// The message that is being received in pieces.
  private var message: [UInt8] = []
  private var messageKind: WebSocketMessageKind?
  private var isCompressed = false
  private var validator = UTF8Validator()
  /// The control frame that is being received in pieces.
  private var control: [UInt8] = []

  /// Creates a decoder.
  ///
  /// - Parameters:
  ///   - role: whose side this is.
  ///   - maxMessageBytes: the longest message, inclusive, also after inflating; longer ones end in 1009.
  ///   - deflate: permessage-deflate as it was negotiated, or `nil`.
  public init(role: Role, maxMessageBytes: Int, deflate: PerMessageDeflate? = nil) {
    self.role = role
    self.maxMessageBytes = maxMessageBytes
    self.deflate = deflate
  }

  /// Decodes the next event.
  ///
  /// - Parameters:
  ///   - input: the bytes that have come; what belongs to messages is unmasked in place.
  ///   - offset: where to go on in `input`; is moved behind what was consumed.
  /// - Returns: the event, or `nil` if `input` is used up, or if the peer has closed.
  /// - Throws: ``WebSocketError`` with the code to close with.
  public mutating func next(
    in input: inout MutableRawSpan, from offset: inout Int
  ) throws(WebSocketError) -> WebSocketEvent? {
    var position = offset
    defer { offset = position }
    do throws(WebSocketError) {
      return try input.withUnsafeMutableBytes { bytes throws(WebSocketError) in try step(bytes, &position) }
    } catch {
      isOver = true
      message = []
      control = []
      throw error
    }
  }

  private mutating func step(
    _ input: UnsafeMutableRawBufferPointer, _ offset: inout Int
  ) throws(WebSocketError) -> WebSocketEvent? {
    while !isOver {
      if frame != nil {
        if let event = try receive(input, &offset) { return event }
        if frame != nil { return nil }
        continue
      }
      guard offset < input.count else { return nil }
      guard let (frame, start) = try beginFrame(input, &offset) else { return nil }
      if frame.isFinal, frame.remaining <= input.count - start, !isCompressed {
        // The fast path: the whole frame lies here, and it is a message or a control frame of its own.
        if let event = try complete(frame, input, start..<start + frame.remaining) {
          offset = start + frame.remaining
          return event
        }
      }
      self.frame = frame
    }
    return nil
  }

  // MARK: Headers

  /// Parses a frame header that may have come in pieces.
  private mutating func beginFrame(
    _ input: UnsafeMutableRawBufferPointer, _ offset: inout Int
  ) throws(WebSocketError) -> (Frame, start: Int)? {
    if header.isEmpty {
      let rest = UnsafeRawBufferPointer(rebasing: input[offset...])
      if let (frame, length) = try parse(rest) {
        offset += length
        return (frame, offset)
      }
      header.append(contentsOf: rest)
      offset = input.count
      return nil
    }
    while offset < input.count {
      header.append(input[offset])
      offset += 1
      let header = header
      let parsed = try header.span.bytes.withUnsafeBytes { bytes throws(WebSocketError) in try parse(bytes) }
      if let parsed {
        self.header = []
        return (parsed.0, offset)
      }
    }
    return nil
  }

  private mutating func parse(_ bytes: UnsafeRawBufferPointer) throws(WebSocketError) -> (Frame, length: Int)? {
    guard bytes.count >= 2 else {
      if let first = bytes.first { _ = try checkFirst(first) }
      return nil
    }
    let (opcode, isFinal, isCompressed) = try checkFirst(bytes[0])
    let isMasked = bytes[1] & 0x80 != 0
    guard isMasked == (role == .server) else {
      throw WebSocketError(.protocolError, isMasked ? "a server must not mask" : "a client must mask")
    }
    var length = Int(bytes[1] & 0x7f)
    var position = 2
    guard opcode.rawValue < 8 || length <= 125 else {
      throw WebSocketError(.protocolError, "a control frame is longer than 125 bytes")
    }
    if length == 126 {
      guard bytes.count >= 4 else { return nil }
      length = Int(bytes[2]) << 8 | Int(bytes[3])
      guard length > 125 else { throw WebSocketError(.protocolError, "a length is not in its shortest form") }
      position = 4
    } else if length == 127 {
      guard bytes.count >= 10 else { return nil }
      let wide = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
      guard wide > 0xffff, wide >> 63 == 0 else {
        throw WebSocketError(.protocolError, "a length is not in its shortest form")
      }
      length = Int(wide)
      position = 10
    }
    if opcode.rawValue < 8 {
      let isCompressed = isCompressed || (opcode == .continuation && self.isCompressed)
      let limit = isCompressed ? maxCompressedBytes : maxMessageBytes
      guard length <= limit, message.count <= limit - length else {
        throw WebSocketError(.tooBig, "a message is longer than \(maxMessageBytes) bytes")
      }
    }
    var mask: UInt32 = 0
    if isMasked {
      guard bytes.count >= position + 4 else { return nil }
      mask = bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)
      position += 4
    }
    // Only now is the header complete: a header in pieces is parsed more than once.
    if opcode == .text || opcode == .binary {
      messageKind = opcode == .text ? .text : .binary
      self.isCompressed = isCompressed
      validator = UTF8Validator()
    }
    return (Frame(opcode: opcode, isFinal: isFinal, remaining: length, mask: mask), position)
  }

  private func checkFirst(
    _ byte: UInt8
  ) throws(WebSocketError) -> (opcode: WebSocketOpcode, isFinal: Bool, isCompressed: Bool) {
    guard let opcode = WebSocketOpcode(rawValue: byte & 0x0f) else {
      throw WebSocketError(.protocolError, "the opcode \(byte & 0x0f) is reserved")
    }
    let isFinal = byte & 0x80 != 0
    let isCompressed = byte & 0x40 != 0
    guard byte & 0x30 == 0, !isCompressed || (deflate != nil && (opcode == .text || opcode == .binary)) else {
      throw WebSocketError(.protocolError, "a reserved bit is set")
    }
    switch opcode {
    case .close, .ping, .pong:
      guard isFinal else { throw WebSocketError(.protocolError, "a control frame is fragmented") }
    case .continuation:
      guard messageKind != nil else { throw WebSocketError(.protocolError, "there is nothing to continue") }
    case .text, .binary:
      guard messageKind == nil else { throw WebSocketError(.protocolError, "a message begins within another") }
    }
    return (opcode, isFinal, isCompressed)
  }

  // MARK: Frames that lie in the input

  /// Takes a frame where it lies; `nil` if it is a part of a message in pieces.
  private mutating func complete(
    _ frame: Frame, _ input: UnsafeMutableRawBufferPointer, _ range: Range<Int>
  ) throws(WebSocketError) -> WebSocketEvent? {
    guard frame.opcode != .continuation else { return nil }
    let bytes = UnsafeMutableRawBufferPointer(rebasing: input[range])
    _ = WebSocketMask.apply(frame.mask, to: bytes)
    switch frame.opcode {
    case .text:
      guard UTF8Validator.isValid(UnsafeRawBufferPointer(bytes)) else {
        throw WebSocketError(.invalidPayload, "a text is not UTF-8")
      }
      messageKind = nil
      return .message(.text, .input(range))
    case .binary:
      messageKind = nil
      return .message(.binary, .input(range))
    case .ping: return .ping(.input(range))
    case .pong: return .pong(.input(range))
    case .close: return try close(UnsafeRawBufferPointer(bytes))
    case .continuation: return nil
    }
  }

  // MARK: Frames in pieces

  private mutating func receive(
    _ input: UnsafeMutableRawBufferPointer, _ offset: inout Int
  ) throws(WebSocketError) -> WebSocketEvent? {
    guard var frame else { return nil }
    let range = offset..<offset + min(frame.remaining, input.count - offset)
    let bytes = UnsafeMutableRawBufferPointer(rebasing: input[range])
    frame.mask = WebSocketMask.apply(frame.mask, to: bytes)
    frame.remaining -= range.count
    offset = range.upperBound
    self.frame = frame
    let isControl = frame.opcode.rawValue >= 8
    if isControl {
      control.append(contentsOf: bytes)
    } else {
      if messageKind == .text, !isCompressed, !validator.consume(UnsafeRawBufferPointer(bytes)) {
        throw WebSocketError(.invalidPayload, "a text is not UTF-8")
      }
      message.append(contentsOf: bytes)
    }
    guard frame.remaining == 0 else { return nil }
    self.frame = nil
    if isControl { return try completeControl(frame.opcode) }
    return frame.isFinal ? try completeMessage() : nil
  }

  private mutating func completeControl(_ opcode: WebSocketOpcode) throws(WebSocketError) -> WebSocketEvent? {
    let content = control
    control = []
    switch opcode {
    case .ping: return .ping(.buffered(content))
    case .pong: return .pong(.buffered(content))
    default: return try content.span.bytes.withUnsafeBytes { bytes throws(WebSocketError) in try close(bytes) }
    }
  }

  private mutating func completeMessage() throws(WebSocketError) -> WebSocketEvent? {
    guard let kind = messageKind else { return nil }
    messageKind = nil
    var content = message
    message = []
    if isCompressed, let deflate {
      isCompressed = false
      content = try deflate.inflate(content, limit: maxMessageBytes)
      if kind == .text {
        guard content.withUnsafeBytes({ UTF8Validator.isValid($0) }) else {
          throw WebSocketError(.invalidPayload, "a text is not UTF-8")
        }
      }
    } else if kind == .text, !validator.isComplete {
      throw WebSocketError(.invalidPayload, "a text is not UTF-8")
    }
    return .message(kind, .buffered(content))
  }

  /// RFC 6455, section 5.5.1.
  private mutating func close(_ content: UnsafeRawBufferPointer) throws(WebSocketError) -> WebSocketEvent {
    isOver = true
    guard !content.isEmpty else { return .close(nil, reason: "") }
    guard content.count >= 2 else { throw WebSocketError(.protocolError, "a close frame has half a code") }
    let code = WebSocketCloseCode(rawValue: UInt16(content[0]) << 8 | UInt16(content[1]))
    guard code.mayBeSent else { throw WebSocketError(.protocolError, "the close code \(code.rawValue) is not valid") }
    let reason = UnsafeRawBufferPointer(rebasing: content[2...])
    guard UTF8Validator.isValid(reason) else { throw WebSocketError(.invalidPayload, "a close reason is not UTF-8") }
    return .close(code, reason: String(decoding: reason, as: UTF8.self))
  }
}
