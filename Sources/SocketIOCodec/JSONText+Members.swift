extension JSONText {
  /// Walks through the members of an object without making their values.
  ///
  /// - Parameters:
  ///   - text: UTF-8 text of one object; it must be checked by the caller.
  ///   - maxDepth: how deep values may be nested.
  /// - Returns: the names, and where their values stand in the text.
  /// - Throws: ``JSONError`` if the text is not an object, or anything in it is not JSON.
  public static func members(
    of text: borrowing RawSpan, maxDepth: Int = defaultMaxDepth
  ) throws(JSONError) -> [(name: String, value: Range<Int>)] {
    try text.withUnsafeBytes { bytes throws(JSONError) in
      var scanner = JSONScanner(bytes, maxDepth: maxDepth)
      var members: [(name: String, value: Range<Int>)] = []
      scanner.skipWhitespace()
      guard scanner.current == UInt8(ascii: "{") else { throw scanner.error("the text is no object") }
      if try scanner.enter(0, UInt8(ascii: "}")) {
        repeat {
          scanner.skipWhitespace()
          let key = try scanner.key()
          let start = scanner.position
          try scanner.skipValue(depth: 1)
          members.append((unescape(bytes, key.range, isEscaped: key.isEscaped), start..<scanner.position))
        } while try !scanner.leave(UInt8(ascii: "}"))
      }
      scanner.skipWhitespace()
      guard scanner.isAtEnd else { throw scanner.error("something follows the object") }
      return members
    }
  }

  /// Walks through the elements of an array without making them.
  ///
  /// - Returns: where they stand in the text.
  /// - Throws: ``JSONError`` if the text is not an array, or anything in it is not JSON.
  public static func elements(
    of text: borrowing RawSpan, maxDepth: Int = defaultMaxDepth
  ) throws(JSONError) -> [Range<Int>] {
    try text.withUnsafeBytes { bytes throws(JSONError) in
      var scanner = JSONScanner(bytes, maxDepth: maxDepth)
      var elements: [Range<Int>] = []
      scanner.skipWhitespace()
      guard scanner.current == UInt8(ascii: "[") else { throw scanner.error("the text is no array") }
      if try scanner.enter(0, UInt8(ascii: "]")) {
        repeat {
          scanner.skipWhitespace()
          let start = scanner.position
          try scanner.skipValue(depth: 1)
          elements.append(start..<scanner.position)
        } while try !scanner.leave(UInt8(ascii: "]"))
      }
      scanner.skipWhitespace()
      guard scanner.isAtEnd else { throw scanner.error("something follows the array") }
      return elements
    }
  }
}
