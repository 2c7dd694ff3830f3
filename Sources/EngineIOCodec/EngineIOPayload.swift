/// Writes the payloads of polling answers.
///
/// Revision 4 joins packets by the character 0x1e. Revision 3 puts a length in front of each: as text in UTF-16 code
/// units and a colon, or, if a packet is binary and the client can take it, in the binary form.
public enum EngineIOPayload {
  private static let separator: UInt8 = 0x1e

  /// Appends a text packet, which begins with its type.
  ///
  /// - Parameter asBinaryPayload: whether a payload of revision 3 takes the binary form.
  public static func append(
    textPacket packet: borrowing RawSpan, revision: EngineIORevision, asBinaryPayload: Bool, to out: inout [UInt8]
  ) {
    packet.withUnsafeBytes { packet in
      switch revision {
      case .v4: if !out.isEmpty { out.append(separator) }
      case .v3 where asBinaryPayload:
        out.append(0)
        appendDigits(packet.count, base: 0, &out)
        out.append(0xff)
      case .v3:
        appendDigits(utf16Count(packet), base: 0x30, &out)
        out.append(UInt8(ascii: ":"))
      }
      out.append(contentsOf: packet)
    }
  }

  /// Appends a binary message.
  public static func append(
    binary content: borrowing RawSpan, revision: EngineIORevision, asBinaryPayload: Bool, to out: inout [UInt8]
  ) {
    if revision == .v3, asBinaryPayload {
      out.append(1)
      appendDigits(content.byteCount + 1, base: 0, &out)
      out.append(0xff)
      out.append(4)
      content.withUnsafeBytes { out.append(contentsOf: $0) }
      return
    }
    if revision == .v4 {
      if !out.isEmpty { out.append(separator) }
    } else {
      appendDigits(2 + (content.byteCount + 2) / 3 * 4, base: 0x30, &out)
      out.append(UInt8(ascii: ":"))
    }
    appendBase64Packet(content, revision: revision, to: &out)
  }

  /// Appends a binary message in its text form: `b…` in revision 4, `b4…` in revision 3.
  public static func appendBase64Packet(
    _ content: borrowing RawSpan, revision: EngineIORevision, to out: inout [UInt8]
  ) {
    out.append(UInt8(ascii: "b"))
    if revision == .v3 { out.append(UInt8(ascii: "4")) }
    content.withUnsafeBytes { Base64.append($0, to: &out) }
  }

  /// Decodes base64 whose padding may be missing; `nil` if it is not valid.
  public static func decodeBase64(_ text: borrowing RawSpan) -> [UInt8]? {
    text.withUnsafeBytes { Base64.decode($0) }
  }

  /// Appends a payload as a script that calls the callback of a JSONP poll.
  public static func appendJSONP(index: Int, _ payload: borrowing RawSpan, to out: inout [UInt8]) {
    out.append(contentsOf: "___eio[\(index)](\"".utf8)
    payload.withUnsafeBytes { payload in
      var position = 0
      while position < payload.count {
        let byte = payload[position]
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
          out.append(UInt8(ascii: "\\"))
          out.append(byte)
        case 0x0a: out.append(contentsOf: "\\n".utf8)
        case 0x00..<0x20, UInt8(ascii: "<"), 0x7f:
          // `<` so that the text cannot end a script element.
          let digits = Array("0123456789abcdef".utf8)
          out.append(contentsOf: "\\u00".utf8)
          out.append(digits[Int(byte >> 4)])
          out.append(digits[Int(byte & 15)])
        case 0xe2
        where position + 2 < payload.count && payload[position + 1] == 0x80 && payload[position + 2] & 0xfe == 0xa8:
          // U+2028 and U+2029 end a line in old scripts.
          out.append(contentsOf: (payload[position + 2] == 0xa8 ? "\\u2028" : "\\u2029").utf8)
          position += 2
        default: out.append(byte)
        }
        position += 1
      }
    }
    out.append(contentsOf: "\");".utf8)
  }

  /// Decodes the form that a JSONP client posts: the field `d`, percent-encoded, with its line breaks escaped.
  ///
  /// - Returns: the payload, or `nil` if the form has no such field or is not valid.
  public static func decodeJSONPForm(_ body: [UInt8]) -> [UInt8]? {
    guard body.starts(with: "d=".utf8) else { return nil }
    var text: [UInt8] = []
    text.reserveCapacity(body.count)
    var index = 2
    while index < body.count, body[index] != UInt8(ascii: "&") {
      switch body[index] {
      case UInt8(ascii: "+"): text.append(0x20)
      case UInt8(ascii: "%"):
        guard index + 2 < body.count, let high = hex(body[index + 1]), let low = hex(body[index + 2]) else {
          return nil
        }
        text.append(high << 4 | low)
        index += 2
      default: text.append(body[index])
      }
      index += 1
    }
    // The client has escaped line breaks, as browsers would change them: `\n` stands for one, `\\n` for `\n`.
    var out: [UInt8] = []
    out.reserveCapacity(text.count)
    index = 0
    let backslash = UInt8(ascii: "\\")
    while index < text.count {
      if text[index] == backslash, index + 1 < text.count, text[index + 1] == UInt8(ascii: "n") {
        out.append(0x0a)
        index += 2
      } else if text[index] == backslash, index + 2 < text.count, text[index + 1] == backslash,
        text[index + 2] == UInt8(ascii: "n")
      {
        out += [backslash, UInt8(ascii: "n")]
        index += 3
      } else {
        out.append(text[index])
        index += 1
      }
    }
    return out
  }

  private static func hex(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }

  /// The length of a text in UTF-16 code units, which is what JavaScript counts.
  private static func utf16Count(_ text: UnsafeRawBufferPointer) -> Int {
    var count = 0
    for byte in text {
      if byte & 0xc0 != 0x80 { count += 1 }
      if byte >= 0xf0 { count += 1 }
    }
    return count
  }

  private static func appendDigits(_ number: Int, base: UInt8, _ out: inout [UInt8]) {
    var divisor = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      out.append(base + UInt8(number / divisor % 10))
      divisor /= 10
    }
  }
}
