/// The field `Forwarded` (RFC 7239, section 4): what each proxy said, in the order in which they were passed.
package struct ForwardedField {
  /// What one proxy said.
  struct Element: Equatable {
    var source: String?
    var scheme: String?
    var host: String?
  }

  /// The elements; empty if the field cannot be read.
  let elements: [Element]

  package init(_ value: String) {
    var scanner = Scanner(bytes: Array(value.utf8))
    elements = scanner.elements() ?? []
  }

  private struct Scanner {
    let bytes: [UInt8]
    var position = 0

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// `nil` if something is wrong anywhere: half of a chain is none.
    mutating func elements() -> [Element]? {
      var elements: [Element] = []
      var element = Element()
      while true {
        skipSpaces()
        if let current, current != UInt8(ascii: ","), current != UInt8(ascii: ";") {
          guard let name = token()?.lowercased(), take(UInt8(ascii: "=")), let value = value() else { return nil }
          switch name {
          case "for": element.source = value
          case "proto": element.scheme = value
          case "host": element.host = value
          default: break
          }
          skipSpaces()
        }
        switch current {
        case UInt8(ascii: ";"): position += 1
        case UInt8(ascii: ","):
          position += 1
          elements.append(element)
          element = Element()
        case nil:
          elements.append(element)
          return elements
        default: return nil
        }
      }
    }

    private mutating func skipSpaces() {
      while current == UInt8(ascii: " ") || current == UInt8(ascii: "\t") { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
      guard current == byte else { return false }
      position += 1
      return true
    }

    private mutating func token() -> String? {
      let start = position
      // Some proxies leave the quotes away around what they should quote.
      while let byte = current, byte > 32, byte < 127, !"\"(),;<=>?@{}\\/".utf8.contains(byte) { position += 1 }
      return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
    }

    private mutating func value() -> String? {
      guard take(UInt8(ascii: "\"")) else { return token() }
      var text: [UInt8] = []
      while let byte = current {
        position += 1
        if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
        if byte == UInt8(ascii: "\\") {
          guard let escaped = current else { return nil }
          position += 1
          text.append(escaped)
        } else {
          text.append(byte)
        }
      }
      return nil
    }
  }
}
