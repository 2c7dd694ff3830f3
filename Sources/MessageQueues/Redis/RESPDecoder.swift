/// Turns the bytes of a Redis server into replies, in whatever pieces the bytes come.
public struct RESPDecoder: Sendable {
  /// The largest bulk that is kept; larger ones are thrown away and reported as ``RESPValue/oversized(_:)``.
  public let maxBulkBytes: Int
  private static let maxDepth = 8
  private static let maxElements = 1 << 20
  private static let maxLineBytes = 64 << 10

  private var buffer: [UInt8] = []
  private var start = 0
  /// There is no use in trying again before this many bytes are there.
  private var needed = 0
  /// Bytes of an oversized bulk that are still to come and to be thrown away.
  private var discarding = 0
  private var discarded = 0
  /// Containers that are not complete, outermost first.
  private var open: [(values: [RESPValue], missing: Int, isPush: Bool, isAttribute: Bool)] = []

  /// Creates a decoder.
  public init(maxBulkBytes: Int = 64 << 20) { self.maxBulkBytes = maxBulkBytes }

  /// Takes bytes and calls `body` with each reply that is complete.
  ///
  /// - Throws: ``MessageQueueError`` with the code `malformed`; the decoder cannot be used any more then.
  public mutating func receive(
    _ bytes: UnsafeRawBufferPointer, _ body: (RESPValue) -> Void
  ) throws(MessageQueueError) {
    buffer.append(contentsOf: bytes)
    while buffer.count - start >= max(needed, 1) {
      guard let value = try next() else { break }
      if let complete = close(value) { body(complete) }
    }
    if start > 0 {
      buffer.removeFirst(start)
      start = 0
    }
    if buffer.isEmpty, buffer.capacity > 256 << 10 { buffer = [] }
  }

  private func malformed(_ what: String) -> MessageQueueError {
    MessageQueueError(.malformed, "the Redis server sent what is no RESP: \(what)")
  }

  /// A value that is not inside of others, if one is complete now.
  private mutating func close(_ value: RESPValue?) -> RESPValue? {
    guard var value else { return nil }
    while var last = open.popLast() {
      last.values.append(value)
      last.missing -= 1
      if last.missing > 0 {
        open.append(last)
        return nil
      }
      if last.isAttribute { return nil }
      value = last.isPush ? .push(last.values) : .array(last.values)
    }
    return value
  }

  /// The next value, `.some(nil)` if a container was opened, or `nil` if bytes are missing.
  private mutating func next() throws(MessageQueueError) -> RESPValue?? {
    if discarding > 0 {
      let count = min(discarding, buffer.count - start)
      start += count
      discarding -= count
      needed = 0
      return discarding > 0 ? nil : .oversized(discarded)
    }
    guard let line = try line() else { return nil }
    let kind = buffer[line.lowerBound]
    let content = buffer[(line.lowerBound + 1)..<line.upperBound]
    switch kind {
    case UInt8(ascii: "+"): return consume(line, .simple(text(content)))
    case UInt8(ascii: "-"): return consume(line, .error(text(content)))
    case UInt8(ascii: "("): return consume(line, .simple(text(content)))
    case UInt8(ascii: ":"): return consume(line, .integer(try number(content)))
    case UInt8(ascii: "_"): return consume(line, .null)
    case UInt8(ascii: "#"): return consume(line, .boolean(content.first == UInt8(ascii: "t")))
    case UInt8(ascii: ","):
      guard let value = Double(text(content)) else { throw malformed("a number") }
      return consume(line, .double(value))
    case UInt8(ascii: "$"), UInt8(ascii: "="), UInt8(ascii: "!"): return try bulk(kind, line, try number(content))
    case UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: ">"): return try container(kind, line, try number(content))
    case UInt8(ascii: "%"), UInt8(ascii: "|"):
      let pairs = try number(content)
      guard pairs <= Self.maxElements else { throw malformed("a map of \(pairs) pairs") }
      return try container(kind, line, pairs * 2)
    default: throw malformed("a reply that begins with the byte \(kind)")
    }
  }

  private mutating func line() throws(MessageQueueError) -> Range<Int>? {
    guard let end = buffer[start...].firstIndex(of: 0x0d), end + 1 < buffer.count else {
      guard buffer.count - start < Self.maxLineBytes else { throw malformed("a line without end") }
      needed = buffer.count - start + 1
      return nil
    }
    guard buffer[end + 1] == 0x0a, end > start else { throw malformed("a line without end") }
    return start..<end
  }

  private mutating func consume(_ line: Range<Int>, _ value: RESPValue) -> RESPValue? {
    start = line.upperBound + 2
    needed = 0
    return value
  }

  private mutating func bulk(
    _ kind: UInt8, _ line: Range<Int>, _ length: Int64
  ) throws(MessageQueueError) -> RESPValue?? {
    if length == -1 { return consume(line, .null) }
    guard length >= 0, length <= 1 << 32 else { throw malformed("a bulk of \(length) bytes") }
    let count = Int(length)
    let first = line.upperBound + 2
    guard count <= maxBulkBytes else {
      start = first
      discarding = count + 2
      discarded = count
      needed = 0
      return .some(nil)
    }
    guard buffer.count >= first + count + 2 else {
      needed = first + count + 2 - start
      return nil
    }
    guard buffer[first + count] == 0x0d, buffer[first + count + 1] == 0x0a else {
      throw malformed("a bulk without end")
    }
    start = first + count + 2
    needed = 0
    let content = buffer[first..<first + count]
    switch kind {
    case UInt8(ascii: "!"): return .error(text(content))
    // Three letters and a colon say what kind of text a verbatim string is.
    case UInt8(ascii: "="): return .bulk(Array(content.dropFirst(4)))
    default: return .bulk(Array(content))
    }
  }

  private mutating func container(
    _ kind: UInt8, _ line: Range<Int>, _ count: Int64
  ) throws(MessageQueueError) -> RESPValue?? {
    if count == -1 { return consume(line, .null) }
    guard count >= 0, count <= Self.maxElements else { throw malformed("an array of \(count) elements") }
    guard open.count < Self.maxDepth else { throw malformed("arrays nested more than \(Self.maxDepth) deep") }
    start = line.upperBound + 2
    needed = 0
    let isPush = kind == UInt8(ascii: ">")
    if count == 0 { return kind == UInt8(ascii: "|") ? .some(nil) : isPush ? .push([]) : .array([]) }
    open.append(([], Int(count), isPush, kind == UInt8(ascii: "|")))
    return .some(nil)
  }

  private func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

  private func number(_ bytes: ArraySlice<UInt8>) throws(MessageQueueError) -> Int64 {
    guard bytes.count <= 20, let value = Int64(text(bytes)) else { throw malformed("a number") }
    return value
  }
}
