internal import AsyncModes
internal import HTTPCodec
internal import HTTPTypes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// How a file is sent.
struct FileAnswer {
  /// A file that is not larger is read at once, and a larger one in pieces of this many bytes.
  static let pieceBytes = 64 << 10

  var contentType: String
  var cacheControl: String?
  var fields = HTTPFields()

  /// The answer to a request for a file, to be made where it may block: the file is read.
  func response(to request: ApplicationRequest, _ file: OpenFile) throws -> ApplicationResponse {
    let isGet = request.request.method == .get
    let validators = FileValidators(tag: file.tag, date: HTTPDate(seconds: file.modified.seconds))
    let verdict = FileVerdict(
      request.request.headerFields, isGet: isGet, size: file.size, validators, now: HTTPDate(seconds: time(nil)))
    var fields = fields
    fields[.eTag] = validators.tag
    var date: [UInt8] = []
    validators.date.append(to: &date)
    fields[.lastModified] = String(decoding: date, as: UTF8.self)
    fields[.cacheControl] = cacheControl
    func answer(_ status: HTTPResponse.Status, _ range: Range<Int>) throws -> ApplicationResponse {
      fields[.contentType] = contentType
      fields[.acceptRanges] = "bytes"
      fields[.xContentTypeOptions] = "nosniff"
      let response = HTTPResponse(status: status, headerFields: fields)
      guard isGet, range.count <= Self.pieceBytes else {
        return ApplicationResponse(response, streaming: content(file, range, request))
      }
      return ApplicationResponse(response, body: try file.read(range))
    }
    switch verdict {
    case .whole: return try answer(.ok, 0..<file.size)
    case .part(let range):
      fields[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.size)"
      return try answer(.partialContent, range)
    case .notModified: return ApplicationResponse(HTTPResponse(status: .notModified, headerFields: fields))
    case .preconditionFailed: return ApplicationResponse(status: .preconditionFailed, text: "Precondition failed\n")
    case .unsatisfiable:
      var response = ApplicationResponse(status: .rangeNotSatisfiable, text: "Range not satisfiable\n")
      response.response.headerFields[.contentRange] = "bytes */\(file.size)"
      return response
    }
  }

  private func content(_ file: OpenFile, _ range: Range<Int>, _ request: ApplicationRequest) -> StreamedContent {
    StreamedContent(count: range.count) { offset in
      let start = range.lowerBound + offset
      return try await request.runBlocking { try file.read(start..<min(start + Self.pieceBytes, range.upperBound)) }
    }
  }
}
