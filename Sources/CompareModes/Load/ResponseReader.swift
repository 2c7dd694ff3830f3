#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Reads HTTP/1.1 responses, one after the other, from the bytes of a connection.
///
/// It knows as much as a load generator needs: the status, and bodies with a `Content-Length` or in chunks. It makes no
/// texts of what it reads, since the load must cost less than the server.
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
    guard let end = find("\r\n\r\n", from: 0) else {
      guard bytes.count < 64 << 10 else { throw Malformed(description: "the head of a response has no end") }
      return nil
    }
    let head = try bytes.withUnsafeBytes { try Head(UnsafeRawBufferPointer(rebasing: $0[..<end])) }
    let start = end + 4
    let length = head.status == 101 ? 0 : head.length
    if head.isChunked, head.status != 101 { return try takeChunks(head.status, from: start) }
    guard bytes.count - start >= length else { return nil }
    return take(head.status, bytes[start..<start + length], end: start + length)
  }

  /// What the head of a response says.
  private struct Head {
    var status = 0
    var length = 0
    var isChunked = false

    init(_ bytes: UnsafeRawBufferPointer) throws {
      guard bytes.starts(with: "HTTP/1.".utf8), bytes.count >= 12, let status = Self.number(bytes[9..<12]) else {
        throw Malformed(description: "this is no HTTP response: \(String(decoding: bytes.prefix(80), as: UTF8.self))")
      }
      self.status = status
      var position = bytes.startIndex
      while let line = bytes[position...].firstIndex(of: 10) {
        position = line + 1
        let field = bytes[position...]
        if Self.has(field, "content-length:") {
          let value = field.dropFirst(15).drop { $0 == 32 }.prefix { $0 != 13 && $0 != 32 }
          length = Self.number(value) ?? 0
        } else if Self.has(field, "transfer-encoding:") {
          isChunked = Self.has(field.dropFirst(18).drop { $0 == 32 }, "chunked")
        }
      }
    }

    /// Whether bytes begin with a text, which is in lower case, whatever their case.
    private static func has(_ bytes: Slice<UnsafeRawBufferPointer>, _ text: StaticString) -> Bool {
      guard bytes.count >= text.utf8CodeUnitCount, let first = bytes.first, first | 0x20 == text.utf8Start[0] else {
        return false
      }
      for index in 0..<text.utf8CodeUnitCount
      where bytes[bytes.startIndex + index] | 0x20 != text.utf8Start[index] | 0x20 {
        return false
      }
      return true
    }

    private static func number(_ digits: Slice<UnsafeRawBufferPointer>) -> Int? {
      guard (1...9).contains(digits.count) else { return nil }
      var number = 0
      for byte in digits {
        guard byte &- 0x30 < 10 else { return nil }
        number = number * 10 + Int(byte - 0x30)
      }
      return number
    }
  }

  private mutating func takeChunks(_ status: Int, from start: Int) throws -> Response? {
    var body: [UInt8] = []
    var position = start
    while true {
      guard let end = find("\r\n", from: position) else { return nil }
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
    if end == bytes.count { bytes = [] } else { bytes.removeFirst(end) }
    return response
  }

  private func find(_ pattern: StaticString, from start: Int) -> Int? {
    bytes.withUnsafeBytes { bytes in
      let length = pattern.utf8CodeUnitCount
      guard let base = bytes.baseAddress else { return nil }
      var position = start
      while position + length <= bytes.count,
        let found = memchr(base + position, Int32(pattern.utf8Start[0]), bytes.count - length + 1 - position)
      {
        position = UnsafeRawPointer(found) - base
        if memcmp(found, pattern.utf8Start, length) == 0 { return position }
        position += 1
      }
      return nil
    }
  }
}
