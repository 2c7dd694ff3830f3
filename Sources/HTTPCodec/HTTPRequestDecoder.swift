/// What came out of a request decoder.
public enum HTTPRequestEvent: Sendable {
  /// The request line and the header fields: ``HTTPRequestDecoder/takeHead()`` has them.
  case head
  /// A part of the content: a range of the input.
  case body(Range<Int>)
  /// The request is complete.
  case end
}

/// Decodes the requests of one connection (RFC 9112), one after the other. No I/O inside.
///
/// ```
///   head ──► body (length) ──► end ─► head …
///       └──► chunk size ─► chunk data ─► … ─► trailers ─► end
/// ```
/// After an error every call throws the same error: nothing that follows on the connection can be trusted.
public struct HTTPRequestDecoder {
  private enum State {
    case head
    case body(Int)
    case chunkSize
    case chunkData(Int)
    case chunkEnd
    case trailers
    case end
    case failed(HTTPError)
  }
  private let limits: HTTPLimits
  private let maxRequestLineBytes: Int
  private var state = State.head
  /// Whether an empty line in front of the present request was passed over.
  private var hasSkippedLine = false
  /// An incomplete head, or an incomplete line of chunked framing.
  private var buffer: [UInt8] = []
  /// How far `buffer` has been searched, and where its last line begins.
  private var scanned = 0
  private var lineStart = 0
  private var bodyBytes = 0
  private var trailerBytes = 0
  private var trailerCount = 0
  private var head: HTTPRequestHead?
  /// Memory for the next head.
  private var spare: HTTPRequestHead.Storage?

  /// The longest content of the request whose head came last, in bytes; may be set when the head has come. More is
  /// refused with 413: as soon as an announced length is beyond it, or when the chunk comes that goes beyond it.
  public var maxBodyBytes: Int

  /// Creates a decoder for a new connection.
  public init(limits: HTTPLimits = HTTPLimits()) {
    self.limits = limits
    maxRequestLineBytes = min(limits.maxRequestLineBytes, limits.maxHeadBytes)
    maxBodyBytes = limits.maxBodyBytes
  }

  /// Decodes the next event.
  ///
  /// - Parameters:
  ///   - input: the bytes that have come.
  ///   - offset: where to go on in `input`; is moved behind what was consumed.
  /// - Returns: the event, or `nil` if `input` is used up; an incomplete head is kept and need not be given again.
  /// - Throws: ``HTTPError`` as soon as the request can no longer be valid.
  public mutating func next(
    in input: borrowing RawSpan, from offset: inout Int
  ) throws(HTTPError) -> HTTPRequestEvent? {
    do throws(HTTPError) {
      var position = offset
      defer { offset = position }
      return try input.withUnsafeBytes { bytes throws(HTTPError) in try step(bytes, &position) }
    } catch {
      state = .failed(error)
      buffer = []
      throw error
    }
  }

  /// The head that came last; once.
  public mutating func takeHead() -> HTTPRequestHead? { head.take() }

  /// Gives a head back whose memory can serve the next one, unless somebody else holds it.
  public mutating func reuse(_ head: consuming HTTPRequestHead) { spare = head.reclaim() }

