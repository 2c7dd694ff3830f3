/// Checks and takes apart packets: the content of an Engine.IO message. One pass, no allocation.
public struct SocketIOPacketDecoder: Sendable {
  private let version: SocketIOProtocol
  private let limits: SocketIOLimits

  /// Creates a decoder for a generation of the protocol.
  public init(_ version: SocketIOProtocol, limits: SocketIOLimits = SocketIOLimits()) {
    self.version = version
    self.limits = limits
  }

  /// Decodes a packet.
  ///
  /// - Parameter text: the message; it must be UTF-8, which transports have checked.
  /// - Throws: ``SocketIOPacketError`` for whatever the specification calls invalid.
  public func decode(_ text: borrowing RawSpan) throws(SocketIOPacketError) -> SocketIOPacketHead {
    try text.withUnsafeBytes { bytes throws(SocketIOPacketError) in try decode(bytes) }
  }

  private func decode(_ bytes: UnsafeRawBufferPointer) throws(SocketIOPacketError) -> SocketIOPacketHead {
    guard let first = bytes.first, let type = SocketIOPacketType(rawValue: first &- 0x30) else {
      throw SocketIOPacketError("the packet type is unknown")
    }
    var head = SocketIOPacketHead(type: type)
    var position = 1
    if type == .binaryEvent || type == .binaryAck { try attachments(bytes, &position, &head) }
    if position < bytes.count, bytes[position] == UInt8(ascii: "/") { try namespace(bytes, &position, &head) }
    if type == .event || type == .ack || type == .binaryEvent || type == .binaryAck {
      try id(bytes, &position, &head)
    }
    if position < bytes.count { head.payload = position..<bytes.count }
    do throws(JSONError) {
      try payload(bytes, position, &head)
    } catch {
      throw SocketIOPacketError("the payload is not valid: \(error)")
    }
    try check(head, bytes)
    return head
  }

  private func attachments(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int, _ head: inout SocketIOPacketHead
  ) throws(SocketIOPacketError) {
    let start = position
    var count = 0
    while position < bytes.count, bytes[position] &- 0x30 < 10, position - start < 9 {
      count = count * 10 + Int(bytes[position] - 0x30)
      position += 1
    }
    guard position > start, position < bytes.count, bytes[position] == UInt8(ascii: "-") else {
      throw SocketIOPacketError("the number of attachments is missing")
    }
    guard count <= limits.maxAttachments else {
      throw SocketIOPacketError("\(count) attachments are more than \(limits.maxAttachments)")
    }
    position += 1
    head.attachmentCount = count
  }

  private func namespace(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int, _ head: inout SocketIOPacketHead
  ) throws(SocketIOPacketError) {
    let start = position
    var mark: Int?
    while position < bytes.count, bytes[position] != UInt8(ascii: ",") {
      if mark == nil, bytes[position] == UInt8(ascii: "?") { mark = position }
      position += 1
    }
    var end = position
    if position < bytes.count { position += 1 }
    if version == .v4, let mark {
      head.namespaceQuery = mark + 1..<end
      end = mark
    }
    if end - start > 1 { head.namespace = start..<end }
  }

  private func id(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int, _ head: inout SocketIOPacketHead
  ) throws(SocketIOPacketError) {
    var id: Int64 = 0
    let start = position
    while position < bytes.count, bytes[position] &- 0x30 < 10 {
      guard position - start < 16 else { throw SocketIOPacketError("the id of the acknowledgement is too large") }
      id = id * 10 + Int64(bytes[position] - 0x30)
      position += 1
    }
    guard position > start else { return }
    guard id <= 9_007_199_254_740_991 else { throw SocketIOPacketError("the id of the acknowledgement is too large") }
    head.id = id
  }

