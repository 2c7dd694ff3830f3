/// Reads HTTP/1.1 responses, one after the other, from the bytes of a connection.
///
/// It knows as much as a load generator needs: the status, and bodies with a `Content-Length` or in chunks.
struct ResponseReader {
  struct Response {
    let status: Int
    let body: ArraySlice<UInt8>
  }
  /// What the server sent cannot be read.
  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  private var bytes: [UInt8] = []

  /// Adds what has come.
  mutating func append(_ input: borrowing RawSpan) { input.withUnsafeBytes { bytes.append(contentsOf: $0) } }

  /// What has come and is not a part of a response that was read.
  var rest: [UInt8] { bytes }

  /// Takes the next response, or `nil` if it is not complete yet. A 101 has no body.
  mutating func next() throws -> Response? {
    guard let end = find([13, 10, 13, 10], from: 0) else {
      guard bytes.count < 64 << 10 else { throw Malformed(description: "the head of a response has no end") }
      return nil
    }
    let head = String(decoding: bytes[..<end], as: UTF8.self)
    let lines = head.split(separator: "\r\n")
    let words = (lines.first ?? "").split(separator: " ")
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
      throw Malformed(description: "this is no HTTP response: \(head.prefix(80))")
    }
    var length = 0
    var isChunked = false
    for line in lines.dropFirst() {
      let field = line.split(separator: ":", maxSplits: 1)
      guard field.count == 2 else { continue }
      let value = field[1].split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
      switch field[0].lowercased() {
      case "content-length": length = Int(value) ?? 0
      case "transfer-encoding": isChunked = value.lowercased() == "chunked"
      default: break
      }
    }
    let start = end + 4
    if status == 101 { length = 0 }
    if isChunked, status != 101 { return try takeChunks(status, from: start) }
    guard length >= 0, bytes.count - start >= length else { return nil }
    return take(status, bytes[start..<start + length], end: start + length)
  }

  private mutating func takeChunks(_ status: Int, from start: Int) throws -> Response? {
    var body: [UInt8] = []
    var position = start
    while true {
      guard let end = find([13, 10], from: position) else { return nil }
      let digits = String(decoding: bytes[position..<end].prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
      guard let size = Int(digits, radix: 16), (0...1 << 28).contains(size) else {
        throw Malformed(description: "\"\(digits)\" is no size of a chunk")
      }
      guard bytes.count >= end + 2 + size + 2 else { return nil }
      body += bytes[end + 2..<end + 2 + size]
      position = end + 2 + size + 2
      if size == 0 { return take(status, body[...], end: position) }
    }
  }

  private mutating func take(_ status: Int, _ body: ArraySlice<UInt8>, end: Int) -> Response {
    let response = Response(status: status, body: body)
    bytes.removeFirst(end)
    return response
  }

  private func find(_ pattern: [UInt8], from start: Int) -> Int? {
    var index = start
    while index + pattern.count <= bytes.count {
      if bytes[index] == pattern[0], bytes[index..<index + pattern.count].elementsEqual(pattern) { return index }
      index += 1
    }
    return nil
  }
}
