internal import HTTPTypes

/// Reads the answers on one connection, one after the other.
struct HTTPResponseReader {
  private var bytes: [UInt8] = []

  /// What came behind the last answer: the first bytes of another protocol.
  var rest: [UInt8] { bytes }

  mutating func append(_ more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }

  /// The next answer, once it is complete.
  ///
  /// - Parameters:
  ///   - isToHead: whether the request was HEAD, so that no content comes.
  ///   - isEnded: whether nothing more comes.
  mutating func next(isToHead: Bool, isEnded: Bool) throws(TestClientError) -> TestResponse? {
    guard let end = Self.find("\r\n\r\n", in: bytes, from: 0) else {
      if isEnded, !bytes.isEmpty { throw Self.error("the head of an answer is not complete") }
      return nil
    }
    let response = try Self.head(String(decoding: bytes[..<end], as: UTF8.self))
    let start = end + 4
    let code = response.status.code
    if code == 100 {
      bytes.removeFirst(start)
      return try next(isToHead: isToHead, isEnded: isEnded)
    }
    if isToHead || code < 200 || code == 204 || code == 304 { return finish(response, start..<start) }
    if response.headerFields[.transferEncoding]?.lowercased().contains("chunked") == true {
      return try chunked(response, from: start)
    }
    if let length = response.headerFields[.contentLength] {
      guard let count = Int(length), count >= 0 else { throw Self.error("the length \(length) is none") }
      guard bytes.count >= start + count else {
        if isEnded { throw Self.error("the content of an answer is not complete") }
        return nil
      }
      return finish(response, start..<start + count)
    }
    return isEnded ? finish(response, start..<bytes.count) : nil
  }

  private mutating func finish(_ response: HTTPResponse, _ body: Range<Int>) -> TestResponse {
    defer { bytes.removeFirst(body.upperBound) }
    return TestResponse(response: response, body: Array(bytes[body]))
  }

  private mutating func chunked(
    _ response: HTTPResponse, from start: Int
  ) throws(TestClientError) -> TestResponse? {
    var body: [UInt8] = []
    var position = start
    while let line = Self.find("\r\n", in: bytes, from: position) {
      let digits = String(decoding: bytes[position..<line].prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
      guard let count = Int(digits, radix: 16), count >= 0 else { throw Self.error("the chunk size \(digits) is none") }
      guard bytes.count >= line + 2 + count + 2 else { return nil }
      body += bytes[(line + 2)..<(line + 2 + count)]
      position = line + 2 + count + 2
      if count == 0 {
        bytes.removeFirst(position)
        return TestResponse(response: response, body: body)
      }
    }
    return nil
  }

  private static func head(_ text: String) throws(TestClientError) -> HTTPResponse {
    var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
    let status = lines.removeFirst().split(separator: " ", maxSplits: 2)
    guard status.count >= 2, status[0].hasPrefix("HTTP/1."), let code = Int(status[1]), (100...999).contains(code)
    else {
      throw error("the status line is not valid: \(text.prefix(80))")
    }
    var response = HTTPResponse(status: .init(code: code))
    for line in lines {
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let name = HTTPField.Name(String(parts[0])) else {
        throw error("a header field is not valid: \(line)")
      }
      response.headerFields.append(HTTPField(name: name, value: parts[1].trimmed))
    }
    return response
  }

  private static func find(_ text: StaticString, in bytes: [UInt8], from start: Int) -> Int? {
    text.withUTF8Buffer { text in
      var index = start
      while index + text.count <= bytes.count {
        if bytes[index..<index + text.count].elementsEqual(text) { return index }
        index += 1
      }
      return nil
    }
  }

  private static func error(_ message: String) -> TestClientError { TestClientError(.invalidResponse, message) }
}