  private mutating func step(
    _ input: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(HTTPError) -> HTTPRequestEvent? {
    while true {
      switch state {
      case .failed(let error): throw error
      case .head: return try readHead(input, &offset) ? .head : nil
      case .body(let remaining):
        guard remaining > 0 else {
          state = .end
          continue
        }
        guard remaining <= maxBodyBytes else { throw tooLong }
        guard offset < input.count else { return nil }
        let range = offset..<offset + min(remaining, input.count - offset)
        offset = range.upperBound
        state = .body(remaining - range.count)
        return .body(range)
      case .chunkSize:
        guard let size = try chunkSize(input, &offset) else { return nil }
        state = size == 0 ? .trailers : .chunkData(size)
      case .chunkData(let remaining):
        guard remaining > 0 else {
          state = .chunkEnd
          continue
        }
        guard offset < input.count else { return nil }
        let range = offset..<offset + min(remaining, input.count - offset)
        offset = range.upperBound
        state = .chunkData(remaining - range.count)
        return .body(range)
      case .chunkEnd:
        guard let line = try line(input, &offset, limit: 0) else { return nil }
        guard line.isEmpty else { throw HTTPError(400, "a chunk is longer than its size says") }
        state = .chunkSize
      case .trailers:
        guard let line = try line(input, &offset, limit: limits.maxHeadBytes, status: 431) else { return nil }
        trailerBytes += line.count + 2
        guard trailerBytes <= limits.maxHeadBytes + 2 else { throw HTTPError(431, "the trailers are too long") }
        if line.isEmpty { state = .end } else { try checkTrailer(line) }
      case .end:
        state = .head
        return .end
      }
    }
  }

  // MARK: Head

  /// - Returns: whether the head is complete.
  private mutating func readHead(_ input: UnsafeRawBufferPointer, _ offset: inout Int) throws(HTTPError) -> Bool {
    guard offset < input.count else { return false }
    if buffer.isEmpty {
      // RFC 9112, section 2.2: one empty line in front of a request is ignored, as some clients send one after a body.
      if !hasSkippedLine, input.count - offset >= 2, input[offset] == 0x0d, input[offset + 1] == 0x0a {
        offset += 2
        hasSkippedLine = true
        guard offset < input.count else { return false }
      }
      let rest = UnsafeRawBufferPointer(rebasing: input[offset...])
      if let end = try headEnd(rest) {
        offset += end
        try begin(rest, end)
        return true
      }
      buffer.append(contentsOf: rest)
      offset = input.count
    } else {
      // The end lies within what is new, or the new bytes are kept whole: they are given back behind the end.
      let before = buffer.count
      buffer.append(contentsOf: input[offset...].prefix(limits.maxHeadBytes + 4 - min(before, limits.maxHeadBytes)))
      if !hasSkippedLine, before < 2, buffer.count >= 2, buffer[0] == 0x0d, buffer[1] == 0x0a {
        offset += 2 - before
        hasSkippedLine = true
        buffer = []
        scanned = 0
        lineStart = 0
        return try readHead(input, &offset)
      }
      let buffer = buffer
      let found = try buffer.span.bytes.withUnsafeBytes { bytes throws(HTTPError) in try headEnd(bytes) }
      if let end = found {
        offset += end - before
        self.buffer = []
        try buffer.span.bytes.withUnsafeBytes { bytes throws(HTTPError) in try begin(bytes, end) }
        return true
      }
      offset += buffer.count - before
    }
    try checkHead(buffer.count)
    return false
  }

  /// Looks for the empty line; goes on where the last search ended. What the lines say is checked once all are there.
  private mutating func headEnd(_ bytes: UnsafeRawBufferPointer) throws(HTTPError) -> Int? {
    while let feed = bytes.firstLineFeed(from: scanned) {
      // Limits come first, as they do when the bytes come one after the other.
      if lineStart == 0 { try checkRequestLine(feed - 1) }
      try checkHead(feed)
      guard feed > 0, bytes[feed - 1] == 0x0d else { throw HTTPError(400, "a line ends in a bare line feed") }
      if lineStart == 0 {
        guard feed > 1 else { throw HTTPError(400, "the request line is missing") }
      } else if feed - 1 == lineStart {
        let end = feed + 1
        scanned = 0
        lineStart = 0
        return end
      }
      lineStart = feed + 1
      scanned = lineStart
    }
    scanned = bytes.count
    if lineStart == 0 { try checkRequestLine(bytes.count - 1) }
    return nil
  }

  private func checkRequestLine(_ count: Int) throws(HTTPError) {
    guard count <= maxRequestLineBytes else { throw HTTPError(414, "the request line is too long") }
  }

  /// Checks the length of a head without the line feed of its last, empty line.
  private func checkHead(_ count: Int) throws(HTTPError) {
    guard count <= limits.maxHeadBytes + 1 else { throw HTTPError(431, "the header fields are too long") }
  }

  private mutating func begin(_ bytes: UnsafeRawBufferPointer, _ end: Int) throws(HTTPError) {
    // Without the CRLF of the last line and the empty line.
    let text = UnsafeRawBufferPointer(rebasing: bytes[..<(end - 4)])
    let head = try HTTPHeadParser.parse(text, limits, in: spare.take())
    maxBodyBytes = limits.maxBodyBytes
    hasSkippedLine = false
    bodyBytes = 0
    trailerBytes = 0
    trailerCount = 0
    state = head.isChunked ? .chunkSize : .body(head.contentLength ?? 0)
    self.head = head
  }

  // MARK: Chunks

  /// Takes a line of chunked framing, without its end; `nil` if it is not complete.
  private mutating func line(
    _ input: UnsafeRawBufferPointer, _ offset: inout Int, limit: Int, status: Int = 400
  ) throws(HTTPError) -> [UInt8]? {
    while offset < input.count {
      let byte = input[offset]
      offset += 1
      if byte == 0x0a {
        guard buffer.last == 0x0d else { throw HTTPError(400, "a line ends in a bare line feed") }
        let line = Array(buffer.dropLast())
        buffer = []
        return line
      }
      guard buffer.last != 0x0d else { throw HTTPError(400, "a line has a bare carriage return") }
      buffer.append(byte)
      guard buffer.count <= limit + 1 else { throw HTTPError(status, "a line of the chunked framing is too long") }
    }
    return nil
  }

  /// RFC 9112, section 7.1: the size in hexadecimal digits; extensions are ignored.
  private mutating func chunkSize(
    _ input: UnsafeRawBufferPointer, _ offset: inout Int
  ) throws(HTTPError) -> Int? {
    guard let line = try line(input, &offset, limit: limits.maxChunkLineBytes) else { return nil }
    var size = 0
    var digits = 0
    for byte in line {
      guard let digit = byte.hexDigit else { break }
      digits += 1
      guard digits <= 12 else { throw HTTPError(400, "a chunk size is not valid") }
      size = size << 4 | Int(digit)
    }
    let rest = line.dropFirst(digits)
    let separator = rest.first { $0 != 0x20 && $0 != 0x09 }
    guard digits > 0, rest.isEmpty || separator == UInt8(ascii: ";"),
      rest.allSatisfy({ $0.isFieldValue })
    else { throw HTTPError(400, "a chunk size is not valid") }
    bodyBytes += size
    guard bodyBytes <= maxBodyBytes else { throw tooLong }
    return size
  }

  private var tooLong: HTTPError { HTTPError(413, "the content is longer than \(maxBodyBytes) bytes") }

  private mutating func checkTrailer(_ line: [UInt8]) throws(HTTPError) {
    trailerCount += 1
    guard trailerCount <= limits.maxFieldCount else { throw HTTPError(431, "there are too many trailer fields") }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
      line[..<colon].allSatisfy({ ByteSet.token.contains($0) }),
      line[(colon + 1)...].allSatisfy({ $0.isFieldValue })
    else { throw HTTPError(400, "a trailer field is not valid") }
  }
}

extension UInt8 {
  /// The value of a hexadecimal digit.
  var hexDigit: UInt8? {
    switch self {
    case 0x30...0x39: self - 0x30
    case 0x41...0x46: self - 0x41 + 10
    case 0x61...0x66: self - 0x61 + 10
    default: nil
    }
  }
}