  /// Checks the JSON text, and notes where the event's name and the arguments are.
  private func payload(
    _ bytes: UnsafeRawBufferPointer, _ start: Int, _ head: inout SocketIOPacketHead
  ) throws(JSONError) {
    guard start < bytes.count else { return }
    var scanner = JSONScanner(bytes, from: start, maxDepth: limits.maxDepth)
    scanner.skipWhitespace()
    let isEvent = head.type == .event || head.type == .binaryEvent
    let isAck = head.type == .ack || head.type == .binaryAck
    guard isEvent || isAck, scanner.current == UInt8(ascii: "[") else {
      try scanner.skipValue()
      scanner.skipWhitespace()
      guard scanner.isAtEnd else { throw scanner.error("something follows the value") }
      return
    }
    var argumentsStart = scanner.position + 1
    var isNamed = false
    if try scanner.enter(0, UInt8(ascii: "]")) {
      var isFirst = true
      while true {
        scanner.skipWhitespace()
        if isFirst, isEvent, scanner.current == UInt8(ascii: "\"") {
          let name = try scanner.string()
          head.eventName = name.range
          head.isEventNameEscaped = name.isEscaped
          isNamed = true
        } else {
          try scanner.skipValue(depth: 1)
        }
        let isLast = try scanner.leave(UInt8(ascii: "]"))
        if isFirst, isNamed { argumentsStart = isLast ? scanner.position - 1 : scanner.position }
        isFirst = false
        if isLast { break }
      }
    }
    head.arguments = argumentsStart..<scanner.position - 1
    scanner.skipWhitespace()
    guard scanner.isAtEnd else { throw scanner.error("something follows the value") }
  }

  /// What the type of a packet demands of its payload.
  private func check(_ head: SocketIOPacketHead, _ bytes: UnsafeRawBufferPointer) throws(SocketIOPacketError) {
    var first: UInt8?
    if let payload = head.payload {
      var scanner = JSONScanner(bytes, from: payload.lowerBound, maxDepth: 0)
      scanner.skipWhitespace()
      first = scanner.current
    }
    switch head.type {
    case .connect:
      guard first == nil || first == UInt8(ascii: "{") else { throw SocketIOPacketError("CONNECT takes an object") }
    case .disconnect:
      guard head.payload == nil else { throw SocketIOPacketError("DISCONNECT takes no payload") }
    case .event, .binaryEvent:
      guard first == UInt8(ascii: "["), let name = head.eventName else {
        throw SocketIOPacketError("an event is an array that begins with the event's name")
      }
      guard !Self.isReserved(bytes, name, isEscaped: head.isEventNameEscaped) else {
        throw SocketIOPacketError("the event's name is reserved")
      }
    case .ack, .binaryAck:
      guard first == UInt8(ascii: "["), head.id != nil else {
        throw SocketIOPacketError("an acknowledgement has an id and an array")
      }
    case .connectError: throw SocketIOPacketError("only servers send CONNECT_ERROR")
    }
  }

  private static func isReserved(_ bytes: UnsafeRawBufferPointer, _ name: Range<Int>, isEscaped: Bool) -> Bool {
    guard isEscaped else { return isReserved(UnsafeRawBufferPointer(rebasing: bytes[name])) }
    return Array(JSONText.unescape(bytes, name, isEscaped: true).utf8).withUnsafeBytes { isReserved($0) }
  }

  private static func isReserved(_ name: UnsafeRawBufferPointer) -> Bool {
    switch name.count {
    case 7: name.elementsEqual("connect".utf8)
    case 10: name.elementsEqual("disconnect".utf8)
    case 11: name.elementsEqual("newListener".utf8)
    case 13: name.elementsEqual("connect_error".utf8) || name.elementsEqual("disconnecting".utf8)
    case 14: name.elementsEqual("removeListener".utf8)
    default: false
    }
  }

  /// The name of an event as text.
  public func eventName(of head: SocketIOPacketHead, in text: borrowing RawSpan) -> String {
    guard let name = head.eventName else { return "" }
    return text.withUnsafeBytes { JSONText.unescape($0, name, isEscaped: head.isEventNameEscaped) }
  }
}
