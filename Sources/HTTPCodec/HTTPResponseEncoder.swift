/// Writes responses (RFC 9112, section 4).
public enum HTTPResponseEncoder {
  /// The phrase that goes with a status code.
  public static func phrase(_ status: Int) -> StaticString {
    switch status {
    case 100: "Continue"
    case 101: "Switching Protocols"
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 204: "No Content"
    case 206: "Partial Content"
    case 301: "Moved Permanently"
    case 302: "Found"
    case 303: "See Other"
    case 304: "Not Modified"
    case 307: "Temporary Redirect"
    case 308: "Permanent Redirect"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 411: "Length Required"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 416: "Range Not Satisfiable"
    case 417: "Expectation Failed"
    case 426: "Upgrade Required"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    default: "Status"
    }
  }

  /// Whether a response has its content behind its head: not for HEAD, 204 and 304.
  public static func hasBody(status: Int, to request: HTTPRequestForm) -> Bool {
    !request.isHead && status != 204 && status != 304
  }

  /// Calls a closure with the head of a response, up to and with the empty line.
  ///
  /// - Parameters:
  ///   - status: the status code, 200 to 599.
  ///   - fields: header fields in wire form, each with its CRLF; see ``isValid(name:value:)``.
  ///   - date: the field `Date` in wire form, or nothing.
  ///   - bodyCount: the length of the content in bytes. It is not announced for 204 and 304.
  ///   - request: the form of the request that is answered.
  ///   - keepsAlive: whether the connection goes on.
  ///   - use: gets the bytes, which are gone when it returns.
  public static func withHead(
    status: Int, fields: borrowing RawSpan, date: borrowing RawSpan, bodyCount: Int, to request: HTTPRequestForm,
    keepsAlive: Bool, _ use: (UnsafeRawBufferPointer) -> Void
  ) {
    withUnsafeTemporaryAllocation(byteCount: fields.byteCount + date.byteCount + 192, alignment: 8) { buffer in
      var out = RawWriter(buffer)
      out.appendStatusLine(status)
      fields.withUnsafeBytes { out.append($0) }
      date.withUnsafeBytes { out.append($0) }
      if !keepsAlive {
        out.append("Connection: close\r\n")
      } else if !request.isHTTP11 {
        out.append("Connection: keep-alive\r\n")
      }
      if status != 204, status != 304 {
        out.append("Content-Length: ")
        out.append(bodyCount)
        out.append("\r\n")
      }
      out.append("\r\n")
      use(out.written)
    }
  }

  /// Appends the response to a request that could not be read; the connection ends with it.
  public static func appendError(status: Int, date: borrowing RawSpan, message: String, into out: inout [UInt8]) {
    withUnsafeTemporaryAllocation(byteCount: message.utf8.count + date.byteCount + 192, alignment: 8) { buffer in
      var writer = RawWriter(buffer)
      writer.appendStatusLine(status)
      date.withUnsafeBytes { writer.append($0) }
      writer.append("Content-Type: text/plain; charset=UTF-8\r\nConnection: close\r\nContent-Length: ")
      writer.append(message.utf8.count)
      writer.append("\r\n\r\n")
      message.utf8Span.span.bytes.withUnsafeBytes { writer.append($0) }
      out.append(contentsOf: writer.written)
    }
  }

  /// Whether a field may be sent: a token as its name, and no line break or other control character in its value.
  public static func isValid(name: String, value: String) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy { ByteSet.token.contains($0) }
      && value.utf8.allSatisfy { $0.isFieldValue }
  }
}

extension RawWriter {
  fileprivate mutating func appendStatusLine(_ status: Int) {
    if status == 200 { return append("HTTP/1.1 200 OK\r\n") }
    append("HTTP/1.1 ")
    append(status)
    append(" ")
    append(HTTPResponseEncoder.phrase(status))
    append("\r\n")
  }
}
