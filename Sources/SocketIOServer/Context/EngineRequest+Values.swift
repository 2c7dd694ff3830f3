public import EngineIO
internal import HTTPCodec

// The request that a client connected with: what handlers ask of it.
extension EngineRequest {
  /// The path, still percent-encoded.
  public var path: String { head.string(head.path) }

  /// The query without its question mark, still percent-encoded.
  public var queryString: String { head.query.map { head.string($0) } ?? "" }

  /// A value of the query, decoded; the first if there are several of that name.
  public func query(_ name: String) -> String? {
    for pair in queryString.utf8.split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard Self.decode(parts[0]) == name else { continue }
      return parts.count > 1 ? Self.decode(parts[1]) : ""
    }
    return nil
  }

  /// The value of a header field, in whatever case; the values of several fields of that name are joined by commas.
  public func header(_ name: String) -> String? {
    var result: String?
    for index in 0..<head.fieldCount {
      let field = head.field(at: index)
      guard head.string(field.name).lowercased() == name.lowercased() else { continue }
      let value = head.string(field.value)
      result = result.map { $0 + ", " + value } ?? value
    }
    return result
  }

  /// The value of a cookie (RFC 6265, section 5.4), without the quotes it may have.
  public func cookie(_ name: String) -> String? {
    for index in 0..<head.fieldCount {
      let field = head.field(at: index)
      guard head.string(field.name).lowercased() == "cookie" else { continue }
      for pair in head.string(field.value).split(separator: ";") {
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == name else { continue }
        let value = parts[1]
        let isQuoted = value.count > 1 && value.hasPrefix("\"") && value.hasSuffix("\"")
        return String(isQuoted ? value.dropFirst().dropLast() : value)
      }
    }
    return nil
  }

  private static func decode(_ text: Substring.UTF8View) -> String {
    var out: [UInt8] = []
    var rest = text[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "+") {
        out.append(UInt8(ascii: " "))
      } else if byte == UInt8(ascii: "%"), let high = rest.first.flatMap(hexDigit),
        let low = rest.dropFirst().first.flatMap(hexDigit)
      {
        out.append(high << 4 | low)
        rest = rest.dropFirst(2)
      } else {
        out.append(byte)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
