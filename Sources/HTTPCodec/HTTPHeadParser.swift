/// Parses a complete head (RFC 9112, sections 2 to 6), strictly.
struct HTTPHeadParser: ~Copyable {
  private let bytes: UnsafeRawBufferPointer
  private let limits: HTTPLimits
  private let head: HTTPRequestHead.Storage
  private var hostCount = 0
  private var hasTransferEncoding = false
  private var connectionHasUpgrade = false
  private var connectionHasClose = false
  private var connectionHasKeepAlive = false
  private var upgradeHasWebSocket = false

  /// Parses the bytes up to, and without, the empty line that ends the head.
  ///
  /// - Parameter storage: what the head is to be kept in, if there is something to be used again.
  static func parse(
    _ bytes: UnsafeRawBufferPointer, _ limits: HTTPLimits, in storage: consuming HTTPRequestHead.Storage?
  ) throws(HTTPError) -> HTTPRequestHead {
    var parser = HTTPHeadParser(bytes, limits, storage)
    try parser.parse()
    return HTTPRequestHead(parser.head)
  }

  private init(_ bytes: UnsafeRawBufferPointer, _ limits: HTTPLimits, _ storage: consuming HTTPRequestHead.Storage?) {
    self.bytes = bytes
    self.limits = limits
    if let storage {
      storage.restart(bytes)
      head = storage
    } else {
      head = HTTPRequestHead.Storage(bytes)
    }
  }

  private mutating func parse() throws(HTTPError) {
    var lineStart = try parseRequestLine()
    while lineStart < bytes.count {
      let end = lineEnd(from: lineStart)
      try parseField(lineStart, end)
      lineStart = end + 2
    }
    try conclude()
  }

  /// The end of a line: every line here ends in CRLF, or where the bytes end.
  private func lineEnd(from start: Int) -> Int {
    bytes.firstLineFeed(from: start).map { $0 - 1 } ?? bytes.count
  }

  // MARK: Request line

  private mutating func parseRequestLine() throws(HTTPError) -> Int {
    let end = lineEnd(from: 0)
    var index = 0
    while index < end, ByteSet.token.contains(bytes[index]) { index += 1 }
    guard index > 0, index < end, bytes[index] == 0x20 else { throw HTTPError(400, "the method is not valid") }
    head.method = method(0..<index)
    let targetStart = index + 1
    index = bytes.firstIndex(of: 0x20, in: targetStart..<end) ?? end
    guard index > targetStart, index < end, bytes.isTarget(targetStart..<index) else {
      throw HTTPError(400, "the request target is not valid")
    }
    let target = targetStart..<index
    try parseVersion(index + 1..<end)
    try parseTarget(target)
    return end + 2
  }

  /// Methods are case-sensitive (RFC 9110, section 9.1).
  private func method(_ range: Range<Int>) -> HTTPRequestMethod {
    let name = UnsafeRawBufferPointer(rebasing: bytes[range])
    switch name.count {
    case 3 where name.equals("GET"): return .get
    case 3 where name.equals("PUT"): return .put
    case 4 where name.equals("POST"): return .post
    case 4 where name.equals("HEAD"): return .head
    case 5 where name.equals("PATCH"): return .patch
    case 6 where name.equals("DELETE"): return .delete
    case 7 where name.equals("OPTIONS"): return .options
    default: return .other(String(decoding: name, as: UTF8.self))
    }
  }

