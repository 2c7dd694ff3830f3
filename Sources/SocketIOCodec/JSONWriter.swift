/// Writes values as compact JSON text.
enum JSONWriter {
  static func append(_ value: SocketValue, to out: inout [UInt8], attachments: inout [[UInt8]]) {
    switch value {
    case .null: out.append(contentsOf: "null".utf8)
    case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
    case .int(let value): append(value, to: &out)
    case .double(let value): append(value, to: &out)
    case .string(let value): append(value, to: &out)
    case .array(let values):
      out.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        append(value, to: &out, attachments: &attachments)
      }
      out.append(UInt8(ascii: "]"))
    case .object(let object):
      out.append(UInt8(ascii: "{"))
      var isFirst = true
      for (name, value) in object {
        if !isFirst { out.append(UInt8(ascii: ",")) }
        isFirst = false
        append(name, to: &out)
        out.append(UInt8(ascii: ":"))
        append(value, to: &out, attachments: &attachments)
      }
      out.append(UInt8(ascii: "}"))
    case .binary(let bytes):
      out.append(contentsOf: #"{"_placeholder":true,"num":"#.utf8)
      append(Int64(attachments.count), to: &out)
      out.append(UInt8(ascii: "}"))
      attachments.append(bytes)
    }
  }

  static func append(_ number: Int64, to out: inout [UInt8]) {
    if number < 0 { out.append(UInt8(ascii: "-")) }
    var rest = number.magnitude
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var start = 20
      repeat {
        start -= 1
        digits[start] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
        rest /= 10
      } while rest > 0
      out.append(contentsOf: digits[start...])
    }
  }

  private static func append(_ number: Double, to out: inout [UInt8]) {
    guard number.isFinite else {
      out.append(contentsOf: "null".utf8)
      return
    }
    // As JavaScript writes it: no fraction where there is none.
    if number.magnitude < 9_007_199_254_740_992, let integer = Int64(exactly: number),
      number.sign == .plus || integer != 0
    {
      append(integer, to: &out)
    } else {
      out.append(contentsOf: number.description.utf8)
    }
  }

  static func append(_ text: String, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { text in
      var start = 0
      for index in 0..<text.count {
        let byte = text[index]
        guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
        out.append(contentsOf: text[start..<index])
        start = index + 1
        appendEscape(byte, to: &out)
      }
      out.append(contentsOf: text[start...])
    }
    out.append(UInt8(ascii: "\""))
  }

  private static func appendEscape(_ byte: UInt8, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): out.append(byte)
    case 0x08: out.append(UInt8(ascii: "b"))
    case 0x0c: out.append(UInt8(ascii: "f"))
    case 0x0a: out.append(UInt8(ascii: "n"))
    case 0x0d: out.append(UInt8(ascii: "r"))
    case 0x09: out.append(UInt8(ascii: "t"))
    default:
      out.append(contentsOf: byte < 0x10 ? "u000".utf8 : "u001".utf8)
      out.append(byte & 15 < 10 ? 0x30 + byte & 15 : 0x61 + (byte & 15) - 10)
    }
  }
}
