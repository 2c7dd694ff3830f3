/// Turns the bytes of a NATS server into messages, in whatever pieces the bytes come.
public struct NATSDecoder: Sendable {
  /// The largest payload that is kept; larger ones are thrown away and reported as
  /// ``NATSMessage/oversized(subject:subscription:bytes:)``.
  public let maxPayloadBytes: Int
  private static let maxLineBytes = 64 << 10

  /// A payload that is awaited behind its line.
  private struct Head {
    var subject: String
    var subscription: Int
    var count: Int
  }

  private var buffer: [UInt8] = []
  private var start = 0
  private var scanned = 0
  private var head: Head?
  /// Bytes of an oversized payload that are still to come and to be thrown away.
  private var discarding = 0

  /// Creates a decoder.
  public init(maxPayloadBytes: Int = 64 << 20) { self.maxPayloadBytes = maxPayloadBytes }

  /// Takes bytes and calls `body` with each message that is complete. What follows a message for which `body` answers
  /// `false` is kept back; see ``takeRest()``.
  ///
  /// - Throws: ``MessageQueueError`` with the code `malformed`; the decoder cannot be used any more then.
  public mutating func receive(
    _ bytes: UnsafeRawBufferPointer, _ body: (NATSMessage) -> Bool
  ) throws(MessageQueueError) {
    buffer.append(contentsOf: bytes)
    while let message = try next() {
      if !body(message) { break }
    }
    if start > 0 {
      buffer.removeFirst(start)
      scanned -= start
      start = 0
    }
    if buffer.isEmpty, buffer.capacity > 256 << 10 { buffer = [] }
  }

  /// What has come but was not read: nothing more is to come in this form, for TLS begins.
  public mutating func takeRest() -> [UInt8] {
    defer { (buffer, start, scanned) = ([], 0, 0) }
    return Array(buffer[start...])
  }

  private func malformed(_ what: String) -> MessageQueueError {
    MessageQueueError(.malformed, "the NATS server sent what is none of its messages: \(what)")
  }

  private mutating func next() throws(MessageQueueError) -> NATSMessage? {
    while true {
      if discarding > 0 {
        let count = min(discarding, buffer.count - start)
        start += count
        discarding -= count
        scanned = start
        guard discarding == 0 else { return nil }
      }
      if let head {
        guard buffer.count - start >= head.count + 2 else { return nil }
        let end = start + head.count
        guard buffer[end] == 13, buffer[end + 1] == 10 else {
          throw malformed("a payload does not end where it should")
        }
        let payload = Array(buffer[start..<end])
        start = end + 2
        scanned = start
        self.head = nil
        return .message(subject: head.subject, subscription: head.subscription, payload: payload)
      }
      guard let line = try line() else { return nil }
      if let message = try read(line) { return message }
    }
  }

  /// The next line without its end, or `nil` if it is not there yet.
  private mutating func line() throws(MessageQueueError) -> Range<Int>? {
    guard let end = buffer[scanned...].firstIndex(of: 10) else {
      scanned = buffer.count
      guard scanned - start <= Self.maxLineBytes else { throw malformed("a line without an end") }
      return nil
    }
    guard end > start, buffer[end - 1] == 13, end - start <= Self.maxLineBytes else {
      throw malformed("a line without its proper end")
    }
    defer {
      start = end + 1
      scanned = start
    }
    return start..<end - 1
  }

  /// Reads a line; `nil` if it only announces a payload.
  private mutating func read(_ line: Range<Int>) throws(MessageQueueError) -> NATSMessage? {
    let bytes = buffer[line]
    let wordEnd = bytes.firstIndex { $0 == 32 || $0 == 9 } ?? line.upperBound
    let word = String(decoding: bytes[..<wordEnd], as: UTF8.self).uppercased()
    let rest = bytes[min(wordEnd + 1, line.upperBound)...]
    switch word {
    case "PING": return .ping
    case "PONG": return .pong
    case "+OK": return .ok
    case "INFO": return .info(Array(rest))
    case "-ERR":
      let text = String(decoding: rest, as: UTF8.self)
      return .error(String(text.drop { $0 == "'" || $0 == " " }.reversed().drop { $0 == "'" || $0 == " " }.reversed()))
    case "MSG": return try message(rest)
    default: throw malformed("\"\(word.prefix(20))\"")
    }
  }

  /// `subject subscription [reply-to] bytes`
  private mutating func message(_ rest: ArraySlice<UInt8>) throws(MessageQueueError) -> NATSMessage? {
    let words = rest.split { $0 == 32 || $0 == 9 }
    guard words.count == 3 || words.count == 4, let subscription = Self.number(words[1]),
      let count = Self.number(words[words.count - 1])
    else { throw malformed("a message without its length") }
    let subject = String(decoding: words[0], as: UTF8.self)
    guard count <= maxPayloadBytes else {
      discarding = count + 2
      return .oversized(subject: subject, subscription: subscription, bytes: count)
    }
    head = Head(subject: subject, subscription: subscription, count: count)
    return nil
  }

  private static func number(_ word: ArraySlice<UInt8>) -> Int? {
    guard (1...10).contains(word.count), word.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
    return word.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }
}