  private mutating func parseVersion(_ range: Range<Int>) throws(HTTPError) {
    guard range.count == 8,
      UnsafeRawBufferPointer(rebasing: bytes[range.lowerBound..<range.lowerBound + 5]).equals("HTTP/")
    else {
      throw HTTPError(400, "the HTTP version is not valid")
    }
    let start = range.lowerBound
    switch (bytes[start + 5], bytes[start + 6], bytes[start + 7]) {
    case (0x31, 0x2e, 0x31): head.isHTTP11 = true
    case (0x31, 0x2e, 0x30): head.isHTTP11 = false
    case (0x30...0x39, 0x2e, 0x30...0x39): throw HTTPError(505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
    default: throw HTTPError(400, "the HTTP version is not valid")
    }
  }

  /// RFC 9112, section 3.2: origin-form, absolute-form, and `*` for OPTIONS.
  private mutating func parseTarget(_ target: Range<Int>) throws(HTTPError) {
    var start = target.lowerBound
    if bytes[start] == UInt8(ascii: "*") {
      guard target.count == 1, head.method == .options else { throw HTTPError(400, "the request target is not valid") }
      head.path = target
      return
    }
    if bytes[start] != UInt8(ascii: "/") {
      guard
        let scheme = ["http://", "https://"].first(where: { prefix in
          target.count > prefix.utf8.count
            && zip(bytes[target], prefix.utf8).allSatisfy { $0.0.asciiLowercased == $0.1 }
        })
      else { throw HTTPError(400, "the request target is not valid") }
      start += scheme.utf8.count
      let authority = start
      while start < target.upperBound, ByteSet.host.contains(bytes[start]) { start += 1 }
      guard start > authority else { throw HTTPError(400, "the request target is not valid") }
      guard start < target.upperBound, bytes[start] != UInt8(ascii: "?") else {
        // An empty path stands for a slash; there is one in front of the authority.
        head.path = authority - 1..<authority
        head.query = start < target.upperBound ? start + 1..<target.upperBound : nil
        return
      }
      guard bytes[start] == UInt8(ascii: "/") else { throw HTTPError(400, "the request target is not valid") }
    }
    let path = start..<target.upperBound
    if let mark = bytes.firstIndex(of: UInt8(ascii: "?"), in: path) {
      head.path = start..<mark
      head.query = mark + 1..<target.upperBound
    } else {
      head.path = path
    }
  }

  // MARK: Fields

  private mutating func parseField(_ start: Int, _ end: Int) throws(HTTPError) {
    guard head.fieldCount < limits.maxFieldCount else { throw HTTPError(431, "there are too many header fields") }
    var index = start
    while index < end, ByteSet.token.contains(bytes[index]) { index += 1 }
    // A space in front of the colon, and a folded line, end up here (RFC 9112, section 5.1 and 5.2).
    guard index > start, index < end, bytes[index] == UInt8(ascii: ":") else {
      throw HTTPError(400, "a header field is not valid")
    }
    let nameEnd = index
    var valueStart = index + 1
    while valueStart < end, bytes[valueStart] == 0x20 || bytes[valueStart] == 0x09 { valueStart += 1 }
    var valueEnd = end
    while valueEnd > valueStart, bytes[valueEnd - 1] == 0x20 || bytes[valueEnd - 1] == 0x09 { valueEnd -= 1 }
    guard bytes.isFieldValue(valueStart..<valueEnd) else {
      throw HTTPError(400, "a header field has a value that is not valid")
    }
    let field = HTTPRequestHead.Field(
      name: UInt16(truncatingIfNeeded: start), nameCount: UInt16(truncatingIfNeeded: nameEnd - start),
      value: UInt16(truncatingIfNeeded: valueStart), valueCount: UInt16(truncatingIfNeeded: valueEnd - valueStart))
    head.append(field)
    try interpret(start..<nameEnd, valueStart..<valueEnd)
  }

  private func isName(_ range: Range<Int>, _ name: StaticString) -> Bool { bytes.equalsIgnoringCase(range, name) }

  /// Acts on the fields that decide where the request ends and what becomes of the connection.
  private mutating func interpret(_ name: Range<Int>, _ value: Range<Int>) throws(HTTPError) {
    switch name.count {
    case 4 where isName(name, "host"): try parseHost(value)
    case 6 where isName(name, "expect"):
      guard isName(value, "100-continue") else { throw HTTPError(417, "only 100-continue can be expected") }
      head.expectsContinue = true
    case 7 where isName(name, "upgrade"):
      if lists(value, "websocket") { upgradeHasWebSocket = true }
    case 10 where isName(name, "connection"):
      if lists(value, "upgrade") { connectionHasUpgrade = true }
      if lists(value, "close") { connectionHasClose = true }
      if lists(value, "keep-alive") { connectionHasKeepAlive = true }
    case 14 where isName(name, "content-length"): try parseLength(value)
    case 17 where isName(name, "transfer-encoding"):
      guard !hasTransferEncoding else { throw HTTPError(400, "Transfer-Encoding is given twice") }
      hasTransferEncoding = true
      guard isName(value, "chunked") else { throw HTTPError(501, "the only transfer coding known here is chunked") }
      head.isChunked = true
    default: break
    }
  }

  /// Whether a comma-separated list has an element.
  private func lists(_ value: Range<Int>, _ element: StaticString) -> Bool {
    var start = value.lowerBound
    while start < value.upperBound {
      var end = start
      while end < value.upperBound, bytes[end] != UInt8(ascii: ",") { end += 1 }
      var first = start
      var last = end
      while first < last, bytes[first] == 0x20 || bytes[first] == 0x09 { first += 1 }
      while last > first, bytes[last - 1] == 0x20 || bytes[last - 1] == 0x09 { last -= 1 }
      if isName(first..<last, element) { return true }
      start = end + 1
    }
    return false
  }

  private mutating func parseHost(_ value: Range<Int>) throws(HTTPError) {
    hostCount += 1
    guard hostCount == 1 else { throw HTTPError(400, "Host is given twice") }
    for index in value where !ByteSet.host.contains(bytes[index]) { throw HTTPError(400, "Host is not valid") }
  }

  private mutating func parseLength(_ value: Range<Int>) throws(HTTPError) {
    guard head.contentLength == nil else { throw HTTPError(400, "Content-Length is given twice") }
    guard !value.isEmpty, value.count <= 18 else { throw HTTPError(400, "Content-Length is not valid") }
    var length = 0
    for index in value {
      let digit = bytes[index] &- 0x30
      guard digit < 10 else { throw HTTPError(400, "Content-Length is not valid") }
      length = length * 10 + Int(digit)
    }
    head.contentLength = length
  }

  // MARK: Conclusions

  private mutating func conclude() throws(HTTPError) {
    guard hostCount == 1 || !head.isHTTP11 else { throw HTTPError(400, "Host is missing") }
    if hasTransferEncoding {
      guard head.isHTTP11 else { throw HTTPError(400, "HTTP/1.0 knows no Transfer-Encoding") }
      guard head.contentLength == nil else {
        throw HTTPError(400, "Content-Length and Transfer-Encoding contradict each other")
      }
    }
    head.isKeepAlive = head.isHTTP11 ? !connectionHasClose : connectionHasKeepAlive && !connectionHasClose
    head.isUpgradeToWebSocket =
      head.isHTTP11 && head.method == .get && connectionHasUpgrade && upgradeHasWebSocket
      && !head.isChunked && head.contentLength ?? 0 == 0
    if !head.isHTTP11 { head.expectsContinue = false }
  }
}
